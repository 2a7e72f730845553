import { glob } from "../host/glob.js";
import type { Host } from "./host.js";

/** Where a command line of PHP-FPM may stand. */
const places = [
  "/Dockerfile*",
  "/docker-compose*.y*ml",
  "/compose*.y*ml",
  "/*entrypoint*",
  "/usr/local/bin/*entrypoint*",
  "/etc/systemd/system/*php*fpm*.service",
  "/etc/systemd/system/*php*fpm*.service.d/*.conf",
  "/lib/systemd/system/*php*fpm*.service",
  "/usr/lib/systemd/system/*php*fpm*.service",
  "/etc/supervisor/conf.d/*.conf",
  "/etc/supervisord.d/*.ini",
  "/etc/supervisor*.conf",
  "/etc/default/php*fpm*",
  "/etc/sysconfig/php*fpm*",
];

/** Whether a command line in the tree lets workers run as root (`php-fpm -R`). */
export function mayRunAsRoot({ fs }: Host): boolean {
  return places
    .flatMap((pattern) => glob(fs, pattern))
    .some((path) => {
      const entry = fs.entry(path);
      const answer = entry.kind === "file" ? entry.read() : null;
      if (answer === null || "unreadable" in answer) return false;
      return /--allow-to-run-as-root|php-fpm[^\n]*["'\s,]-[A-Za-z]*R\b|(?:OPT|ARG)\w*=.*-[A-Za-z]*R\b/.test(
        answer.text,
      );
    });
}
