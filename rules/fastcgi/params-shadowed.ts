import { type Draft, defineRule } from "../../src/engine/define.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { addBefore, helpOf } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import {
  broughtBy,
  effectiveParams,
  hiddenSource,
  lineFor,
  missingForPhp,
  type ParamSet,
  restsOnStock,
  surelyPhp,
} from "../../src/model/request/fastcgi-params.js";
import { argument, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { oncePerPlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface Shadowed {
  readonly binding: Binding;
  readonly set: ParamSet;
  readonly hidden: ParamSet;
  readonly missing: readonly string[];
}

type Case = "no-method" | "no-script";

export const paramsShadowed = defineRule({
  id: "fastcgi/params-shadowed",
  about: "site",
  alike: true,
  cases: {
    "no-method": {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      seen: ["blank page"],
      summary: "a fastcgi_param hides the set that sends REQUEST_METHOD: a blank page",
    },
    "no-script": {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "a fastcgi_param hides the set that sends SCRIPT_FILENAME",
    },
  },
  docs: {
    title: "a fastcgi_param hides the parameters of the levels further out",
    fires: [
      markdown`
        a level has \`fastcgi_param\` lines of its own and lacks \`SCRIPT_FILENAME\` or
        \`REQUEST_METHOD\`, and a level further out sends what it lacks
      `,
    ],
    silent: ["the inner level includes the set again", "part of the level was not read"],
    why: markdown`
      \`fastcgi_param\` is inherited only by levels that have none of their own: one
      \`fastcgi_param HTTPS on;\` in a location discards everything that \`include fastcgi.conf;\` in the
      server sets. Without \`REQUEST_METHOD\`, PHP-FPM answers every request with an empty page and
      status 200 and logs nothing; without \`SCRIPT_FILENAME\` it answers 404 \`File not found.\`
    `,
    instead: markdown`
      Repeat the \`include\` next to the inner \`fastcgi_param\`, or move the inner line to the level that
      has the include.
    `,
    references: ["https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_param"],
  },
  proof: { kind: "daemons", observe: { "no-method": "blank-page" } },
  reads: ["pool", "directory"],
  asksDisk: true,
  find: shadowed,
  // A server's own line hides the outer set from each of its locations: one line, one report.
  cause({ set }) {
    const { file, start } = broughtBy(set, first(set)).span;
    return [file.path, start, ...set.level.via.map((span) => `${span.file.path}:${span.start}`)].join(" ");
  },
  report: (group, host) => report(host, group),
});

function shadowed(binding: Binding): readonly Shadowed[] {
  if (binding.serves !== "php") return [];
  const set = effectiveParams(binding.block);
  if (set === null || set === undefined || !surelyPhp(binding)) return [];
  const missing = missingForPhp(set);
  const hidden = missing.length === 0 ? null : hiddenSource(set, missing);
  return hidden === null ? [] : [{ binding, set, hidden, missing }];
}

function first({ nodes, level }: ParamSet) {
  return nodes[0] ?? level;
}

function report(host: Host, group: readonly [Shadowed, ...Shadowed[]]): Draft<Case> {
  const [{ binding, set, hidden, missing }] = group;
  const lost = hiddenNodes(hidden, missing);
  const guess = !missing.includes("REQUEST_METHOD") && restsOnStock(host, set);
  const blank = missing.includes("REQUEST_METHOD");
  const own =
    set.nodes.length === 1
      ? `${headText(first(set))} in "${headText(set.level)}" hides`
      : `the ${set.nodes.length} fastcgi_param lines in "${headText(set.level)}" hide`;
  const labels = [...new Set(group.map((one) => one.binding.label))];
  const there = labels.length > 2 ? `${labels.length} locations (${labels[0]} first)` : labels.join(" and ");
  const lines = [...new Set(lost.map((node) => lineFor(hidden, node)))];
  return {
    case: blank ? "no-method" : "no-script",
    settle: guess
      ? "Whether the package's own copy of the included file sets SCRIPT_FILENAME would settle it."
      : null,
    message: `${own} what "${headText(hidden.level)}" sets, including ${named(lost)}`,
    at: broughtBy(set, first(set)),
    label: `PHP-FPM gets this but no ${missing.join(" and no ")}`,
    related: [
      ...sources(hidden, lost),
      ...group
        .filter((one) => one.set.level !== one.binding.block)
        .map((one) => ({
          place: headPlace(one.binding.pass),
          message: `${one.binding.label} sends nothing else`,
        })),
    ],
    ...seenByClients(
      blank
        ? `every request to ${there} ends as a blank page with status 200, and nothing is logged`
        : `every request to ${there} ends as 404 File not found`,
      group.map((one) => one.binding),
    ),
    help: helpOf([[addBefore(host, broughtBy(set, first(set)), ...lines)]]),
    names: namesOf(binding),
  };
}

function named(lost: readonly Node[]): string {
  return lost.map((node) => argument(node, 0)).join(" and ");
}

/** The hidden parameters that PHP-FPM cannot do without. */
function hiddenNodes(hidden: ParamSet, missing: readonly string[]): readonly Node[] {
  return missing.flatMap((name) => {
    const node = hidden.params.get(name)?.node;
    return node === undefined ? [] : [node];
  });
}

function sources(hidden: ParamSet, lost: readonly Node[]): readonly RelatedReport[] {
  const places = lost.map((node) => broughtBy(hidden, node));
  return oncePerPlace(places, (place) => place).map((place) => ({
    place,
    message: `set here for "${headText(hidden.level)}", but hidden further in`,
  }));
}
