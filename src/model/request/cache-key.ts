import { isFixedVariable } from "../../nginx/facts/variables.js";
import { childrenNamed, enclosing } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { variablesIn } from "./variable-words.js";

/** What a cache key tells apart. */

export interface Told {
  /** One site from another. */
  readonly host: boolean;
  readonly method: boolean;
  /** Plain HTTP from TLS. */
  readonly scheme: boolean;
  /**
   * One page from another: `request` as the client asked for it, `internal` by the URI that a rewrite or
   * `try_files` has left, `none`.
   */
  readonly page: "request" | "internal" | "none";
}

const KNOWN = /^(?:(?:http|cookie|arg)_|(?:args|ssl_server_name)$)/;
const HOST =
  /^(?:host|http_host|http_x_forwarded_host|server_name|server_addr|server_port|document_root|realpath_root|request_filename|ssl_server_name)$/;
const SCHEME = /^(?:scheme|https|server_port|http_x_forwarded_proto)$/;
const AS_ASKED = /^(?:request_uri|request|args|query_string|arg_\w+)$/;
const INTERNAL = /^(?:uri|document_uri|fastcgi_script_name|fastcgi_path_info|request_filename)$/;

/** `null`: a variable is in it that may hold anything. */
export function toldBy(key: string): Told | null {
  const used = variablesIn(key).map((name) => name.toLowerCase());
  if (!used.every((name) => isFixedVariable(name) || KNOWN.test(name))) return null;
  const has = (pattern: RegExp): boolean => used.some((name) => pattern.test(name));
  return {
    host: has(HOST),
    method: has(/^request(?:_method)?$/),
    scheme: has(SCHEME),
    page: has(AS_ASKED) ? "request" : has(INTERNAL) ? "internal" : "none",
  };
}

/** The names of a server, as written. */
export function serverNames(server: Node): readonly string[] {
  return childrenNamed(server, "server_name").flatMap(({ directive }) =>
    directive.args.map(({ text }) => text),
  );
}

/** Whether conditions of a block or its server look at how the client came. */
export function mayTellScheme(block: Node): boolean {
  for (const at of [block, enclosing(block, "server") ?? block]) {
    const tells = childrenNamed(at, "if").some(({ directive }) =>
      directive.args.some(
        ({ text, placeholder }) => placeholder || /\$(?:scheme|https|server_port)/.test(text),
      ),
    );
    if (tells || at.partial) return true;
  }
  return false;
}
