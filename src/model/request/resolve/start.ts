import type { Node } from "../../../nginx/types.js";
import { Lost, type State } from "./state.js";
import type { NormalUri } from "./text.js";
import type { Request } from "./types.js";

/** A request before its first phase. */

/** How many times nginx changes the URI of one request before it answers 500. */
const MOST_CHANGES = 11;
/** Servers that pass a request on to each other: nginx would go on until it has no connections left. */
const DEEPEST = 8;

export function startState(
  request: Request,
  server: Node,
  { uri, args, quoted, plus }: NormalUri,
  from: Pick<State, "choices" | "run" | "steps" | "depth" | "php" | "prefix" | "version">,
): State {
  if (from.depth > DEEPEST) throw new Lost("the request goes round between servers", null);
  return {
    request,
    server,
    depth: from.depth,
    main: request.inner !== true,
    choices: from.choices,
    run: from.run,
    steps: from.steps,
    php: from.php,
    prefix: from.prefix,
    version: from.version,
    block: server,
    location: null,
    handler: null,
    method: request.method,
    shownMethod: null,
    uri,
    args,
    validUnparsed: true,
    unparsed: request.target.replace(/#.*$/s, "").replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, ""),
    quoted,
    plus,
    internal: request.inner === true,
    changes: MOST_CHANGES,
    uriChanged: false,
    validLocation: true,
    addUriToAlias: false,
    errStatus: 0,
    errorPage: false,
    captures: null,
    values: new Map(),
    nested: 0,
    split: null,
    redirect: null,
    bodyLength: request.bodyLength,
  };
}

/** A subrequest: a GET without a body that shares the variables of its request. */
export function subrequest(state: State, uri: string): State {
  if (state.depth > DEEPEST) throw new Lost("subrequests of subrequests", null);
  return {
    ...state,
    depth: state.depth + 1,
    main: false,
    block: state.server,
    location: null,
    handler: null,
    method: "GET",
    shownMethod: state.shownMethod ?? state.method,
    uri,
    args: "",
    validUnparsed: false,
    internal: true,
    changes: MOST_CHANGES,
    uriChanged: false,
    validLocation: true,
    addUriToAlias: false,
    errStatus: 0,
    errorPage: false,
    nested: 0,
    split: null,
    redirect: null,
    bodyLength: null,
  };
}
