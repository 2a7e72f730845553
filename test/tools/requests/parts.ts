/** Words of which both tools make servers: this one, and `tools/reality`. */

/** What nginx's own `fastcgi.conf` sends, without the path of the script. */
export const PARAMETERS: readonly string[] = [
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
  "REMOTE_ADDR $remote_addr",
  "SERVER_ADDR $server_addr",
  "SERVER_PORT $server_port",
  "SERVER_NAME $server_name",
  "REDIRECT_STATUS 200",
];

export function parameters(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `fastcgi_param ${line};`);
}

/** Patterns that take the path after a script off it. */
export const SPLITS: readonly string[] = [
  String.raw`^(.+\.php)(/.+)$`,
  String.raw`^(.+?\.php)(/.*)$`,
  String.raw`^(.+\.php)(.*)$`,
];

/** What `try_files` looks for before its last argument. */
export const TRIED: readonly string[] = [
  "$uri",
  "$uri $uri/",
  "$uri $uri/",
  "$uri $uri.html $uri/",
  "$uri.php $uri",
  "/a$uri $uri",
  "$uri/index.html $uri",
];

/** Last arguments of `try_files` that keep the query. */
export const TO_SCRIPT: readonly string[] = [
  "/index.php?$args",
  "/index.php$is_args$args",
  "/index.php?q=$uri&$args",
];
