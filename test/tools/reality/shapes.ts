import { SPLITS, TO_SCRIPT, TRIED } from "../requests/parts.js";
import type { Random } from "./random.js";

/** The shapes of locations that people write, and a URI that gets to each. All of them work. */

export interface Shape {
  readonly name: string;
  readonly uri: string;
  readonly blocks: readonly (readonly [head: string, ...lines: string[]])[];
  /** The script's path, where it does not follow from the URI in the ordinary ways. */
  readonly script?: string;
  /** Parameters besides. */
  readonly params?: readonly string[];
  /** Locations beside it, without which it would not be reached. */
  readonly beside?: readonly string[];
  /** Lines of the server. */
  readonly server?: readonly string[];
  /** A `map` of `http`; `@` is a number of its own. */
  readonly map?: string;
  /** Debian's snippet brings a `try_files` of its own, which does not suit every location. */
  readonly snippet?: true;
  /** Before the locations that are there already: the first regex that fits takes a request. */
  readonly before?: true;
}

type Draw = (random: Random) => Shape;

const php = String.raw`location ~ \.php$`;
const ONE = "$document_root/index.php";

const tried = ({ pick }: Random, last: string): string => `try_files ${pick(TRIED)} ${last};`;

const inRoot = (lines: string): string => `location / {\n  ${lines}\n}`;

export const FIRST: readonly Draw[] = [
  () => ({ name: "suffix", uri: "/index.php", blocks: [[php]], snippet: true }),
  () => ({ name: "suffix checked", uri: "/index.php", blocks: [[php, "try_files $uri =404;"]] }),
  () => ({
    name: "capitals",
    uri: "/index.php",
    blocks: [[String.raw`location ~* \.php$`]],
    snippet: true,
  }),
  ({ pick }) => ({
    name: "path info",
    uri: "/index.php/some/path",
    blocks: [
      [
        pick([String.raw`location ~ [^/]\.php(/|$)`, String.raw`location ~ \.php(?:$|/)`]),
        `fastcgi_split_path_info ${pick(SPLITS)};`,
      ],
    ],
    script: "$document_root$fastcgi_script_name",
  }),
  ({ pick }) => ({
    name: "path info kept",
    uri: "/index.php/some/path",
    blocks: [
      [
        String.raw`location ~ \.php(/|$)`,
        `fastcgi_split_path_info ${pick(SPLITS.slice(0, 2))};`,
        "set $path_info $fastcgi_path_info;",
        "try_files $fastcgi_script_name =404;",
      ],
    ],
    script: "$document_root$fastcgi_script_name",
    params: ["fastcgi_param PATH_INFO $path_info;"],
  }),
  () => ({
    name: "nested",
    uri: "/index.php",
    blocks: [["location /", "try_files $uri $uri/ =404;"], [php]],
    snippet: true,
  }),
  () => ({ name: "exact", uri: "/index.php", blocks: [["location = /index.php"]] }),
  () => ({ name: "one script", uri: "/any/page", blocks: [["location /"]], script: ONE }),
  (random) => ({
    name: "named",
    uri: "/any/page",
    blocks: [["location @php"]],
    script: ONE,
    beside: [inRoot(tried(random, "@php"))],
  }),
  (random) => ({
    name: "front controller",
    uri: "/some/page",
    blocks: [[php]],
    beside: [inRoot(tried(random, random.pick(TO_SCRIPT)))],
  }),
  (random) => ({
    name: "front controller",
    uri: "/some/page",
    blocks: [[random.pick([php, String.raw`location ~ ^/index\.php(/|$)`]), "internal;"]],
    beside: [inRoot(tried(random, random.pick(TO_SCRIPT)))],
  }),
  (random) => ({
    name: "tried for all",
    uri: "/some/page",
    blocks: [[php]],
    server: [tried(random, random.pick(TO_SCRIPT))],
  }),
  (random) => ({
    name: "named rewrite",
    uri: "/some/page",
    blocks: [[php]],
    beside: [
      inRoot(tried(random, "@front")),
      `location @front {\n  rewrite ^/(.*)$ /index.php?q=$1 last;\n}`,
    ],
  }),
  ({ pick }) => ({
    name: "rewrite if missing",
    uri: "/some/page",
    blocks: [[php]],
    beside: [
      inRoot(
        `if (${pick(["!-e", "!-f"])} $request_filename) {\n    rewrite ^(.*)$ /index.php?q=$1 last;\n  }`,
      ),
    ],
  }),
  ({ pick }) => ({
    name: "rewrite for all",
    uri: "/news/2",
    blocks: [[php]],
    server: [
      pick([
        "rewrite ^/news/([0-9]+)$ /index.php?page=$1 last;",
        "rewrite ^/news/(?<page>[0-9]+)$ /index.php?page=$page;",
        "if ($uri ~ ^/news/) {\n  rewrite ^ /index.php last;\n}",
      ]),
    ],
  }),
  () => ({
    name: "rewrite and break",
    uri: "/some/page",
    blocks: [["location /some/", "rewrite ^ /index.php break;"]],
    script: "$document_root$fastcgi_script_name",
  }),
  ({ pick }) => ({
    name: "error page",
    uri: "/some/page",
    blocks: [["location @php"]],
    script: ONE,
    beside: [inRoot(`${pick(["log_not_found off;\n  ", ""])}error_page 404 = @php;`)],
  }),
  ({ pick }) => ({
    name: "pattern",
    uri: "/some/page",
    blocks: [[pick(["location ~ ^/(?<first>[a-z]+)/", "location ~ ^/some/(.+)$", "location ~* ^/SOME"])]],
    script: ONE,
  }),
  () => ({ name: "fixed script", uri: "/api", blocks: [["location = /api"]], script: ONE }),
  () => ({ name: "start page", uri: "/", blocks: [[php]], server: ["index index.php index.html;"] }),
  () => ({
    name: "everything",
    uri: "/",
    blocks: [["location /", "fastcgi_index index.php;"]],
    script: "$document_root$fastcgi_script_name",
  }),
  () => ({ name: "anchored", uri: "/index.php", blocks: [[String.raw`location ~ ^/index\.php(/|$)`]] }),
  (random) => ({
    name: "mapped script",
    uri: "/some/page",
    blocks: [["location @php"]],
    script: "$document_root$script@",
    map: "map $uri $script@ {\n  default /index.php;\n  /never /never.php;\n}",
    beside: [inRoot(tried(random, "@php"))],
  }),
];

export const SECOND: readonly Draw[] = [
  () => ({
    name: "prefix",
    uri: "/app/index.php",
    blocks: [["location ^~ /app/"], [php]],
    snippet: true,
  }),
  ({ pick }) => ({
    name: "prefix front controller",
    uri: "/app/some/page",
    blocks: [["location ^~ /app/", `try_files $uri $uri/ /app${pick(TO_SCRIPT)};`], [php]],
  }),
  () => ({
    name: "alias",
    uri: "/tool/index.php",
    blocks: [["location /tool/", "alias /srv/tool/;"], [php]],
    script: "$request_filename",
  }),
  () => ({
    name: "alias with a pattern",
    uri: "/tool/index.php",
    blocks: [[String.raw`location ~ ^/tool/(.+\.php)$`, "alias /srv/tool/$1;"]],
    script: "$request_filename",
    before: true,
  }),
  () => ({
    name: "alias and a named location",
    uri: "/tool/some/page",
    blocks: [["location @tool"]],
    script: "/srv/tool/index.php",
    beside: ["location /tool/ {\n  alias /srv/tool/;\n  try_files $uri @tool;\n}"],
  }),
  () => ({
    name: "pattern before",
    uri: "/app/index.php",
    blocks: [[String.raw`location ~ ^/app/.+\.php$`]],
    before: true,
  }),
  () => ({
    name: "root of its own",
    uri: "/tool/index.php",
    blocks: [["location ^~ /tool/", "root /srv;"], [php]],
    script: "$document_root$fastcgi_script_name",
  }),
];
