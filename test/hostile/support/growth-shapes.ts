/** Inputs that grow: what a stranger may put into a tree to make the check take long. */

export interface Shape {
  readonly name: string;
  /** The file that grows, below the root of a host. */
  readonly path: string;
  /** About so many characters. */
  readonly text: (size: number) => string;
}

/** Pieces until there are `size` characters; a piece may tell its number. */
function fill(size: number, piece: string | ((index: number) => string)): string {
  if (typeof piece === "string") return piece.repeat(Math.ceil(size / piece.length));
  const found: string[] = [];
  for (let length = 0; length < size; length += found.at(-1)?.length ?? 1) found.push(piece(found.length));
  return found.join("");
}

type Piece = string | ((index: number) => string);

function shapes(
  path: string,
  kind: string,
  pieces: Readonly<Record<string, Piece>>,
  [before, after]: readonly [string, string] = ["", ""],
): readonly Shape[] {
  return Object.entries(pieces).map(([name, piece]) => ({
    name: `${kind}: ${name}`,
    path,
    text: (size) => before + fill(size, piece) + after,
  }));
}

/** Of no meaning anywhere, for every reader. */
const NOISE: Readonly<Record<string, Piece>> = {
  "opening braces": "{",
  "closing braces": "}",
  "pairs of braces": "{}",
  "closing before opening": "}{",
  "opening brackets": "[",
  "opening parentheses": "(",
  "double braces": "{{ ",
  "double braces with text": "{{a}}",
  "ends of double braces": "}}",
  "closed tags": "{% x %}",
  "opening tags": "{% ",
  "opening if tags": "{% if x %}\n",
  "else tags": "{% else %}\n",
  "end tags": "{% endif %}\n",
  "if and end": "{% if x %}a {% endif %}",
  "go if": "{{ if .x }}\n",
  "go else": "{{ else }}\n",
  "go end": "{{ end }}\n",
  "go if and end": "{{ if .x }}a;{{ end }}\n",
  "sections and inverted ones": "{{#a}}x;{{/a}}{{^a}}y;{{/a}}\n",
  "sections of many names": (index) => `{{#a${index}}}\n`,
  "opening comments": "{# ",
  "opening code": "<% ",
  "opening php": "<? ",
  "opening php tags": "<?php if (x) { ?>\n",
  "raw blade": "{!! ",
  "long comments": "{{!-- ",
  "go comments": "{{/* ",
  "shell variables": "${",
  "shell defaults": "${A:-",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell variable
  "shell names": "${A_B}",
  "many shell names": (index) => `$\{A_${index}} `,
  elements: "<tmpl_if ",
  "elements with names": '<tmpl_if name="x">\n',
  "percent names": "%a",
  percents: "%",
  underscores: "_",
  "names in underscores": "__A",
  "names in at signs": "@a",
  "at signs": "@",
  "names in braces": "{a-.",
  "closed names in braces": "{a} ",
  "mako lines": "% if x:\n",
  "blade lines": "@if (x)\n",
  dollars: "$",
  variables: "$a",
  "variables and spaces": "$a ",
  letters: "a",
  "letters and spaces": "a ",
  digits: "1",
  spaces: " ",
  tabs: "\t",
  "line ends": "\n",
  "windows line ends": "\r\n",
  "old line ends": "\r",
  semicolons: ";",
  "semicolons and spaces": " ;",
  slashes: "/",
  dots: ".",
  "equal signs": "=",
  "equal signs and spaces": "a = ",
  quotes: '"',
  apostrophes: "'",
  "quotes in words": 'a"b ',
  "quoted pairs": "\"a\"'b'",
  backslashes: "\\",
  "escaped quotes": '\\"',
  "hash signs": "#",
  comments: "# a\n",
  "one long comment": "# a ",
  "all bytes": (index) => String.fromCharCode(1 + ((index * 7) % 255)),
  "wide characters": "\u5b57\u0301\u{1f600}",
  "bytes that are no text": "\udc80\udcff",
  "zero bytes": "\0",
};

/** The most telling of them, for readers of less. */
const FEW = Object.fromEntries(
  Object.entries(NOISE).filter(([name]) =>
    /^(?:opening braces|double braces|variables|letters|digits|spaces|line ends|old line ends|equal signs|quotes|backslashes|hash signs|all bytes)$/.test(
      name,
    ),
  ),
);

const NGINX = "etc/nginx/nginx.conf";
const HTTP = ["events {}\nhttp {\n", "\n}\n"] as const;
const SERVER = ["events {}\nhttp {\nserver {\nlisten 80;\n", "\n}\n}\n"] as const;
const ONE_LINE = ["events {} http { ", " }"] as const;

const MAIN_PIECES: Readonly<Record<string, Piece>> = {
  "servers that stay open": "server { ",
  "locations that stay open": "location / { ",
  "http blocks in one line": "http { ",
  "one block in another": (index) => `a${index} {\n`,
  "lua blocks": "content_by_lua_block { ",
  "heads of lua blocks": "_by_lua_block ",
  "lua strings": "content_by_lua_block { [=[ ",
};

const HTTP_PIECES: Readonly<Record<string, Piece>> = {
  "unknown directive": "foo bar;\n",
  "unknown directives": (index) => `foo${index} bar;\n`,
  "directives that nearly exist": (index) => `fastcgi_bufer${index % 100} ${index};\n`,
  "servers of one name": "server { listen 80; server_name a; }\n",
  "servers of many names": (index) => `server { listen ${1 + (index % 60000)}; server_name s${index}; }\n`,
  "empty servers": "server { }\n",
  "entries of a map": (index) => `map $a $b${index} { default 0; a 1; }\n`,
  upstreams: (index) => `upstream u${index} { server 127.0.0.1:9000; }\n`,
  "log formats": (index) => `log_format f${index} "$request";\n`,
  includes: (index) => `include missing${index}.conf;\n`,
  "values that are wrong": "keepalive_timeout x;\n",
  "values that are nearly right": "sendfile onn;\n",
  headers: "add_header A b;\n",
  "types twice": "types { a b; }\n",
  zones: (index) => `limit_req_zone $a zone=z${index}:1m rate=1r/s;\n`,
  "misplaced directives": "try_files a b;\n",
  "directives without arguments": "root;\n",
};

const SERVER_PIECES: Readonly<Record<string, Piece>> = {
  "prefix locations": (index) => `location /a${index} { }\n`,
  "regex locations": (index) => `location ~ ^/a${index}/ { }\n`,
  "php locations": (index) => `location ~ \\.a${index}$ { fastcgi_pass 127.0.0.1:9000; }\n`,
  "php locations of many addresses": (index) =>
    `location ~ \\.a${index}$ { fastcgi_pass unix:/run/a${index}.sock; }\n`,
  "named locations": (index) => `location @a${index} { }\n`,
  "missing named locations": (index) => `error_page 404 @a${index};\n`,
  "missing and present named locations": (index) => `location @b${index} { error_page 404 @a${index}; }\n`,
  "braces in patterns": "location ~ ^/[0-9]{4}/x { }\n",
  "set in a chain": (index) => `set $a${index + 1} $a${index};\n`,
  rewrites: "rewrite ^/(.*)$ /index.php?q=$1 last;\n",
  conditions: "if ($a = b) { set $c d; }\n",
  "arguments that are strings": 'return 200 "a b";\n',
  "listen again": "listen 80;\n",
  "fastcgi parameters": (index) => `fastcgi_param A${index} $a;\n`,
  "fastcgi parameters that nearly name the script": (index) =>
    `fastcgi_param SCRIPT_FILENAM${index % 10} $document_root$fastcgi_script_name;\n`,
  "try files": "try_files $uri $uri/ /index.php;\n",
  "error pages": "error_page 404 /404.html;\n",
  "unknown variables": (index) => `return 200 $unknown${index};\n`,
  "one name of 2 kB": (index) => `${"n".repeat(2000)}${index} a;\n`,
  "named locations of 2 kB": (index) =>
    `location @${"n".repeat(2000)}${index} { error_page 404 @${"m".repeat(2000)}${index}; }\n`,
};

const WORDS: readonly Shape[] = [
  ...shapes(NGINX, "one directive", { names: (index) => `s${index}.example.com ` }, [
    "events {}\nhttp { server { server_name ",
    "; } }\n",
  ]),
  ...shapes(NGINX, "one directive", { "one long name": "n" }, ["events {}\nhttp { ", " a; }\n"]),
  ...shapes(NGINX, "one directive", { "one long pattern": "a{2}" }, [
    "events {}\nhttp { server { location ~ ^/",
    "$ { } } }\n",
  ]),
  ...shapes(NGINX, "one directive", { "one long group": "(a|" }, [
    "events {}\nhttp { server { location ~ ^/",
    "$ { } } }\n",
  ]),
  ...shapes(NGINX, "one directive", { "braces outside of quotes": "a{2} " }, [
    "events {}\nhttp { server { location ~ ^/",
    "$ { } } }\n",
  ]),
  ...shapes(NGINX, "one map", { entries: (index) => `a${index} b;\n` }, [
    "events {}\nhttp { map $a $b {\n",
    "} }\n",
  ]),
  ...shapes(NGINX, "one map", { "entries with patterns": (index) => `~^a${index} b;\n` }, [
    "events {}\nhttp { map $a $b {\n",
    "} }\n",
  ]),
  ...shapes(NGINX, "one upstream", { servers: (index) => `server 10.0.0.${index % 256}:9000;\n` }, [
    "events {}\nhttp { upstream u {\n",
    "} }\n",
  ]),
  ...shapes(NGINX, "one upstream", { "servers that are down": "server a down;\n" }, [
    "events {}\nhttp { upstream u {\n",
    "} }\n",
  ]),
];

const FPM = "etc/php/8.2/fpm/pool.d/www.conf";
const POOL = "user = www-data\nlisten = /run/php/www.sock\npm = static\npm.max_children = 5\n";

const POOL_PIECES: Readonly<Record<string, Piece>> = {
  "heads of sections": "[a\n",
  "sections of one name": "[a]\n",
  "sections of many names": (index) => `[p${index}]\n`,
  "pools on one socket": (index) => `[p${index}]\n${POOL}`,
  "pools on many sockets": (index) => `[p${index}]\n${POOL.replace("www.sock", `${index}.sock`)}`,
  "unknown setting": "foo = bar\n",
  "unknown settings": (index) => `foo${index} = bar\n`,
  "settings that nearly exist": (index) => `pm.max_childrn${index % 10} = 5\n`,
  "the same setting": "pm.max_children = 5\n",
  environment: "env[A] = b\n",
  "much environment": (index) => `env[A${index}] = b\n`,
  "php values": (index) => `php_value[a${index}] = b\n`,
  "memory limits": "php_admin_value[memory_limit] = 128M\n",
  "lines without an equal sign": "foo bar\n",
  "quotes that stay open": 'a = "b\n',
  includes: (index) => `include = missing${index}.conf\n`,
  "references to the pool": "chdir = /$pool\n",
};

const VALUE_PIECES: Readonly<Record<string, Piece>> = {
  parentheses: "(",
  operators: "1|",
  negations: "!",
  tildes: "~",
  "constants with operators": "E_ALL & ~E_NOTICE | ",
  quotes: '"a"b',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell variable
  variables: "${A}",
  "open variables": "${",
  backslashes: "\\",
  semicolons: ";a",
  spaces: " ",
  "spaces in words": "a  ",
  digits: "1",
  zeros: "0",
  "digits and dots": "1.",
  slashes: "/",
  letters: "a",
  brackets: "[",
  "equal signs": "=",
};

const INI = "etc/php/8.2/fpm/php.ini";
const UNIT = "etc/systemd/system/php8.2-fpm.service";
const COMPOSE = "docker-compose.yml";

const UNIT_PIECES: Readonly<Record<string, Piece>> = {
  commands: "ExecStart=/usr/sbin/php-fpm8.2 --nodaemonize --fpm-config /etc/php/8.2/fpm/php-fpm.conf\n",
  "heads of commands": "ExecStart=php-fpm ",
  "empty commands": "ExecStart=\n",
  "lines that go on": "ExecStart=php-fpm a \\\n",
  "settings of files": "LimitNOFILE=65535\n",
  sections: "[Service]\n",
  environment: "Environment=A=b C=d\n",
  "spaces at the ends": "A= \n",
};

/** Comments that silence findings, after what begins a comment. */
const silencing = (mark: string): Readonly<Record<string, Piece>> => ({
  "comments of the next line": `${mark} fpmlint-disable-next-line a/b -- x\n`,
  "comments of the file": `${mark} fpmlint-disable-file nginx/* -- x\n`,
  "comments without a line end": `${mark} fpmlint-disable-line a/b -- x `,
  "words of such comments": "fpmlint-disable-",
});

const COMPOSE_PIECES: Readonly<Record<string, Piece>> = {
  services: (index) => `  s${index}:\n    image: php:8.2-fpm\n    volumes:\n      - ./a:/b\n`,
  lists: "      - a\n",
  "keys in keys": (index) => `${" ".repeat(index % 200)}a:\n`,
  colons: "a:",
};

export const SHAPES: readonly Shape[] = [
  ...shapes(NGINX, "nginx", NOISE),
  ...shapes("etc/nginx/sites-enabled/a", "site", FEW, ["server { listen 80; root ", "; }\n"]),
  ...shapes(NGINX, "silencing", silencing("#"), ["# ", "\nfoo bar;\n"]),
  ...shapes(NGINX, "main", MAIN_PIECES),
  ...shapes(NGINX, "main in http", MAIN_PIECES, HTTP),
  ...shapes(NGINX, "http", HTTP_PIECES, HTTP),
  ...shapes(NGINX, "server", SERVER_PIECES, SERVER),
  ...shapes(NGINX, "http in one line", onOneLine(HTTP_PIECES), ONE_LINE),
  ...shapes(NGINX, "server in one line", onOneLine(SERVER_PIECES), [`${ONE_LINE[0]}server { `, " } }"]),
  ...shapes(NGINX, "server with a fault", onOneLine(SERVER_PIECES), [`${ONE_LINE[0]}server { `, " } } }"]),
  ...WORDS,
  ...shapes(FPM, "silencing", silencing(";"), [`[www]\n${POOL}; `, "\na = b\n"]),
  ...shapes(FPM, "pool", NOISE),
  ...shapes(FPM, "pool", POOL_PIECES, [`[www]\n${POOL}`, ""]),
  ...shapes(FPM, "value", VALUE_PIECES, [`[www]\n${POOL}php_value[a] = `, "\n"]),
  ...shapes(FPM, "listen", VALUE_PIECES, [
    "[www]\nuser = www-data\npm = static\npm.max_children = 5\nlisten = ",
    "\n",
  ]),
  ...shapes(FPM, "memory_limit", VALUE_PIECES, [`[www]\n${POOL}php_admin_value[memory_limit] = `, "x\n"]),
  ...shapes(FPM, "name", VALUE_PIECES, [`[www]\n${POOL}`, " = a\n"]),
  ...shapes(INI, "php.ini", FEW),
  ...shapes(INI, "php.ini", POOL_PIECES),
  ...shapes(INI, "php.ini value", VALUE_PIECES, ["post_max_size = ", "x\n"]),
  ...shapes(UNIT, "unit", FEW),
  ...shapes(UNIT, "unit", UNIT_PIECES, ["[Service]\n", ""]),
  ...shapes(COMPOSE, "compose", { ...FEW, ...COMPOSE_PIECES }, ["services:\n", ""]),
  ...shapes("etc/passwd", "passwd", {
    ...FEW,
    accounts: (index) => `u${index}:x:${index}:${index}::/:/bin/sh\n`,
    colons: ":",
  }),
  ...shapes("fpmlint.json", "fpmlint.json", {
    ...FEW,
    arrays: '{"a":[',
    comments: "/* a */ // b\n",
    "comments without an end": "/*",
    commas: "[,",
  }),
  ...shapes(
    "fpmlint.json",
    "fpmlint.json keys",
    { keys: (index) => `"k${index}":1,`, same: '"k":1,', rules: '"rules":{"*":"off"},' },
    ["{", '"a":1}'],
  ),
  ...shapes(
    "fpmlint.json",
    "fpmlint.json patterns",
    { patterns: (index) => `"**/*a*a*a${index % 900}",`, braces: '"{a,b}{a,b}{a,b}{a,b}",' },
    ['{"ignore":[', '"a"]}'],
  ),
  ...shapes("nginx.dump", "dump", FEW, ["# configuration file /etc/nginx/nginx.conf:\nevents {}\n", ""]),
  ...shapes(
    "nginx.dump",
    "dump",
    {
      files: (index) => `# configuration file /etc/nginx/${index}.conf:\n`,
      heads: "# configuration file ",
      "one file": "# configuration file /etc/nginx/nginx.conf:\n",
    },
    ["# configuration file /etc/nginx/nginx.conf:\nevents {}\n", ""],
  ),
  ...shapes("samples", "samples", {
    ...FEW,
    ...{
      numbers: "123\n",
      "ps aux": "www-data 12 0.0 0.1 1 61234 ? S 10:00 0:00 php-fpm: pool www\n",
      sizes: "1.5M\n",
      "one long size": "1",
    },
  }),
];

function onOneLine(pieces: Readonly<Record<string, Piece>>): Readonly<Record<string, Piece>> {
  return Object.fromEntries(
    Object.entries(pieces).map(([name, piece]) => [
      name,
      (index) => (typeof piece === "string" ? piece : piece(index)).replaceAll("\n", " "),
    ]),
  );
}
