import { isScript } from "../../evidence/meetings.js";
import type { Answer } from "../../model/answer/types.js";
import type { Outcome, PhpOutcome } from "../../model/request/resolve/types.js";
import { argument } from "../../nginx/tree/nodes.js";
import { bodyLimitOf } from "../../trace/limits.js";
import type { TracedPool } from "../../trace/trace.js";
import { reasonText, tidyPath, valueText } from "./steps.js";

/** How a request ends, in a sentence without a full stop. Nothing in it is escaped yet. */

/** How it ends where nginx itself answers, or nobody that is known. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case "file": {
      if (outcome.listing) return `${outcome.status}: nginx lists the directory ${tidyPath(outcome.path)}`;
      const type = outcome.mimeType === null ? "" : ` as ${outcome.mimeType}`;
      const source = isScript(outcome.path) ? ", the source of a script" : "";
      return `${outcome.status}: nginx sends the file ${tidyPath(outcome.path)}${type}${source}`;
    }
    case "php":
      return `nginx passes it to ${valueText(outcome.address)}`;
    case "status": {
      if (outcome.status === 444) return "nginx closes the connection without an answer (444)";
      const to = outcome.redirect === null ? "" : ` to ${valueText(outcome.redirect)}`;
      const limit = outcome.reason === "body-too-large" ? bodyLimitOf(outcome) : null;
      return `${outcome.status}${to}: ${reasonText(outcome.reason)}${limit === null ? "" : ` (${limit})`}`;
    }
    case "proxy": {
      const as = outcome.target === null ? "" : `, as ${outcome.method} ${outcome.target}`;
      return `it leaves this nginx with ${outcome.pass.name} ${argument(outcome.pass, 0) ?? ""}${as}`;
    }
    case "unknown":
      return `unknown: ${outcome.reason}`;
  }
}

/** How it ends where PHP answers. `method`: that of the request as it was sent. */
export function answerText(
  outcome: PhpOutcome,
  { pool, answer, instead }: TracedPool,
  method: string,
): string {
  const now = outcome.method === method ? "" : `; the ${method} has become a ${outcome.method}`;
  if (pool === null || answer === null)
    return `nginx passes it to ${valueText(outcome.address)}, where no pool of this host is known to listen${now}`;
  const [first] = instead;
  const status = outcome.status === null ? "" : `, and the client gets the status ${outcome.status}`;
  const then =
    first === undefined ? status : `, and error_page puts in its place: ${outcomeText(first.outcome)}`;
  return `pool [${pool.name}] ${verb(answer)}${then}${now}`;
}

function verb(answer: Answer): string {
  switch (answer.kind) {
    case "runs":
      return `runs ${answer.script}`;
    case "page":
      return `answers with its ${answer.page} page`;
    case "blank":
      return "answers 200 with an empty page, because REQUEST_METHOD is not sent";
    case "unknown":
      return `gets it; what it answers is unknown: ${answer.reason}`;
    case "refused":
      return `answers ${answer.status} ${refusal(answer)}`;
  }
}

function refusal({ reason, path }: Extract<Answer, { kind: "refused" }>): string {
  switch (reason) {
    case "no-script":
      return path === ""
        ? "“File not found.”: no SCRIPT_FILENAME is sent (the log: Primary script unknown)"
        : `“File not found.”: there is no script at ${path} (the log: Primary script unknown)`;
    case "extension":
      return `“Access denied.”: security.limit_extensions does not allow ${path}`;
    case "open-basedir":
      return `“No input file specified.”: open_basedir does not hold ${path}`;
    case "doc-root":
      return `“No input file specified.”: doc_root makes it look for ${path}, which is not there`;
    case "directory":
      return `“No input file specified.”: ${path} is a directory`;
    case "missing":
      return `“No input file specified.”: ${path} is not there`;
  }
}
