import { withoutTemplate } from "../../source/template.js";

/** What a file is by its text alone, for trees whose layout does not tell. */
export type Kind = "nginx-main" | "nginx-fragment" | "fpm-main" | "fpm-pool" | "other";

/** Enough of a file to tell what it is; a main file may begin with a long comment. */
const LOOKED_AT = 256 * 1024;

const FPM_POOL_KEY =
  /^[ \t]*(?:pm(?:\.\w+)?|listen(?:\.\w+)?|request_terminate_timeout|php_(?:admin_)?(?:value|flag)\[)[ \t]*(?:=|[^\]\r\n]*\][ \t]*=)/im;
const FPM_GLOBAL_KEY =
  /^[ \t]*(?:include|pid|error_log|daemonize|process\.max|emergency_restart_\w+|log_level)[ \t]*=/im;

/**
 * Guesses by the words that only one kind of file has. Binary files and everything else are `other`.
 * A file with `[global]` is a main file when it includes others or is named like one; else it is
 * read next to others, like the official image's `docker.conf`.
 */
export function sniff(text: string, name = ""): Kind {
  if (text.slice(0, LOOKED_AT).includes("\0")) return "other";
  const head = withoutTemplate(text.slice(0, LOOKED_AT));
  if (/^[ \t]*\[[^\]\r\n]+\]/m.test(head)) {
    const ini = head.replace(/^[ \t]*;.*$/gm, "");
    if (/^[ \t]*\[global\]/im.test(ini) && FPM_GLOBAL_KEY.test(ini)) {
      return /^[ \t]*include[ \t]*=/m.test(ini) || /^php[\d.]*-fpm/.test(name) ? "fpm-main" : "fpm-pool";
    }
    if (FPM_POOL_KEY.test(ini)) return "fpm-pool";
  }
  const code = head.replace(/^[ \t]*#.*$/gm, "");
  if (/^[ \t]*(?:http|events)\s*\{/m.test(code)) return "nginx-main";
  if (/^[ \t]*(?:server\s*|upstream\s+[^\s{]+\s*|location\s[^;{]{0,500}|map\s+\S+\s+\$\w+\s*)\{/m.test(code))
    return "nginx-fragment";
  return "other";
}
