/** Regular expressions that recheck does not call linear in a short time, each with the reason why it does no harm. */
const BY_REASON: Readonly<Record<string, readonly RegExp[]>> = {
  "a number that we wrote, of some hundred digits at most": [/\.?0+$/],
  "linear: each try ends at the first letter that does not fit; recheck does not come to an end": [
    /\b[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} [\d:]{8} \d{4}\b/,
  ],
  "applied to one line of at most 1000 characters: see LONGEST_LINE": [
    /^[ \t]*(pm(?:\.\w+)?|listen\.\w+|request_(?:terminate|slowlog)_timeout|php_(?:admin_)?(?:value|flag)\[[^\]\r\n]{0,200}\]|catch_workers_output|security\.limit_extensions|clear_env|ping\.path|access\.format|rlimit_(?:files|core))[ \t]*=/i,
    /^[ \t]*(include|pid|error_log|daemonize|process\.\w+|emergency_restart_\w+|process_control_timeout|log_level|syslog\.\w+|rlimit_\w+|events\.mechanism|systemd_interval)[ \t]*=/i,
    /(?:^|[;{}])[ \t]*(?:(server)|(upstream)[ \t]+[^\s;{}]+|(location)[ \t][^;\n]{1,500}|(map|geo)[ \t]+[^\s;{}]+[ \t]+\$\w+)[ \t]*\{/,
    /(?:^|[;{}])[ \t]*(listen|server_name|root|index|alias|try_files|rewrite|return|fastcgi_\w+|proxy_\w+|uwsgi_\w+|scgi_\w+|grpc_\w+|ssl_\w+|add_header|access_log|error_log|error_page|include|user|pid|worker_\w+|load_module|client_\w+|gzip(?:_\w+)?|keepalive_timeout|server|default_type|set|expires|deny|allow|charset|resolver|limit_\w+)[ \t]+[^\s;{}][^;{}\n]{0,500};/,
    /^[ \t]*map[ \t]+[^\s;{}]*\$[^\s;{}]+[ \t]+\$\w+[ \t]*\{/,
    /(?:^|[;}])[ \t]*(http|events)[ \t]*\{/,
  ],
  "applied to at most 500 characters: see FARTHEST": [
    /^\s*(?:#|;|\w+_param\s|env[\s[]|if\s|map\s|geo\s|log_format\s|add_header\s|more_\w+\s|ssl_\w+\s|\w*_cache\w*\s|limit_\w+\s|upstream\s|set\s|perl\w*\s|php_\w+\[)/,
  ],
  "applied to at most 4 KiB: see LONGEST": [/"((?:\\[\s\S]|[^"\\])*)"|'([^']*)'/g],
  "linear: tried at one place, and no part goes on where another could have": [
    /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y,
  ],
  "linear: each try ends at the first character that is not of its kind, and none of that kind begins another":
    [/\$\{(\w*)(?![\w}])/, /(#\p{DI}*)#(?=\p{DI}*(?:(?:vso|teamcity)\p{DI}*)?\[)/giu],
  "a path: at most 4 KiB": [
    /^(.*?)\/(?:usr\/local\/etc\/(?:nginx|php)|etc\/(?:nginx|openresty|php|opt\/remi))/,
    /^\/(?:etc|opt|usr\/local)\/(?:.*\/)?(?:nginx|openresty|php[^/]*)\//,
    /nginx[^/]*\.(?:txt|out|dump)$/i,
  ],
  "recheck finds it linear, but takes a second or more": [
    /(?:\?|\$is_args\b).*/,
    /(^|:)0+(?=[0-9a-f])/g,
    /\.(?:conf|vhost|nginx|ngx)$|\/sites-(?:available|enabled)\/[^/]+$/,
    /\.\(?(?:\?:)?(?:[\w?]+\|)*(?:php|phtml|phar|ph\()/i,
    /\s(?:--fpm-config(?:\s+|=)|-y\s*)["']?(\/[^\s"']+)/,
    /^(?:log_format|limit_(?:req|conn)_zone|\w+_cache_path|thread_pool|upstream|zone|map|geo|split_clients|set|location|server_name|if|rewrite)$/,
    /^(["'])(.*)\1$/,
    /^MemTotal:\s+(\d+) kB$/m,
    /^[ \t]*(?:bind[ \t]|accept[ \t]*=)[ \t]*(\S+)/gm,
    /^[ \t]*include[ \t]*=[ \t]*["']?([^\s"';]+)/gm,
    /^processor(?:[ \t]*\d+)?[ \t]*:/gm,
  ],
  "linear: tried once in a line and never goes on in the next but after a backslash; recheck takes ^ for any place":
    [/^[ \t]*\[(?!global\])[^\]\r\n]+\]/m],
  "linear: tried once in a line; recheck takes ^ for any place": [
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
    /^((?:[^\S\r\n\ufeff]|\p{DI}|\x1b\[[\d;]*m)*):(?=\p{DI}*:)/gmu,
    /^[ \t]*\[[^\]\r\n]+\]/m,
  ],
  "applied to 1000 characters: see LONGEST_LINE": [/\[.*?\]|#.*/g],
  "a path of ours": [/^\/sys\/fs\/cgroup(?:\/memory(.*)\/memory\.limit_in_bytes|(.*)\/memory\.max)$/],
  "applied to at most 64 characters: see LONGEST_ADDRESS": [
    /^([0-9a-f:]*:[0-9a-f:]*):(\d{2,5})$/i,
    /^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*$/i,
  ],
  "one word of nginx: at most 4 KiB, see BUFFER in words.ts": [
    /\$(?:\{(\w+)\}|(?![1-9])(\w+))/g,
    /\$?\{\{.*\}\}|\{%|<%|<\?|%\w{2,}%|__\w+__|@\w+@|\$\{?[A-Z][A-Z0-9_]*\b|\{[A-Za-z_][\w.-]*\}/,
  ],
  "one line of at most 4 KiB: see LONGEST_LINE": [/(["'])([^"']*)\1([^\s;{}"']+)/, /\s*;\s*$/],
  "linear: one try at the start of a word; recheck does not come to an end": [
    /^(?:PHP|ZEND|M|LC|LOG|DATE|MB|INI|E|DEBUG|UPLOAD|PEAR|OPENSSL|CURL|CURLOPT|JSON|PREG|SORT|COUNT|ENT|FILTER|STREAM|SODIUM|CRYPT|PASSWORD|SUNFUNCS|PATHINFO|FNM|GLOB|SEEK|LOCK|FILE|EXTR|CASE|CONNECTION|CREDITS|INFO|ASSERT|DNS|PSFS|STR|MT|ARRAY|SCANDIR|LIBXML|XML|PCRE|SID|DEFAULT|DIRECTORY|PATH|HTML|INPUT|IMAGETYPE|IMG)_[A-Z0-9_]+$/,
  ],
  "one line of at most 1000 characters: see MAX_LINE": [/\{[ \t]*(?:#.*)?$/],
  "texts of ours": [/\s*\n\s*/g, /^( *(?:[-*]|\d+\.) +)(.*)$/],
  "linear: it fits wherever it begins; recheck tries and guesses": [
    /((?:(?<![\uD800-\uDBFF])[\uDC80-\uDCFF])+)/,
  ],
  "linear: sticky, and what follows the word takes all of the line": [
    /(?:%[ \t]*(?:if|elif|else|endif|for|endfor|while|endwhile)\b|@(?:if|elseif|else|endif|unless|endunless|isset|endisset|for|endfor|foreach|endforeach)\b)[^\n]*/y,
  ],
  "linear: what follows the literal name has one way to fit; recheck does not come to an end": [
    /(\bpost_max_size\s*=\s*)[+-]?\w+/,
  ],
};

/** The reason by the regular expression as it is written. */
export const ACCEPTED: ReadonlyMap<string, string> = new Map(
  Object.entries(BY_REASON).flatMap(([reason, all]) => all.map((one) => [String(one), reason] as const)),
);

export interface Built {
  /** One as it comes out; `null`: see `why`. */
  readonly like: string | null;
  readonly why: string;
}

const variable = String.raw`\$(?:(?:a|b)|\{(?:a|b)\})`;

function built(like: string | null, why = ""): Built {
  return { like, why };
}

/** What is put together at run time, by its file, in the order in which it is there. */
export const BUILT: ReadonlyMap<string, readonly Built[]> = new Map([
  ["src/capacity/ps-table.ts", [built(null, "linear: every part ends at a space, and the parts have none")]],
  ["src/host/glob.ts", [built("/^[a-z]$/su"), built("/[a-z]/u")]],
  ["src/model/address/canonical.ts", [built("/(?<![^:])0:0(?![^:])/")]],
  ["src/model/machine/measured.ts", [built(null, "linear: recheck takes ^ for any place")]],
  ["src/model/machine/processes.ts", [built(null, "linear: recheck takes ^ for any place")]],
  [
    "src/model/machine/shared-memory.ts",
    [built(null, "linear: tried once in a line; recheck takes ^ for any place")],
  ],
  ["src/model/pass/serves.ts", [built("/(?<![a-z])(?:perl|python3?)(?![a-z])/i")]],
  [
    "src/model/request/script-path.ts",
    [
      built(`/^(?:${variable}/?${variable}|\\$\\{?request_filename\\}?)$/`.replace("/?", "\\/?")),
      built(null, "one word of nginx: at most 4 KiB, see BUFFER in words.ts"),
      built(null, "one word of nginx: at most 4 KiB, see BUFFER in words.ts"),
      built(`/^${variable}\\/?$/`),
      built(`/^${variable}\\/?${variable}$/`),
      built(`/^${variable}$/`),
    ],
  ],
  ["src/php/tokens.ts", [built(null, "sticky, and one token each")]],
]);
