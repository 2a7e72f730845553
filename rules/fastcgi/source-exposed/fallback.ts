import type { Draft } from "../../../src/engine/define.js";
import type { HelpDraft } from "../../../src/engine/help.js";
import {
  isScript,
  type Lead,
  leadOf,
  leadPlace,
  missingInWords,
  missingUrls,
  serversOf,
  visit,
  visitorsWays,
} from "../../../src/evidence/meetings.js";
import { helpOf, replace } from "../../../src/help/edit.js";
import type { Host } from "../../../src/model/host.js";
import { serverLabel } from "../../../src/model/labels.js";
import { argument, argumentPlace, headPlace, headText } from "../../../src/nginx/tree/nodes.js";
import type { Node } from "../../../src/nginx/types.js";
import type { Place } from "../../../src/source/file.js";

/** What an ordinary URL gets: a file that is a script. */
export interface HandedOut {
  readonly server: Node;
  readonly target: string;
  /** The script's path. */
  readonly path: string;
  readonly lead: Lead;
  readonly at: Place;
}

/** The servers that do so. */
export function* handedOut(host: Host): Generator<HandedOut> {
  for (const { http, server } of serversOf(host)) {
    for (const target of missingUrls(server)) {
      const found = sent(host, http, server, target);
      if (found !== null) yield found;
    }
  }
}

function sent(host: Host, http: Node, server: Node, target: string): HandedOut | null {
  for (const way of visit(host, http, server, target)?.ways ?? []) {
    const { outcome } = way;
    const lead = leadOf(way);
    if (outcome.kind !== "file" || outcome.listing || outcome.status !== 200 || !isScript(outcome.path))
      continue;
    if (lead === null || lead.kind === "index") continue;
    return { server, target, path: outcome.path, lead, at: leadPlace(lead, headPlace(server)) };
  }
  return null;
}

export function handedReport(
  host: Host,
  [first, ...others]: readonly [HandedOut, ...HandedOut[]],
): Draft<"fallback"> {
  const { server, path, lead, at, target } = first;
  const urls = missingInWords(target);
  const tested = lead.kind === "try-files" && lead.answer === "found";
  const words = "node" in lead ? headText(lead.node) : "";
  return {
    case: "fallback",
    message: tested
      ? `${words} tests ${argument(lead.node, lead.index) ?? ""} as a file, because it is not the last argument, so nginx sends the source of ${path} for ${urls}`
      : `${words} leads to ${path}, and no location of ${serverLabel(server)} passes it to PHP, so nginx sends its source for ${urls}`,
    at,
    label: tested ? "sent as a file if it exists" : "no location passes it to PHP",
    related: others
      .filter((one) => one.server !== server)
      .map((one) => ({ place: headPlace(one.server), message: `also in ${serverLabel(one.server)}` })),
    effect: `anyone who opens a page of this site reads the source of ${path}, passwords included`,
    help: handedHelp(host, first, tested),
    names: [serverLabel(server), path],
  };
}

/** The script becomes the last argument, but only where a location then passes it to PHP. */
function handedHelp(host: Host, { server, lead, at }: HandedOut, tested: boolean): HelpDraft {
  const location = "add a location that passes scripts to PHP-FPM: location ~ \\.php$ with fastcgi_pass";
  if (!tested || lead.kind !== "try-files") return helpOf([], location);
  const written = argument(lead.node, lead.index) ?? "";
  const uri = written.replace(/(?:\?|\$is_args\b|\$args\b)[\s\S]*/, "");
  const ways = uri.startsWith("/") && !uri.includes("$") ? visitorsWays(host, server, uri) : [];
  if (!ways.some(({ outcome }) => outcome.kind === "php")) return helpOf([], location);
  const query = uri === written ? "$is_args$args" : "";
  const { args } = lead.node.directive;
  const before = args.slice(0, lead.index).map((_, index) => argumentText(lead.node, index));
  const changed = ["try_files", ...before, `${argumentText(lead.node, lead.index)}${query};`].join(" ");
  return helpOf([[replace(host, at, changed)]]);
}

/** An argument as it is written, with its quotes. */
function argumentText(node: Node, index: number): string {
  const { span } = argumentPlace(node, index);
  return span.file.text.slice(span.start, span.end);
}
