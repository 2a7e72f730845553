import { type Draft, defineRule } from "../../src/engine/define.js";
import { inWords } from "../../src/help/edit.js";
import { judgedHost } from "../../src/model/nginx-judged.js";
import { type Duplicate, type DuplicateKind, duplicates } from "../../src/nginx/checks/duplicates.js";
import { headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { position } from "../../src/source/file.js";

/** Case → a part of what nginx prints, and what stands twice. */
const CASES: Readonly<Record<DuplicateKind, readonly [log: string, summary: string]>> = {
  directive: ["directive is duplicate", "a directive that may stand once on a level, and stands twice"],
  location: ["duplicate location", "two locations of one server for the same path"],
  upstream: ["duplicate upstream", "two upstreams of one name; nginx does not tell capitals apart"],
  "log-format": ['duplicate "log_format" name', "two log formats of one name"],
  zone: ["zone", "two zones of one name"],
  path: ["the same path name", "two caches in one directory"],
  "thread-pool": ["duplicate thread pool", "two thread pools of one name"],
  "charset-map": ['duplicate "charset_map"', "two tables between the same character sets"],
  listen: ["a duplicate listen", "one address twice in one server"],
  "default-server": [
    "a duplicate default server for",
    "two servers that are both the default one of an address",
  ],
  "listen-options": ["duplicate listen options for", "two servers that both set the socket's options"],
};

export const duplicateDirective = defineRule({
  id: "nginx/duplicate-directive",
  about: "host",
  cases: Object.fromEntries(
    Object.entries(CASES).map(([kind, [log, summary]]) => [
      kind,
      { severity: "error", symptom: { when: "start", status: null, log }, summary } as const,
    ]),
  ),
  docs: {
    title: "something that nginx takes only once",
    what: 'Fires on the second directive of a level where nginx says "is duplicate", across files that are included into the same block, too; on `root` beside `alias`; on two locations of one server for the same path (`location /a` and `location ^~ /a` are the same path to nginx); on upstreams, log formats, zones and caches of one name; on one address twice in a server, on two default servers of one address, and on options of a socket in two servers.\n\nSilent about directives that add up (`add_header`, `fastcgi_param`, `error_page`) or of which the last or the first wins without a word, about locations by regular expression, and about pairs of which a template\'s condition decides.',
    why: "nginx does not start when a value is set twice on one level, and a reload keeps the old configuration. The usual cause is an included snippet that sets what the server sets as well, or a backup file in a directory that is included whole.",
    instead:
      "Keep one of the two. What an inner block sets replaces what the outer one says, so a value can differ there.",
    references: [
      "https://nginx.org/en/docs/beginners_guide.html#conf_structure",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#listen",
    ],
    twins: { bad: "bad-listen", ok: "ok-two-ports" },
  },
  *check(host) {
    const judged = judgedHost(host);
    if (judged === null) return;
    for (const found of duplicates(judged.all)) yield report(found, judged.nginx.hasMain);
  },
});

function report(found: Duplicate, hasMain: boolean): Draft {
  const { kind, log, first, second, anchored } = found;
  const certain = hasMain && anchored;
  return {
    case: kind,
    settle: certain ? null : "It is settled when nginx reads this file as it is.",
    message: message(found),
    at: headPlace(second),
    label: `nginx says: ${log}`,
    related: [{ place: headPlace(first), message: "the first one" }],
    effect: "nginx does not start, and a reload goes on with the old configuration",
    help: inWords("remove one of the two"),
    names: [second.name, log],
  };
}

function message({ kind, first, second, what }: Duplicate): string {
  const { line } = position(first.file, first.directive.start);
  const where =
    first.file.path === second.file.path ? `line ${line}` : `line ${line} of ${first.file.display}`;
  const both = `${written(second)} and ${written(first)} in ${where}`;
  switch (kind) {
    case "directive":
      return second.directive.block === null
        ? `${both} are on one level, and nginx takes one of them`
        : `there is a second ${second.name} block besides the one in ${where}`;
    case "listen":
      return `${both} are one address in one server`;
    case "default-server":
      return `a second ${what} besides the one in ${where}`;
    case "listen-options":
      return `${both} both set ${what}, which one server sets for all`;
    default:
      return `a second ${what} besides the one in ${where}`;
  }
}

function written(node: Node): string {
  const text = headText(node);
  return `"${text.length > 60 ? `${text.slice(0, 57)}...` : text}"`;
}
