import * as fs from "node:fs";
import { normalize } from "node:path";
import { answersTo } from "../../../src/model/answer/answer.js";
import type { Answer as Said } from "../../../src/model/answer/types.js";
import type { Host } from "../../../src/model/host.js";
import { resolve } from "../../../src/model/request/resolve/resolve.js";
import type {
  Assumption,
  Files,
  PhpOutcome,
  Request,
  Way,
} from "../../../src/model/request/resolve/types.js";
import type { Node } from "../../../src/nginx/types.js";
import { versions } from "../../daemons/available.js";
import type { Answer } from "./daemons.js";

/** What the model says about one request against what came back. */

export interface Verdict {
  readonly kind: "right" | "wrong" | "unknown";
  /** What was expected and what came; of an unknown the reason. */
  readonly why: string;
  /** What kind of outcome it was. */
  readonly outcome: string;
}

/** The files of this machine. */
export function diskFiles(): Files {
  return {
    kind: (path) => {
      try {
        return fs.statSync(path).isDirectory() ? "directory" : "file";
      } catch {
        return "missing";
      }
    },
    real: (path) => (fs.existsSync(path) ? fs.realpathSync(path) : null),
  };
}

const files = diskFiles();

export function judge(host: Host, http: Node, prefix: string, request: Request, answer: Answer): Verdict {
  const ways = resolve(http, request, files, { prefix, nginxVersion: versions.nginx });
  const verdicts = ways.flatMap((way) => against(host, request, way, answer));
  // What an application answers to a subrequest is not known to be 2xx or 401.
  if (
    ways.some(({ rests }) => rests.some((one) => one.kind === "auth")) &&
    [403, 404, 405, 500].includes(answer.status) &&
    verdicts.every(({ kind }) => kind === "wrong")
  )
    return { kind: "unknown", why: "what PHP answers to auth_request", outcome: "unknown" };
  return (
    verdicts.find(({ kind }) => kind === "right") ??
    verdicts.find(({ kind }) => kind === "unknown") ??
    verdicts[0] ?? { kind: "wrong", why: "no way", outcome: "none" }
  );
}

const right = (outcome: string): Verdict => ({ kind: "right", why: "", outcome });
const wrong = (outcome: string, why: string): Verdict => ({ kind: "wrong", why, outcome });

function against(host: Host, request: Request, { outcome, rests }: Way, answer: Answer): readonly Verdict[] {
  const status = (wanted: number): string | null =>
    answer.status === wanted ? null : `status ${wanted} expected, ${answer.status} came`;
  switch (outcome.kind) {
    case "unknown":
      return [{ kind: "unknown", why: outcome.reason, outcome: "unknown" }];
    case "proxy":
      return [wrong("proxy", "nothing leaves this host")];
    case "file": {
      if (!bodyAllowed(outcome.status, request)) return [verdict("file", status(outcome.status))];
      const path = normalize(outcome.path);
      const wanted = `file:${path}`;
      const same = outcome.listing
        ? answer.body.includes("Index of")
        : answer.body === wanted || answer.body.startsWith(`<?php // ${path}\n`);
      const body = same ? null : `${wanted} expected, ${answer.body.slice(0, 80)} came`;
      const type = answer.headers.get("content-type");
      const mime =
        outcome.mimeType !== null && type !== outcome.mimeType
          ? `type ${outcome.mimeType} expected, ${type} came`
          : null;
      return [verdict("file", status(outcome.status) ?? body ?? mime)];
    }
    case "status": {
      const code = outcome.status === 444 ? 0 : outcome.status;
      const location = answer.headers.get("location") ?? null;
      const wanted = outcome.redirect?.text ?? null;
      const moved = location === wanted ? null : `Location ${wanted} expected, ${location} came`;
      const text = outcome.text?.text ?? null;
      const said =
        text === null || text === answer.body || !bodyAllowed(code, request)
          ? null
          : `${text} expected, ${answer.body} came`;
      return [verdict(`status ${code} ${outcome.reason}`, status(code) ?? moved ?? said)];
    }
    case "php":
      return fromPhp(host, request, outcome, rests, answer);
  }
}

function bodyAllowed(status: number, { method }: Request): boolean {
  return method !== "HEAD" && status !== 204 && status !== 304 && status !== 0;
}

function verdict(outcome: string, fault: string | null): Verdict {
  return fault === null ? right(outcome) : wrong(outcome, fault);
}

function fromPhp(
  host: Host,
  request: Request,
  outcome: PhpOutcome,
  rests: readonly Assumption[],
  answer: Answer,
): readonly Verdict[] {
  const ways = answersTo(host, outcome, files, rests);
  // Nobody listens there.
  if (ways.length === 0) return outcome.failed(502).flatMap((way) => against(host, request, way, answer));
  return ways.flatMap((way) => fromPool(host, request, outcome, way.answer, answer));
}

function fromPool(
  host: Host,
  request: Request,
  outcome: PhpOutcome,
  said: Said,
  answer: Answer,
): readonly Verdict[] {
  switch (said.kind) {
    case "unknown":
      return [{ kind: "unknown", why: `fpm: ${said.reason}`, outcome: "unknown" }];
    case "page":
      return [
        verdict(
          "page",
          bodyAllowed(200, request) &&
            !(said.page === "ping" ? answer.body === "pong" : answer.body.includes("pool"))
            ? `the ${said.page} page expected, ${answer.body.slice(0, 60)} came`
            : null,
        ),
      ];
    case "blank": {
      const next = outcome.answered(said.status);
      if (next !== null) return next.flatMap((way) => against(host, request, way, answer));
      return [
        verdict(
          "blank",
          answer.body === "" && answer.status === (outcome.status ?? said.status)
            ? null
            : `nothing expected, ${answer.status} ${answer.body.slice(0, 60)} came`,
        ),
      ];
    }
    case "refused": {
      const next = outcome.answered(said.status);
      if (next !== null) return next.flatMap((way) => against(host, request, way, answer));
      const status = outcome.status ?? said.status;
      const text =
        said.reason === "no-script"
          ? "File not found.\n"
          : said.reason === "extension"
            ? "Access denied.\n"
            : "No input file specified.\n";
      const fault =
        answer.status !== status
          ? `status ${status} (${said.reason}) expected, ${answer.status} came`
          : bodyAllowed(status, request) && answer.body !== text
            ? `${text} expected, ${answer.body.slice(0, 80)} came`
            : null;
      return [verdict(`refused ${said.reason}`, fault)];
    }
    case "runs":
      return ran(host, request, outcome, said, answer);
  }
}

/** What PHP adds by itself, and what changes from run to run. */
const OWN = /^(?:PHP_SELF|REQUEST_TIME|REQUEST_TIME_FLOAT|argv|argc|FCGI_ROLE|HOME|USER|PHP_AUTH_\w+)$/;

function ran(
  host: Host,
  request: Request,
  outcome: PhpOutcome,
  said: { readonly script: string; readonly server: ReadonlyMap<string, string | null> },
  answer: Answer,
): readonly Verdict[] {
  const query = said.server.get("QUERY_STRING") ?? "";
  const isScript = /\.(?:php|phtml)$/.test(said.script);
  const own = !isScript ? 200 : Number(/(?:^|&)st=(\d+)/.exec(query)?.[1] ?? 200);
  const next = outcome.answered(own);
  if (next !== null) return next.flatMap((way) => against(host, request, way, answer));
  const status = outcome.status ?? own;
  if (answer.status !== status) return [wrong("runs", `status ${status} expected, ${answer.status} came`)];
  if (!bodyAllowed(status, request)) return [right("runs")];
  if (!isScript)
    return [
      verdict(
        "runs",
        answer.body === `file:${normalize(said.script)}`
          ? null
          : `${said.script} expected, ${answer.body} came`,
      ),
    ];
  let told: { file: string; input: number; server: Record<string, string> };
  try {
    told = JSON.parse(answer.body);
  } catch {
    // FPM sends nothing for a HEAD, whoever asks for it.
    const silent = said.server.get("REQUEST_METHOD") === "HEAD" && answer.body === "";
    return [
      verdict("runs", silent ? null : `the script ${said.script} expected, ${answer.body.slice(0, 80)} came`),
    ];
  }
  const faults: string[] = [];
  if (told.file !== normalize(said.script)) faults.push(`script ${said.script} expected, ${told.file} ran`);
  const length = Number(said.server.get("CONTENT_LENGTH") ?? "");
  const body = outcome.bodyLength === null ? null : Math.min(outcome.bodyLength, length);
  if (body !== null && told.input !== body) faults.push(`${body} bytes of body expected, ${told.input} came`);
  for (const [name, value] of said.server)
    if (value !== null && told.server[name] !== value && !OWN.test(name))
      faults.push(`${name}: ${value} expected, ${told.server[name]} came`);
  for (const name of Object.keys(told.server))
    if (!OWN.test(name) && !said.server.has(name))
      faults.push(`${name}: ${told.server[name]} came unexpected`);
  return [verdict("runs", faults.length === 0 ? null : faults.join("; "))];
}
