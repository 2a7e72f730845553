/**
 * A cause that no configuration file shows: a crash, memory, the file system, the network, the
 * application. `fpmlint explain 502` lists these after the causes that rules find.
 *
 * Log lines were seen in nginx 1.22.1 and PHP-FPM 8.2, those of the kernel are quoted from its source;
 * `…` is for the parts that differ. A test looks for their fixed words in the daemons' own text.
 */
export interface OutsideCause {
  /** The topics (`symptoms.ts`) that it causes: `502`, `blank page`. */
  readonly topics: readonly string[];
  /** Lower case, no full stop. */
  readonly cause: string;
  /** The line that shows it, and the program or log that has it; `null`: nothing is logged. */
  readonly log: {
    readonly by: "nginx" | "php-fpm" | "php" | "kernel" | "nginx's access log";
    readonly line: string;
  } | null;
  /** A command that checks for it. The reader fills in SOCKET, DOCROOT, HOST, NAME and PAGE. */
  readonly command: string;
  /** What to look for in that output; lower case, no full stop. */
  readonly tells: string;
}

const FPM_LOG = "/var/log/php*-fpm.log";

/** Every such cause, by topic. */
export const outsideCauses: readonly OutsideCause[] = [
  {
    topics: ["502"],
    cause: "PHP-FPM is not running: it was stopped, did not start, or its container ended",
    log: {
      by: "nginx",
      line: "connect() to … failed (111: Connection refused) while connecting to upstream",
    },
    command: "systemctl status 'php*-fpm*'",
    tells: "inactive or failed, with the reason; in a compose project: docker compose ps -a",
  },
  {
    topics: ["502"],
    cause: "a worker crashed, most often in an extension",
    log: { by: "php-fpm", line: "exited on signal 11 (SIGSEGV)" },
    command: `grep 'exited on signal' ${FPM_LOG}; coredumpctl list`,
    tells: "a line for each crash, at the time of `104: Connection reset by peer` in nginx's log",
  },
  {
    topics: ["502"],
    cause: "the kernel killed a worker because memory ran out",
    log: { by: "php-fpm", line: "exited on signal 9 (SIGKILL)" },
    command: "journalctl -k -g 'Out of memory|oom-kill'",
    tells: "Killed process … (php-fpm), and oom_memcg= where a container's limit was reached",
  },
  {
    topics: ["502"],
    cause: "a deployment or a package update restarted PHP-FPM while requests were running",
    log: { by: "php-fpm", line: "Reloading in progress" },
    command: "journalctl -u 'php*-fpm*' --since -1h",
    tells: "Stopping, Started or Reloaded at the time of the 502",
  },
  {
    topics: ["502", "permission denied"],
    cause: "a directory above the socket does not let nginx's workers through",
    log: {
      by: "nginx",
      line: "connect() to unix:… failed (13: Permission denied) while connecting to upstream",
    },
    command: "namei -l SOCKET",
    tells: "a directory without x for the account of nginx's workers",
  },
  {
    topics: ["502", "permission denied"],
    cause: "SELinux or AppArmor does not let nginx use the socket or the port",
    log: { by: "nginx", line: "connect() to … failed (13: Permission denied) while connecting to upstream" },
    command: "ausearch -m avc -ts recent; journalctl -k -g apparmor",
    tells: "denied, with nginx as the program (httpd_t with SELinux)",
  },
  {
    topics: ["502", "504"],
    cause: "the upstream's name does not resolve, or nginx uses an address from yesterday",
    log: { by: "nginx", line: "could not be resolved" },
    command: "getent hosts NAME",
    tells:
      "no address, or not the one that nginx's log has after `upstream:`; nginx looks a name up once, when it starts, unless the name is in a variable",
  },
  {
    topics: ["502"],
    cause: "a firewall rejects the connection to another machine",
    log: { by: "nginx", line: "connect() failed (113: No route to host) while connecting to upstream" },
    command: "nc -vz -w 3 HOST 9000; nft list ruleset",
    tells: "refused or no route, with a rule that ends in reject",
  },
  {
    topics: ["502"],
    cause: "the script prints something that is not an HTTP header",
    log: { by: "nginx", line: "upstream sent invalid header" },
    command: "SCRIPT_FILENAME=DOCROOT/index.php REQUEST_METHOD=GET cgi-fcgi -bind -connect SOCKET | head -20",
    tells: "the header lines as PHP-FPM sends them",
  },
  {
    topics: ["502", "503", "504", "413", "403"],
    cause: "something in front of nginx answers: a load balancer, a CDN, a web application firewall",
    log: null,
    command: "curl -sv -o /dev/null -H 'Host: NAME' http://127.0.0.1/",
    tells: "not the status that users get, and no line for their requests in nginx's access log",
  },
  {
    topics: ["504"],
    cause: "the script waits: for a database, for another service, for its session's lock",
    log: {
      by: "nginx",
      line: "upstream timed out (110: Connection timed out) while reading response header from upstream",
    },
    command: "tail -f /var/log/php-fpm.slow.log",
    tells: "the function that waits, once the pool has slowlog and request_slowlog_timeout = 5s",
  },
  {
    topics: ["504", "502"],
    cause: "all workers are busy, because there is more to do or each request takes longer than before",
    log: { by: "php-fpm", line: "reached pm.max_children setting" },
    command: `grep 'pm.max_children' ${FPM_LOG}; ss -xl src SOCKET`,
    tells: "that line at the time of the failures, and a Recv-Q of waiting requests that does not fall",
  },
  {
    topics: ["504"],
    cause: "a firewall drops the packets to another machine",
    log: { by: "nginx", line: "upstream timed out (110: Connection timed out) while connecting to upstream" },
    command: "nc -vz -w 3 HOST 9000",
    tells: "timed out, rather than succeeded or refused",
  },
  {
    topics: ["504", "502"],
    cause: "the machine is short of CPU, or is waiting for its disks",
    log: null,
    command: "uptime; vmstat 1 5",
    tells: "a load far above the number of cores; high wa (disks), or high si and so (swap)",
  },
  {
    topics: ["504"],
    cause: "a proxy in front of nginx gives up before nginx does",
    log: { by: "nginx's access log", line: " 499 " },
    command: "grep ' 499 ' /var/log/nginx/access.log",
    tells: "lines for the requests that were a 504 to users: the client, here the proxy, hung up",
  },
  {
    topics: ["403", "permission denied"],
    cause: "nginx's workers may not read the file or enter a directory above it",
    log: { by: "nginx", line: "failed (13: Permission denied)" },
    command: "namei -l DOCROOT/index.php",
    tells: "a directory without x, or a file without r, for the account of nginx's workers",
  },
  {
    topics: ["403"],
    cause: "the directory has no index file",
    log: { by: "nginx", line: "is forbidden" },
    command: "ls -la DOCROOT",
    tells: "none of the names in the index directive",
  },
  {
    topics: ["403", "404", "500"],
    cause: "the application itself gives this answer",
    log: null,
    command:
      "SCRIPT_FILENAME=DOCROOT/index.php REQUEST_METHOD=GET REQUEST_URI=/PAGE cgi-fcgi -bind -connect SOCKET | head -20",
    tells: "a Status: line from PHP with that status; the application's own log has the reason",
  },
  {
    topics: ["404"],
    cause: "the script is not where the deployment should have put it, or the pool's account may not read it",
    log: { by: "nginx", line: "Primary script unknown" },
    command: "namei -l DOCROOT/index.php",
    tells: "a missing name, a link to a release that was removed, or no r and x for the pool's user",
  },
  {
    topics: ["404"],
    cause: "another server block answers, because this one's server_name does not have the requested name",
    log: null,
    command: "nginx -T | grep -nE 'server_name|listen'",
    tells: "the name is missing; the first server of the address, or its default_server, answers instead",
  },
  {
    topics: ["500", "blank page"],
    cause: "a fatal error or an uncaught exception in the script, with display_errors off",
    log: { by: "php", line: "PHP Fatal error: " },
    command: "grep 'PHP Fatal' /var/log/nginx/error.log",
    tells: "file and line of the error; the application may have it in a log of its own",
  },
  {
    topics: ["500", "blank page"],
    cause: "the script needs more memory than memory_limit allows",
    log: { by: "php", line: "Allowed memory size of" },
    command: "grep 'Allowed memory size' /var/log/nginx/error.log",
    tells: "the bytes that were allowed, and the line of code that asked for more",
  },
  {
    topics: ["500"],
    cause: "the file that try_files or error_page falls back to does not exist",
    log: { by: "nginx", line: "rewrite or internal redirection cycle" },
    command: "ls -la DOCROOT/index.php",
    tells: "no such file",
  },
  {
    topics: ["500"],
    cause: "nginx has no connection or no file descriptor left",
    log: { by: "nginx", line: "worker_connections are not enough" },
    command: "for p in $(pgrep -f 'nginx: worker'); do ls /proc/$p/fd | wc -l; done",
    tells: "numbers near worker_connections, or near Max open files in /proc/PID/limits",
  },
  {
    topics: ["500", "blank page"],
    cause: "the disk is full where nginx keeps bodies and responses, or where PHP keeps sessions",
    log: { by: "nginx", line: "failed (28: No space left on device)" },
    command: "df -h /var/lib/nginx /var/lib/php/sessions /tmp; df -i /tmp",
    tells: "100% in use",
  },
  {
    topics: ["blank page"],
    cause: "the script ends before it prints anything: exit, an error that a handler swallows, an empty file",
    log: null,
    command: "find DOCROOT -name '*.php' -size 0",
    tells: "files that a broken deployment emptied; otherwise the application's log",
  },
  {
    topics: ["blank page"],
    cause: "the response breaks off in the middle, after its status was sent",
    log: { by: "nginx", line: "while reading upstream" },
    command: "curl -sv -o /dev/null http://127.0.0.1/PAGE",
    tells: "transfer closed with outstanding read data remaining",
  },
  {
    topics: ["no input file specified", "404"],
    cause:
      "open_basedir in a .user.ini, in a pool or in a panel's settings does not hold the directory of the script",
    log: { by: "php", line: "open_basedir restriction in effect" },
    command: "find DOCROOT -maxdepth 2 -name .user.ini -exec grep -H open_basedir {} +",
    tells: "a list of directories without that of the script, or one from before the site was moved",
  },
  {
    topics: ["no input file specified", "access denied", "permission denied", "403"],
    cause: "the pool's account may not read the script",
    log: { by: "php", line: "Unable to open primary script" },
    command: "namei -l DOCROOT/index.php",
    tells: "a file without r, or a directory without x, for the pool's user",
  },
  {
    topics: ["file not found"],
    cause: "the script is not where the deployment should have put it, or PHP-FPM sees another file system",
    log: { by: "nginx", line: "Primary script unknown" },
    command: "ls -la /proc/$(pgrep -o php-fpm)/root/DOCROOT/index.php",
    tells:
      "no such file: the path that nginx sends must exist where PHP-FPM runs, in its container or chroot",
  },
  {
    topics: ["downloads"],
    cause: "the browser shows an answer from its cache, from before the configuration was fixed",
    log: null,
    command: "curl -sI http://NAME/index.php",
    tells: "Content-Type: text/html and an X-Powered-By or Set-Cookie line: nginx does run the script now",
  },
  {
    topics: ["downloads"],
    cause: "another server block answers, one without a location for PHP",
    log: null,
    command: "nginx -T | grep -nE 'server_name|listen'",
    tells: "the name is missing; the first server of the address, or its default_server, answers instead",
  },
  {
    topics: ["redirect loop"],
    cause: "a proxy or CDN in front ends TLS, PHP sees plain HTTP and redirects to https for ever",
    log: null,
    command: "curl -sIL --max-redirs 5 -H 'X-Forwarded-Proto: https' http://127.0.0.1/",
    tells: "no loop with this header: the application, or fastcgi_param HTTPS, must follow X-Forwarded-Proto",
  },
  {
    topics: ["redirect loop"],
    cause: "nginx redirects to one name and the application, by its own setting, back to the other",
    log: null,
    command: "curl -sIL --max-redirs 5 http://NAME/ | grep -iE '^(http|location|server|x-powered-by)'",
    tells: "two names, or http and https, that take turns; X-Powered-By marks the answers of PHP",
  },
  {
    topics: ["400"],
    cause: "the cookies or another request header are larger than large_client_header_buffers allows",
    log: { by: "nginx", line: "client sent too long header line" },
    command: "nginx -T | grep large_client_header_buffers",
    tells:
      "nothing, so 4 buffers of 8k; the log has that line only with error_log … info, and the page says Request Header Or Cookie Too Large",
  },
  {
    topics: ["400"],
    cause: "plain HTTP was sent to a port that expects TLS",
    log: { by: "nginx", line: "client sent plain HTTP request to HTTPS port" },
    command: "curl -sv -o /dev/null http://NAME:443/",
    tells: "The plain HTTP request was sent to HTTPS port: a proxy in front, or a link, has the wrong scheme",
  },
  {
    topics: ["408"],
    cause:
      "the client did not send its header or its body in time: client_header_timeout, client_body_timeout",
    log: { by: "nginx", line: "client timed out" },
    command: "nginx -T | grep -E 'client_(header|body)_timeout'",
    tells: "a value far below the default of 60s; otherwise slow uploads or a lossy network",
  },
  {
    topics: ["499"],
    cause:
      "the client hung up before there was an answer: somebody reloaded, or a proxy in front gave up first",
    log: { by: "nginx's access log", line: " 499 " },
    command: "grep ' 499 ' /var/log/nginx/access.log",
    tells:
      "the same few seconds again and again: the timeout of a proxy or of a monitor. $request_time in the log_format shows them",
  },
  {
    topics: ["499"],
    cause: "PHP answers too slowly, so people give up",
    log: { by: "php-fpm", line: "reached pm.max_children setting" },
    command: `grep 'pm.max_children' ${FPM_LOG}; tail -f /var/log/php-fpm.slow.log`,
    tells: "that line at the time of the 499, or the function that a slow script waits in",
  },
];

/** Every topic that has such a cause. */
export const outsideTopics: readonly string[] = [...new Set(outsideCauses.flatMap(({ topics }) => topics))];
