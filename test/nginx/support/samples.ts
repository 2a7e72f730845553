import { wordsOf } from "../../../src/nginx/facts/directives.js";
import { DIRECTIVE_ROWS } from "../../../src/nginx/facts/facts.js";

/** Texts that try one directive each: what it takes, and where nginx and the rules have to agree that it does not. */

export interface Sample {
  readonly name: string;
  /** Letters of facts.ts, those of mail and stream left out. */
  readonly contexts: string;
  readonly block: boolean;
  readonly counts: string;
  readonly type: string;
  /** Arguments that nginx takes. */
  readonly args: string;
}

const BY_TYPE: Readonly<Record<string, string>> = {
  flag: "on",
  "size(k,m)": "8k",
  "offset(k,m,g)": "1k",
  number: "1",
  "time-msec": "1s",
  "time-sec": "1s",
  string: "abc",
  complex: "abc",
  "complex[]": "$host",
  "key+value": "a b",
  "number+size": "8 8k",
  bind: "127.0.0.1",
  "mime[]": "text/css",
  "complex-size": "1k",
  "path+levels": "temp",
  access: "user:rw",
  "cache-valid": "200 1m",
  "name+value[if_not_empty]": "A b",
  "cache-path": "cache keys_zone=kept:1m",
};

/** For handlers of their own. `DIR` is a directory with an empty file `empty`. */
const BY_NAME: Readonly<Record<string, string>> = {
  access_log: "off",
  add_header: "X y",
  add_trailer: "X y",
  aio: "off",
  alias: "/tmp/x",
  allow: "all",
  ancient_browser: "Links",
  ancient_browser_value: "1",
  auth_basic_user_file: "DIR/empty",
  auth_request: "/a",
  auth_request_set: "$q $host",
  break: "",
  charset: "utf-8",
  charset_map: "a1 b1",
  client_body_temp_path: "tmpdir",
  connection_pool_size: "512",
  debug_connection: "127.0.0.1",
  deny: "all",
  directio: "off",
  disable_symlinks: "off",
  empty_gif: "",
  env: "A",
  error_log: "stderr",
  error_page: "404 /x",
  events: "",
  expires: "1h",
  fastcgi_cache: "off",
  fastcgi_cache_key: "$uri",
  fastcgi_pass: "127.0.0.1:80",
  fastcgi_split_path_info: "^(a)(b)$",
  fastcgi_store: "off",
  flv: "",
  geo: "$g",
  grpc_pass: "127.0.0.1:80",
  gzip_disable: "msie6",
  gzip_hash: "64k",
  gzip_window: "16k",
  hash: "$uri",
  http: "",
  http2_pool_size: "4k",
  http2_recv_buffer_size: "64k",
  http2_streams_index_size: "32",
  if: "($host)",
  image_filter: "test",
  include: "DIR/none*",
  index: "a.html",
  internal: "",
  ip_hash: "",
  keepalive: "4",
  keepalive_timeout: "10s",
  least_conn: "",
  limit_conn: "connections 1",
  limit_conn_status: "500",
  limit_conn_zone: "$host zone=others:1m",
  limit_except: "GET",
  limit_req: "zone=requests",
  limit_req_status: "500",
  limit_req_zone: "$host zone=more:1m rate=1r/s",
  listen: "127.0.0.1:18998",
  location: "/outer/x",
  lock_file: "lf",
  log_format: "fm x",
  map: "$host $m",
  mirror: "/m",
  modern_browser: "unlisted",
  modern_browser_value: "1",
  mp4: "",
  open_file_cache: "max=10",
  open_log_file_cache: "max=10",
  proxy_cache: "off",
  proxy_cache_key: "$uri",
  proxy_cookie_domain: "a b",
  proxy_cookie_flags: "one secure",
  proxy_cookie_path: "/a /b",
  proxy_pass: "http://127.0.0.1:80",
  proxy_redirect: "/a /b",
  proxy_store: "off",
  random: "",
  real_ip_header: "X-Real-IP",
  request_pool_size: "4k",
  resolver: "127.0.0.1",
  return: "403",
  rewrite: "^ /x",
  root: "/tmp",
  scgi_cache: "off",
  scgi_cache_key: "$uri",
  scgi_pass: "127.0.0.1:80",
  scgi_store: "off",
  secure_link: "$host",
  server: "127.0.0.1",
  server_name: "a.b",
  set: "$v 1",
  set_real_ip_from: "127.0.0.1",
  source_charset: "utf-8",
  split_clients: "$host $sc",
  ssl: "off",
  ssl_ecdh_curve: "auto",
  ssl_ocsp_cache: "off",
  ssl_password_file: "DIR/empty",
  ssl_session_cache: "none",
  stub_status: "",
  sub_filter: "a b",
  thread_pool: "tp threads=2",
  try_files: "$uri =404",
  types: "",
  use: "epoll",
  user: "www-data",
  userid_expires: "1h",
  userid_mark: "off",
  userid_p3p: "none",
  uwsgi_cache: "off",
  uwsgi_cache_key: "$uri",
  uwsgi_pass: "127.0.0.1:80",
  uwsgi_store: "off",
  valid_referers: "none a.b",
  worker_connections: "100",
  worker_cpu_affinity: "auto",
  worker_priority: "1",
  worker_processes: "1",
  worker_rlimit_core: "1m",
  working_directory: "/tmp",
  zone: "zu 64k",
};

function argumentsOf(name: string, type: string): string | null {
  const own = BY_NAME[name];
  if (own !== undefined) return own;
  if (name.endsWith("_password_file")) return "DIR/empty";
  return wordsOf(name, "1.22.1")?.[0] ?? BY_TYPE[type] ?? null;
}

/** The test itself sets the one; the other is a file. */
const OWN_TESTS = new Set(["pid", "include"]);

/** Every row of the facts outside of mail and stream that has a sample. */
export function samples(): readonly Sample[] {
  return DIRECTIVE_ROWS.trim()
    .split("\n")
    .flatMap((line) => {
      const [name = "", all = "", counted = "", type = ""] = line.split("|");
      const contexts = all.replace(/[MNSTU]/g, "");
      const args = argumentsOf(name, type);
      if (contexts === "" || args === null || OWN_TESTS.has(name)) return [];
      const block = counted.startsWith("{");
      return [
        {
          name,
          contexts: contexts.replace("*", "mehsl"),
          block,
          counts: counted.replace("{", ""),
          type,
          args,
        },
      ];
    });
}

export function line({ name, block }: Sample, args: string): string {
  return `${name}${args === "" ? "" : ` ${args}`}${block ? " {}" : ";"}`;
}

/** What `limit_req` and `limit_conn` need. */
export const ZONES =
  "limit_req_zone $host zone=requests:1m rate=1r/s; limit_conn_zone $host zone=connections:1m;";

/** A main file with the text in that context, from its own line on; `http` stands before it in http. */
export function placed(context: string, text: string, before = ""): string {
  const http = (inner: string): string => `events {}\nhttp { ${before}\n${inner}\n}\n`;
  const server = (inner: string): string => http(`server { listen 127.0.0.1:18999;\n${inner}\n}`);
  const location = (inner: string): string => server(`location /outer {\n${inner}\n}`);
  switch (context) {
    case "m":
      return /^events\b/.test(text) ? `${text}\n` : `${text}\nevents {}\n`;
    case "e":
      return `events {\n${text}\n}\n`;
    case "h":
      return http(text);
    case "s":
      return server(text);
    case "l":
      return location(text);
    case "u":
      return http(`upstream group { server 127.0.0.1:1;\n${text}\n}`);
    case "i":
      return server(`if ($host) {\n${text}\n}`);
    case "I":
      return location(`if ($host) {\n${text}\n}`);
    default:
      return location(`limit_except GET {\n${text}\n}`);
  }
}

export const CONTEXTS = "mehsluiIx";
