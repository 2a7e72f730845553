import type { Outcome, PhpOutcome } from "../../model/request/resolve/types.js";
import type { TracedPool } from "../../trace/trace.js";
import { argument } from "../../nginx/tree/nodes.js";
import { reasonText, valueText } from "./steps.js";

/** How a request ends, in a sentence without a full stop. Nothing in it is escaped yet. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case "file": {
      if (outcome.listing) return `${outcome.status}: nginx lists the directory ${outcome.path}`;
      const type = outcome.mimeType === null ? "" : ` as ${outcome.mimeType}`;
      const source = /\.(?:php\d?|phtml|phar|inc)$/i.test(outcome.path);
      return `${outcome.status}: nginx sends the file ${outcome.path}${type}${source ? ", which is the source of a script" : ""}`;
    }
    case "php":
      return `nginx passes it to ${valueText(outcome.address)}, and no pool is known to listen there`;
    case "status": {
      const to = outcome.redirect === null ? "" : ` to ${valueText(outcome.redirect)}`;
      return outcome.status === 444
        ? "nginx closes the connection without an answer (return 444)"
        : `${outcome.status}${to}: ${reasonText(outcome.reason)}`;
    }
    case "proxy":
      return `it leaves this nginx: ${outcome.pass.name} ${argument(outcome.pass, 0) ?? ""}${
        outcome.target === null ? "" : `, as ${outcome.method} ${outcome.target}`
      }`;
    case "unknown":
      return `unknown: ${outcome.reason}`;
  }
}
