import type { Outcome, PhpOutcome } from "../../model/request/resolve/types.js";
import { argument } from "../../nginx/tree/nodes.js";
import type { TracedPool } from "../../trace/trace.js";
import { reasonText, valueText } from "./steps.js";

/** How a request ends, in a sentence without a full stop. Nothing in it is escaped yet. */

/** How it ends where nginx itself answers, or nobody that is known. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case "file": {
      if (outcome.listing) return `${outcome.status}: nginx lists the directory ${outcome.path}`;
      const type = outcome.mimeType === null ? "" : ` as ${outcome.mimeType}`;
      const source = /\.(?:php\d?|phtml|phar)$/i.test(outcome.path) ? ", the source of a script" : "";
      return `${outcome.status}: nginx sends the file ${outcome.path}${type}${source}`;
    }
    case "php":
      return `nginx passes it to ${valueText(outcome.address)}`;
    case "status": {
      if (outcome.status === 444) return "nginx closes the connection without an answer (444)";
      const to = outcome.redirect === null ? "" : ` to ${valueText(outcome.redirect)}`;
      return `${outcome.status}${to}: ${reasonText(outcome.reason)}`;
    }
    case "proxy": {
      const as = outcome.target === null ? "" : `, as ${outcome.method} ${outcome.target}`;
      return `it leaves this nginx with ${outcome.pass.name} ${argument(outcome.pass, 0) ?? ""}${as}`;
    }
    case "unknown":
      return `unknown: ${outcome.reason}`;
  }
}

/** How it ends where PHP answers. */
export function answerText(outcome: PhpOutcome, { pool }: TracedPool): string {
  const script = outcome.params.filter(({ name }) => name === "SCRIPT_FILENAME").at(-1);
  const runs =
    script === undefined ? "gets the request without SCRIPT_FILENAME" : `runs ${valueText(script)}`;
  return pool === null
    ? `nginx passes it to ${valueText(outcome.address)}, where no pool of this host is known to listen`
    : `pool [${pool.name}] ${runs}`;
}
