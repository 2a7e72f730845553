import { answersTo } from "../../../../src/model/answer/answer.js";
import type { Host } from "../../../../src/model/host.js";
import { requestFor } from "../../../../src/model/request/resolve/ask.js";
import { resolve } from "../../../../src/model/request/resolve/resolve.js";
import type { Files, Request, Way } from "../../../../src/model/request/resolve/types.js";
import type { Node } from "../../../../src/nginx/types.js";
import { memoryHost } from "../../../build/hosts.js";

/** Asks the model about one request to servers that are written in a test. */

export const FPM = "[www]\nuser = www-data\nlisten = /run/php.sock\npm = static\npm.max_children = 1\n";

/** `PHP` in the text stands for a pass with the parameters that every script needs. */
export const PHP =
  "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; fastcgi_param REQUEST_METHOD $request_method; fastcgi_param SCRIPT_NAME $fastcgi_script_name; fastcgi_param QUERY_STRING $query_string; fastcgi_param CONTENT_LENGTH $content_length; fastcgi_pass unix:/run/php.sock;";

export function hostOf(text: string, pool = FPM): Host {
  const nginx = `events {}\nhttp {\n${text.replaceAll("PHP;", PHP)}\n}\n`;
  return memoryHost({
    "/etc/nginx/nginx.conf": nginx,
    "/etc/php/8.2/fpm/php-fpm.conf": `[global]\n${pool}`,
    "/etc/php/8.2/fpm/php.ini": "",
  });
}

export function httpOf({ nginx }: Host): Node {
  const http = nginx?.root.children.find(({ name }) => name === "http");
  if (http === undefined) throw new Error("no http block");
  return http;
}

/** Files that are there, as paths; one with a slash at its end is a directory. Everything else is missing. */
export function only(...paths: readonly string[]): Files {
  const directories = new Set(["/"]);
  for (const path of paths)
    for (let at = path.indexOf("/", 1); at !== -1; at = path.indexOf("/", at + 1))
      directories.add(path.slice(0, at));
  return {
    kind: (path) => (directories.has(path) ? "directory" : paths.includes(path) ? "file" : "missing"),
  };
}

export const anything: Files = { kind: () => "unknown" };

export interface Sent {
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: number;
}

export function sent(url: string, { method = "GET", headers = [], body }: Sent = {}): Request {
  const request = requestFor(url, {
    method,
    headers,
    ...(body === undefined ? {} : { bodyLength: body }),
  });
  if (request === null) throw new Error(`no URL: ${url}`);
  return request;
}

export function waysOf(host: Host, url: string, files: Files, more: Sent = {}): readonly Way[] {
  return resolve(httpOf(host), sent(url, more), files);
}

/** A way in one line: `file 200 /srv/a.txt`, `php GET /index.php?x`, `404 try-files`, `301 return → http://…`. */
export function line({ outcome }: Way): string {
  switch (outcome.kind) {
    case "file":
      return `${outcome.listing ? "listing" : "file"} ${outcome.status} ${outcome.path}`;
    case "php":
      return `php ${outcome.method} ${outcome.uri}${outcome.args === "" ? "" : `?${outcome.args}`}`;
    case "status":
      return `${outcome.status} ${outcome.reason}${outcome.redirect === null ? "" : ` → ${outcome.redirect.text}`}`;
    case "proxy":
      return `proxy ${outcome.address.text} ${outcome.target}`;
    case "unknown":
      return `unknown ${outcome.reason}`;
  }
}

/** What PHP-FPM answers to the one way of a request, in one line. */
export function answerLine(host: Host, url: string, files: Files, more: Sent = {}): string {
  const [way] = waysOf(host, url, files, more);
  if (way?.outcome.kind !== "php") return way === undefined ? "nothing" : line(way);
  const [found] = answersTo(host, way.outcome, files, way.rests);
  const answer = found?.answer;
  switch (answer?.kind) {
    case "runs":
      return `runs ${answer.script}`;
    case "refused":
      return `${answer.status} ${answer.reason}`;
    case "page":
      return `page ${answer.page}`;
    case "blank":
      return `blank ${answer.status}`;
    default:
      return answer === undefined ? "no pool" : `unknown ${answer.reason}`;
  }
}
