import type { NginxVersion } from "../../../nginx/facts/version.js";
import { headPlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import type { Place } from "../../../source/file.js";
import { type Trail, trail } from "./choices.js";
import { captured, requestHost } from "./evaluate.js";
import { overflowOf } from "./header-buffers.js";
import { mergesSlashes, runPhases } from "./phases.js";
import { chooseServer, defaultServer, pointFor, type ServerChoice } from "./servers.js";
import { startState } from "./start.js";
import { type GivenStatus, Lost, type PhpAnswers, type State, status } from "./state.js";
import { type NormalUri, normalUri } from "./text.js";
import type { Files, Outcome, Request, Step, Way } from "./types.js";

/** From a request to what nginx makes of it. */

export interface ResolveOptions {
  /** The request is for this server, whatever its name and address are; absent: nginx chooses. */
  readonly server?: Node;
  /** The directory from which nginx counts relative paths; absent: unknown, and they stay relative. */
  readonly prefix?: string;
  /** The nginx that takes the request. Absent or `null`: unknown. */
  readonly nginxVersion?: NginxVersion;
}

/** More ways than this are one that is unknown. */
const MOST_WAYS = 48;

/**
 * Every way that a request may go; several only where it rests on files of which nobody knows whether they
 * exist. `http` is the block of the servers.
 */
export function resolve(
  http: Node,
  request: Request,
  files: Files,
  options: ResolveOptions = {},
): readonly Way[] {
  return waysFrom({ http, request, files, options }, [], []);
}

interface Question {
  readonly http: Node;
  readonly request: Request;
  readonly files: Files;
  readonly options: ResolveOptions;
}

/** The ways that begin with these answers about files and these of applications. */
function waysFrom(
  question: Question,
  given: readonly boolean[],
  statuses: PhpAnswers["statuses"],
): readonly Way[] {
  const ways: Way[] = [];
  const left: (readonly boolean[])[] = [given];
  for (let answers = left.pop(); answers !== undefined; answers = left.pop()) {
    const asked = trail(question.files, answers);
    const steps: Step[] = [];
    const outcome = follow(question, asked, steps, statuses);
    ways.push({ outcome, steps, rests: asked.rests });
    for (let at = answers.length; at < asked.taken.length; at += 1)
      left.push([...asked.taken.slice(0, at), false]);
    if (ways.length >= MOST_WAYS && left.length > 0) {
      const unknown = { kind: "unknown", reason: "it rests on too many files", place: null } as const;
      return [...ways, { outcome: unknown, steps: [], rests: [] }];
    }
  }
  return ways;
}

function follow(
  question: Question,
  choices: Trail,
  steps: Step[],
  statuses: PhpAnswers["statuses"],
): Outcome {
  const php = {
    statuses,
    asked: 0,
    next: (code: GivenStatus, index: number) => {
      const given = Array.from({ length: Math.max(index + 1, statuses.length) }, (_, at) => statuses[at]);
      given[index] = code;
      return waysFrom(question, [...choices.taken], given);
    },
  };
  const run = (state: State): Outcome => runPhases(state, begin);
  try {
    const prefix = question.options.prefix ?? null;
    const version = question.options.nginxVersion ?? null;
    const from = { choices, run, steps, depth: 0, php, prefix, version };
    return beginAt(question.http, question.request, from, question.options.server ?? null);
  } catch (error) {
    if (error instanceof Lost) return { kind: "unknown", reason: error.reason, place: error.place };
    throw error;
  }
}

function begin(http: Node, request: Request, from: State): Outcome {
  return beginAt(http, request, { ...from, depth: from.depth + 1 }, null);
}

type Origin = Pick<State, "choices" | "run" | "steps" | "depth" | "php" | "prefix" | "version">;

function beginAt(http: Node, request: Request, from: Origin, forced: Node | null): Outcome {
  const host = requestHost(request);
  // A server that is given is not looked for among all those of its port.
  const point = forced === null ? pointFor(http, request.to, host) : null;
  const first = forced ?? (point === null ? null : defaultServer(point));
  if (first === null) throw new Lost("no server of the host listens there", null);
  const bad = (
    server: Node,
    read: Request,
    at: NormalUri,
    why = status(400, "bad-request", null),
  ): Outcome => {
    const state = startState(read, server, at, from);
    // The length of the body is looked at later.
    state.bodyLength = null;
    return runPhases(state, begin, why);
  };
  const line: Request = { ...request, headers: [], target: "", bodyLength: null };
  const path = request.target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  const uri = normalUri(path.startsWith("/") ? path : `/${path}`, mergesSlashes(first));
  if (uri === undefined) throw new Lost("the path is not UTF-8", null);
  const choice: ServerChoice | null =
    point === null ? { server: first, why: "only", match: null } : chooseServer(point, host);
  if (choice === null) throw new Lost("no server of the host listens there", null);
  const { server, why, match } = choice;
  // The handshake of TLS brings the name. What another server of nginx sends is not known to the byte.
  const overflow = from.depth > 0 ? null : overflowOf(request, request.tls ? server : first, server);
  if (overflow?.status === 414)
    return bad(request.tls ? server : first, line, EMPTY, status(414, "uri-too-long", overflow.place));
  // nginx has read nothing but the line then.
  if (uri === null) return bad(first, line, EMPTY);
  if (overflow !== null) {
    const read = { ...request, headers: request.headers.slice(0, overflow.read) };
    const own = overflow.named || request.tls ? server : first;
    return bad(own, read, uri, status(494, "header-too-large", overflow.place));
  }
  if (request.protocol === "HTTP/1.1" && !namesHost(request)) return bad(server, request, uri);
  const place: Place = headPlace(server);
  from.steps.push({ kind: "server", server, why, host, place });
  const state = startState(request, server, uri, from);
  if (match !== null) captured(state, match);
  // nginx refuses these itself, whatever the server says.
  if (request.method === "TRACE" || request.method === "CONNECT")
    return runPhases(state, begin, status(405, "method", null));
  if (point?.tls === true && !request.tls) return runPhases(state, begin, status(497, "https-port", place));
  return runPhases(state, begin);
}

const EMPTY: NormalUri = { uri: "", args: "", quoted: false, plus: false };

function namesHost({ target, headers }: Request): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(target) || headers.some(([name]) => name.toLowerCase() === "host");
}
