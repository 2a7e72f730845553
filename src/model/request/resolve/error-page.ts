import { effectiveList } from "../../../nginx/tree/effective.js";
import { headPlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import type { Place } from "../../../source/file.js";
import { perKey } from "../../../source/memo.js";
import { evaluate, flagOn, requestHost } from "./evaluate.js";
import { namesOf } from "./servers.js";
import { knownValue, Lost, type Next, needed, type State, unknownValue } from "./state.js";
import type { StatusOutcome, StatusReason, Value } from "./types.js";

/** What nginx answers with a status of its own: an `error_page`, or a page that is built in. */

interface ErrorPage {
  readonly node: Node;
  readonly codes: readonly number[];
  /** 0: the status of the page; `null`: the one that there was. */
  readonly overwrite: number | null;
  readonly target: string;
}

const pageOf = perKey((node: Node): ErrorPage => {
  const words = node.directive.args.map(({ text }) => text);
  const target = words.pop() ?? "";
  const replaced = words.find((word) => word.startsWith("="));
  const codes = words.filter((word) => !word.startsWith("=")).map(Number);
  return { node, codes, target, overwrite: replaced === undefined ? null : Number(replaced.slice(1)) };
});

/** The page for a status; `null`: none. */
export function errorPageFor(block: Node, code: number): ErrorPage | null {
  const found = effectiveList(block, "error_page");
  if (found.kind === "unknown") throw new Lost(found.reason, found.place);
  if (found.kind === "default") return null;
  const pages = found.nodes.map(pageOf);
  const page = pages.find(({ codes }) => codes.includes(code)) ?? null;
  const open = pages.find(({ node }) => node.directive.args.some(({ placeholder }) => placeholder));
  if (open !== undefined) throw new Lost("a template fills in an error_page", headPlace(open.node));
  if (page === null && !found.complete)
    throw new Lost("a part of the block was not read", headPlace(found.level));
  return page;
}

/** What becomes of a status that nginx found. */
export function special(
  state: State,
  found: { readonly status: number; readonly reason: StatusReason; readonly place: Place | null },
): Next {
  const { status: code, reason } = found;
  if (code === 444) return { go: "done", outcome: answer(state, found, 444) };
  state.errStatus = code;
  state.steps.push({ kind: "status", status: code, reason, place: found.place });
  if (!state.errorPage && state.changes !== 0) {
    const page = errorPageFor(state.block, code);
    if (page !== null) {
      if (!flagOn(state.block, "recursive_error_pages")) state.errorPage = true;
      return shown(state, page, code);
    }
    // Only where there is a list of pages does nginx note that it looked.
    const any = effectiveList(state.block, "error_page").kind !== "default";
    if (any && !flagOn(state.block, "recursive_error_pages")) state.errorPage = true;
  }
  return { go: "done", outcome: answer(state, found, SENT_AS_400.has(code) ? 400 : code) };
}

/** Only error_page can name these: a header that is too large, and plain HTTP on a port with TLS. */
const SENT_AS_400: ReadonlySet<number> = new Set([494, 497]);

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function shown(state: State, { node, overwrite, target }: ErrorPage, code: number): Next {
  const place = headPlace(node);
  if (overwrite !== null) state.errStatus = overwrite;
  else if (SENT_AS_400.has(code)) state.errStatus = 400;
  const to = needed(evaluate(state, target), place);
  state.steps.push({ kind: "error-page", node, status: code, to, place });
  if (to.startsWith("/")) {
    const mark = to.indexOf("?");
    if (state.method !== "HEAD") state.method = "GET";
    const uri = mark === -1 ? to : to.slice(0, mark);
    return { go: "redirect", uri, args: mark === -1 ? "" : to.slice(mark + 1) };
  }
  if (to.startsWith("@")) return { go: "named", name: to, place };
  const sent = overwrite !== null && REDIRECTS.has(overwrite) ? overwrite : 302;
  state.errStatus = sent;
  state.redirect = knownValue(to);
  return { go: "done", outcome: answer(state, { reason: "error-page", place }, sent) };
}

function answer(
  state: State,
  { reason, place }: { readonly reason: StatusReason; readonly place: Place | null },
  code: number,
): StatusOutcome {
  // One that was set before an error page took over is still sent.
  const redirect = state.redirect === null ? null : absolute(state, state.redirect);
  return { kind: "status", status: code, reason, redirect, text: null, place, block: state.block };
}

/** The `Location` header: nginx puts scheme, name and port in front of a path. */
export function absolute(state: State, location: Value): Value {
  const { text } = location;
  if (text === null || !text.startsWith("/") || !flagOn(state.block, "absolute_redirect", true))
    return location;
  const { request } = state;
  const own = flagOn(state.block, "server_name_in_redirect");
  const { to } = request;
  const host = own ? namesOf(state.server).first : requestHost(request);
  if (host === "" && !own && (to.kind === "unix" || to.host === "*"))
    return unknownValue("the address that the client connects to is not known");
  const name = host !== "" || own ? host : to.kind === "tcp" ? to.host : "";
  const port = to.kind === "tcp" ? (to.port ?? 80) : 0;
  const shownPort =
    port === 0 || port === (request.tls ? 443 : 80) || !flagOn(state.block, "port_in_redirect", true)
      ? ""
      : `:${port}`;
  return knownValue(`${request.tls ? "https" : "http"}://${name}${shownPort}${text}`);
}
