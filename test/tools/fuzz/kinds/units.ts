import { type Draw, lintAll, mutateFiles, mutateText } from "../case.js";
import { file } from "../tree.js";
import { CONTROLS, HUGE_NUMBERS, PLACEHOLDERS, PROTOTYPE_NAMES } from "../words.js";

const POOL = "[global]\n[www]\nuser = www-data\nlisten = /run/a.sock\npm = static\npm.max_children = 5\n";
const UNIT = [
  "[Unit]\nAfter=network.target",
  "[Service]\nType=notify",
  "ExecStart=/usr/sbin/php-fpm8.2 --nodaemonize --fpm-config /opt/x/php-fpm.conf",
  "ExecStart=/usr/sbin/php-fpm -y /opt/%i/php-fpm.conf -c '/opt/x/php.ini'",
  "ExecStart=/usr/sbin/nginx -c /opt/x/nginx.conf \\\n  -g 'daemon on;'",
  ...[
    "LimitNOFILE=1024",
    "LimitNOFILE=infinity:4",
    "PrivateTmp=true",
    "PrivateTmp=no",
    "MemoryMax=1G",
    "MemoryMax=50%",
  ],
  ...[
    "RuntimeDirectory=php",
    "ExecReload=/bin/kill -USR2 $MAINPID",
    "User=www-data",
    "TimeoutStopSec=5",
    "LimitNOFILE=",
  ],
  ...[
    "ProtectSystem=full",
    "ProtectSystem=strict",
    "ProtectHome=true",
    "ReadWritePaths=",
    "ReadWritePaths=/usr /run",
  ],
];
const INI = [
  ...[
    "memory_limit = 128M",
    "memory_limit = -1",
    "max_execution_time = 30",
    "upload_max_filesize = 2G",
    "post_max_size = 8M",
  ],
  ...[
    "max_execution_time = 30 | 4",
    `post_max_size = \${X}`,
    "cgi.fix_pathinfo = 0",
    "[PATH=/var/www]",
    "[HOST=a]",
    'a = "b',
  ],
  ...[
    "extension = redis",
    "opcache.memory_consumption = 128",
    "output_buffering = 4096",
    "memory_limit = 128M;",
    "[PHP]",
  ],
];
const ACCOUNTS = [
  ...[
    "root:x:0:0::/:/bin/sh",
    "www-data:x:33:33::/:/x",
    "nginx:x:101:101::/:/x",
    "php:x:33:33::/:/x",
    "::::::",
    "www-data",
  ],
  ...[
    "a:x:99999999999:1::/:/x",
    "a:x:-1:1:::",
    "+::::::",
    "nginx:x:101:www-data",
    "www-data:x:33:nginx,php",
    "x",
  ],
];

/** Units of systemd, php.ini with its directory, passwd and group, sysctl: the small files around the two halves. */
export const units: Draw = (random, { fixtures }) => {
  const tree = fixtures.pick(random);
  const text = (lines: readonly string[]) =>
    Array.from({ length: random.int(0, 12) }, () => {
      if (random.chance(0.95)) return random.pick(lines);
      return (
        random.pick(lines) + random.pick([...CONTROLS, ...HUGE_NUMBERS, ...PLACEHOLDERS, ...PROTOTYPE_NAMES])
      );
    }).join(random.chance(0.95) ? "\n" : "\r\n");
  const some = (path: string, lines: readonly string[]) => {
    if (random.chance(0.5)) tree.set(path, file(text(lines)));
  };
  for (const name of ["x", "php8.2-fpm", "nginx", "php@"]) some(`etc/systemd/system/${name}.service`, UNIT);
  some("etc/systemd/system/php8.2-fpm.service.d/override.conf", UNIT);
  some("usr/lib/systemd/system/nginx.service", UNIT);
  for (const ini of ["php.ini", "conf.d/10-a.ini", "conf.d/20-b.ini"]) some(`etc/php/8.2/fpm/${ini}`, INI);
  for (const name of ["passwd", "group"]) some(`etc/${name}`, ACCOUNTS);
  some("usr/lib/tmpfiles.d/php.conf", [
    "d /run/php 0755 www-data",
    "d %t/x",
    "L+ /run/%b - - - - /x",
    "D",
    "#",
  ]);
  some("etc/sysctl.d/10-a.conf", [
    "net.core.somaxconn = 128",
    "net.core.somaxconn=x",
    "-net/core/somaxconn = 4096",
    "#",
  ]);
  if (random.chance(0.5)) tree.set("opt/x/php-fpm.conf", file(POOL));
  mutateFiles(tree, random, mutateText, (path) => /service|\.ini|passwd|group|sysctl|opt\//.test(path));
  return lintAll(tree, random);
};
