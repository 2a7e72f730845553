import { perKey } from "../../source/memo.js";
import type { DirectiveFact } from "../facts/directives.js";
import type { Directive } from "../types.js";
import { cacheOrStore, cachePath, directio, openFileCache, openLogFileCache } from "./caches.js";
import { charsetMap } from "./charsets.js";
import * as clients from "./clients.js";
import { connZone, limitConn, limitReq, reqZone } from "./limits.js";
import { listen, resolver } from "./listens.js";
import { index, limitExcept, locationRules, root, tryFiles } from "./locations.js";
import { accessLog, errorLog, logFormat } from "./logs.js";
import {
  aio,
  threadPool,
  use,
  user,
  workerAffinity,
  workerConnections,
  workerPriority,
  workerProcesses,
} from "./main.js";
import { geo, map, splitClients } from "./maps.js";
import * as others from "./others.js";
import type { Check, Checked, Refusal, Scope } from "./refusal.js";
import * as replacements from "./replacements.js";
import { conditionOf, errorPage, returned, rewrite, set } from "./rewriting.js";
import { SLOTS } from "./slots.js";
import { ocspCache, sessionCache } from "./ssl.js";
import { hash, keepalive, random, upstream, upstreamServer, zone } from "./upstreams.js";
import { definition, variableNames } from "./variables.js";

/** Handlers of single directives, with the contexts of facts.ts where they apply. */
const HANDLERS: readonly (readonly [names: string, contexts: RegExp, check: Check])[] = [
  ["access_log", /h/, accessLog],
  ["add_header add_trailer", /h/, others.header],
  ["aio", /h/, aio],
  ["allow deny", /[hS]/, others.accessRule],
  ["auth_request_set", /h/, definition(0)],
  ["charset source_charset", /h/, others.charset],
  ["charset_map", /h/, charsetMap],
  ["debug_connection set_real_ip_from", /[ehS]/, others.networkOrName],
  ["directio", /h/, directio],
  ["disable_symlinks", /h/, others.disableSymlinks],
  ["error_log", /[mhMS]/, errorLog],
  ["error_page", /h/, errorPage],
  ["expires", /h/, others.expires],
  ["fastcgi_cache proxy_cache scgi_cache uwsgi_cache", /h/, cacheOrStore],
  ["fastcgi_store proxy_store scgi_store uwsgi_store", /h/, cacheOrStore],
  ["fastcgi_cache_path proxy_cache_path scgi_cache_path uwsgi_cache_path", /h/, cachePath],
  ["fastcgi_split_path_info", /h/, others.splitPathInfo],
  ["geo", /h/, geo],
  ["gzip_disable", /h/, others.gzipDisable],
  ["hash", /u/, hash],
  ["if", /s/, conditionOf],
  ["index", /h/, index],
  ["keepalive", /u/, keepalive],
  ["keepalive_timeout", /h/, others.keepaliveTimeout],
  ["limit_conn", /h/, limitConn],
  ["limit_conn_zone", /h/, connZone],
  ["limit_except", /l/, limitExcept],
  ["limit_req", /h/, limitReq],
  ["limit_req_zone", /h/, reqZone],
  ["listen", /s/, listen],
  ["location", /s/, locationRules],
  ["log_format", /h/, logFormat],
  ["map", /[hS]/, map],
  ["modern_browser", /h/, clients.modernBrowser],
  ["open_file_cache", /h/, openFileCache],
  ["open_log_file_cache", /h/, openLogFileCache],
  ["proxy_cookie_domain proxy_cookie_path", /h/, replacements.replacement],
  ["proxy_cookie_flags", /h/, replacements.cookieFlags],
  ["proxy_redirect", /h/, replacements.proxyRedirect],
  ["random", /u/, random],
  ["resolver", /[hu]/, resolver],
  ["return", /s/, returned],
  ["rewrite", /s/, rewrite],
  ["root alias", /[hl]/, root],
  ["server", /u/, upstreamServer],
  ["server_name", /s/, others.serverName],
  ["set", /s/, set],
  ["split_clients", /[hS]/, splitClients],
  ["ssl", /h/, others.onOrOff],
  ["ssl_ocsp_cache", /h/, ocspCache],
  ["ssl_session_cache", /h/, sessionCache],
  ["sub_filter", /h/, others.subFilter],
  ["thread_pool", /m/, threadPool],
  ["try_files", /s/, tryFiles],
  ["upstream", /h/, upstream],
  ["use", /e/, use],
  ["user", /m/, user],
  ["userid_expires userid_mark", /h/, clients.userid],
  ["valid_referers", /s/, clients.validReferers],
  ["worker_connections", /e/, workerConnections],
  ["worker_cpu_affinity", /m/, workerAffinity],
  ["worker_priority", /m/, workerPriority],
  ["worker_processes", /m/, workerProcesses],
  ["zone", /u/, zone],
];

const byName: ReadonlyMap<string, readonly [contexts: RegExp, check: Check]> = new Map(
  HANDLERS.flatMap(([names, contexts, check]) =>
    names.split(" ").map((name) => [name, [contexts, check]] as const),
  ),
);

/**
 * What nginx refuses about the values of a directive that is allowed where it is and has as many
 * arguments as it takes; `null`: nothing.
 */
export function valueRefusal(one: Checked): Refusal | null {
  const slot = SLOTS.get(one.fact.type);
  const [contexts, handler] = byName.get(one.node.name) ?? [/^$/, null];
  const own = handler !== null && contexts.test(one.fact.contexts) ? handler : null;
  if (own !== null) return slot?.(one) ?? own(one) ?? variableNames(one);
  // Without a handler only the words count, which are the same wherever the line is included.
  const known = fine(one.scope);
  const { directive } = one.node;
  if (known.get(directive) === one.fact) return null;
  const found = slot?.(one) ?? variableNames(one);
  if (found === null) known.set(directive, one.fact);
  return found;
}

/** Directives that nothing is wrong with, with the fact that they were compared with. */
const fine = perKey((_scope: Scope) => new WeakMap<Directive, DirectiveFact>());
