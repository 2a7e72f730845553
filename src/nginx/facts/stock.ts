/**
 * DATA: files that every nginx package ships and that configuration repositories leave out. Read
 * in nginx 1.22.1's conf/ directory and in Debian's snippets; only what decides about requests to
 * PHP is stated, so `mime.types` is empty.
 */

const GATEWAY_PARAMS = [
  "QUERY_STRING $query_string",
  "REQUEST_METHOD $request_method",
  "CONTENT_TYPE $content_type",
  "CONTENT_LENGTH $content_length",
  "SCRIPT_NAME $fastcgi_script_name",
  "REQUEST_URI $request_uri",
  "DOCUMENT_URI $document_uri",
  "DOCUMENT_ROOT $document_root",
  "SERVER_PROTOCOL $server_protocol",
  "REQUEST_SCHEME $scheme",
  "HTTPS $https if_not_empty",
  "GATEWAY_INTERFACE CGI/1.1",
  "SERVER_SOFTWARE nginx/$nginx_version",
  "REMOTE_ADDR $remote_addr",
  "REMOTE_PORT $remote_port",
  "SERVER_ADDR $server_addr",
  "SERVER_PORT $server_port",
  "SERVER_NAME $server_name",
  "REDIRECT_STATUS 200",
];

const params = (lines: readonly string[]): string => lines.map((line) => `fastcgi_param ${line};\n`).join("");

const FASTCGI_CONF = params(["SCRIPT_FILENAME $document_root$fastcgi_script_name", ...GATEWAY_PARAMS]);

const FASTCGI_PHP = `fastcgi_split_path_info ^(.+?\\.php)(/.*)$;
try_files $fastcgi_script_name =404;
set $path_info $fastcgi_path_info;
fastcgi_param PATH_INFO $path_info;
fastcgi_index index.php;
${FASTCGI_CONF}`;

const FILES: ReadonlyMap<string, string> = new Map([
  ["fastcgi_params", params(GATEWAY_PARAMS)],
  ["fastcgi.conf", FASTCGI_CONF],
  ["snippets/fastcgi-php.conf", FASTCGI_PHP],
  ["mime.types", ""],
  ["scgi_params", ""],
  ["uwsgi_params", ""],
  ["proxy_params", ""],
  ["koi-utf", ""],
  ["koi-win", ""],
  ["win-utf", ""],
]);

/** The text of a stock file that the tree lacks; `null` when the path does not name one. */
export function stockText(path: string): string | null {
  for (const [name, text] of FILES) if (path.endsWith(`/${name}`)) return text;
  return null;
}
