import { chooseLocation, namedLocation } from "../../../nginx/location/choose.js";
import { matchingOf } from "../../../nginx/location/extensions.js";
import { effectiveNode, effectiveOffset } from "../../../nginx/tree/effective.js";
import { argument, childrenNamed, headPlace, namePlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { perKey } from "../../../source/memo.js";
import { access } from "./access.js";
import { builtIn, content } from "./content.js";
import { enter } from "./enter.js";
import { special } from "./error-page.js";
import { captured, flagOn } from "./evaluate.js";
import { fastcgi } from "./fastcgi.js";
import { type Begin, proxy } from "./proxy.js";
import { runCode } from "./rewrite.js";
import { knownValue, Lost, type Next, ON, type State, status } from "./state.js";
import { escapePath } from "./text.js";
import { tryFiles } from "./try-files.js";
import type { Outcome, StatusReason } from "./types.js";

/** The phases of a request, in nginx's order, until something answers. */

type Phase = "server" | "find" | "location" | "moved" | "access" | "try-files" | "content";

const AFTER: Readonly<Record<Exclude<Phase, "content">, Phase>> = {
  server: "find",
  find: "location",
  location: "moved",
  moved: "access",
  access: "try-files",
  "try-files": "content",
};

/** Takes a request through the phases; `first`: what was found before them. */
export function runPhases(state: State, begin: Begin, first: Next = ON): Outcome {
  let phase: Phase = "server";
  let next = first === ON ? inPhase(state, phase, begin) : first;
  for (;;) {
    switch (next.go) {
      case "done":
        return next.outcome;
      case "status":
        next = special(state, next);
        continue;
      case "redirect":
        next = redirectInside(state, next.uri, next.args);
        phase = "server";
        break;
      case "named":
        next = enterNamed(state, next.name, next.place);
        phase = "location";
        break;
      case "on": {
        const moves: boolean = phase === "moved" && state.uriChanged;
        phase = moves ? "find" : phase === "content" ? "content" : AFTER[phase];
        break;
      }
    }
    if (next.go === "on") next = inPhase(state, phase, begin);
  }
}

function inPhase(state: State, phase: Phase, begin: Begin): Next {
  switch (phase) {
    case "server":
      takesOver(state.server);
      return runCode(state, state.server);
    case "find":
      return findLocation(state);
    case "location":
      // In limit_except the code of the location does not run.
      return state.location === null || state.block !== state.location ? ON : runCode(state, state.location);
    case "moved":
      if (!state.uriChanged) return ON;
      state.changes -= 1;
      return state.changes === 0 ? status(500, "cycle", headPlace(state.block)) : ON;
    case "access":
      return access(state);
    case "try-files":
      return tryFiles(state);
    case "content":
      return answered(state, begin);
  }
}

/** Modules that may answer a request, or change it, before anything else. */
const TAKES_OVER =
  /^(?:(?:access|rewrite|server_rewrite|precontent)_by_lua(?:_block|_file)?|js_access|perl_access|auth_jwt|auth_pam|auth_ldap|auth_digest|auth_gss|auth_spnego|auth_request_by_lua|dav_methods|random_index|fancyindex|concat|ssl_verify_client|modsecurity_rules_file)$/;

const takesOverIn = perKey((block: Node): Node | null => {
  const found = block.children.find(({ name }) => TAKES_OVER.test(name));
  return found === undefined || /^(?:off|optional|optional_no_ca)$/.test(argument(found, 0) ?? "")
    ? null
    : found;
});

function takesOver(block: Node): void {
  for (let at: Node | null = block; at !== null; at = at.parent) {
    const found = takesOverIn(at);
    if (found !== null) throw new Lost(`${found.name} may answer first`, headPlace(found));
  }
}

function findLocation(state: State): Next {
  state.handler = null;
  state.uriChanged = false;
  const found = chooseLocation(state.server, state.uri);
  if ("unclear" in found)
    throw new Lost("which location takes it is not understood", namePlace(found.unclear));
  const { location, why, slash } = found;
  for (const match of found.matched) captured(state, match);
  const place = location === null ? null : headPlace(location);
  state.steps.push({ kind: "location", location, why, uri: state.uri, place });
  state.location = location;
  const block = location ?? state.server;
  state.block = block;
  if (!state.internal && isInternal(block)) return status(404, "internal", place);
  arrive(state, block);
  const most = effectiveOffset(state.block, "client_max_body_size");
  const length = state.bodyLength;
  if (length !== null && length > 0) {
    if (most.kind === "unknown" && length > 1) throw new Lost(most.reason, most.place);
    if (most.kind !== "unknown" && most.value > 0 && length > most.value) {
      state.bodyLength = 0;
      return status(413, "body-too-large", most.kind === "set" ? most.place : place);
    }
  }
  if (!slash || location === null) return ON;
  const args = state.args === "" ? "" : `?${state.args}`;
  state.redirect = knownValue(escapePath(matchingOf(location).text) + args);
  return status(301, "location-slash", place);
}

function isInternal(block: Node): boolean {
  const found = effectiveNode(block, "internal");
  if (found.kind === "unknown") throw new Lost(found.reason, found.place);
  return found.kind === "set";
}

/** A location is entered, or what `limit_except` in it says about the method. */
function arrive(state: State, block: Node): void {
  enter(state, block);
  if (block !== state.server) takesOver(block);
  const [limit] = childrenNamed(block, "limit_except");
  if (limit === undefined || allowed(limit, state.method)) return;
  if (limit.directive.args.some(({ placeholder }) => placeholder))
    throw new Lost("a template fills in a method", headPlace(limit));
  state.steps.push({ kind: "limit-except", block: limit, place: headPlace(limit) });
  enter(state, limit);
}

function allowed(limit: Node, method: string): boolean {
  const names = limit.directive.args.map(({ text }) => text.toUpperCase());
  return names.includes(method) || (method === "HEAD" && names.includes("GET"));
}

function redirectInside(state: State, uri: string, args: string): Next {
  state.changes -= 1;
  if (state.changes === 0) return status(500, "cycle", headPlace(state.block));
  state.steps.push({ kind: "internal-redirect", uri, args, place: null });
  state.uri = uri;
  state.args = args;
  state.block = state.server;
  state.location = null;
  state.handler = null;
  state.split = null;
  state.internal = true;
  state.validUnparsed = false;
  state.addUriToAlias = false;
  state.validLocation = true;
  return ON;
}

/** The phase before the code of the location comes next, so the caller goes on with that. */
function enterNamed(state: State, name: string, place: ReturnType<typeof headPlace> | null): Next {
  state.changes -= 1;
  const cycle: StatusReason = "cycle";
  if (state.changes === 0) return status(500, cycle, place);
  if (state.uri === "") return status(500, "empty-uri", place);
  const location = namedLocation(state.server, name);
  if (location === null) {
    if (state.server.partial) throw new Lost("a part of the server was not read", namePlace(state.server));
    return status(500, "no-named-location", place);
  }
  state.steps.push({ kind: "named-location", name, place: headPlace(location) });
  state.steps.push({ kind: "location", location, why: "named", uri: state.uri, place: headPlace(location) });
  state.internal = true;
  state.handler = null;
  state.uriChanged = false;
  state.split = null;
  state.location = location;
  arrive(state, location);
  return ON;
}

function answered(state: State, begin: Begin): Next {
  const { handler } = state;
  if (handler === null) return content(state);
  if (handler.branch !== null) throw new Lost("a template's condition decides about it", headPlace(handler));
  if (handler.directive.args.some(({ placeholder }) => placeholder) && handler.name !== "fastcgi_pass")
    throw new Lost("a template fills in where it goes", headPlace(handler));
  if (handler.name === "fastcgi_pass") return fastcgi(state, handler);
  if (handler.name === "proxy_pass") return proxy(state, handler, begin);
  if (/_pass$/.test(handler.name)) {
    const address = knownValue(argument(handler, 0) ?? "");
    const { block, method } = state;
    return { go: "done", outcome: { kind: "proxy", pass: handler, block, address, target: null, method } };
  }
  return builtIn(state, handler);
}

/** Whether nginx reads several slashes as one, before it knows the name in the request. */
export function mergesSlashes(server: Node): boolean {
  return flagOn(server, "merge_slashes", true);
}
