import { casesOf, type Draft, defineRule } from "../../src/engine/define.js";
import { nginxDown, unreadContext } from "../../src/evidence/nginx-lines.js";
import { inWords } from "../../src/help/edit.js";
import { judgedHost } from "../../src/model/nginx-judged.js";
import { type Duplicate, type DuplicateKind, duplicates } from "../../src/nginx/checks/duplicates.js";
import { headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { position } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** Case → a part of what nginx prints, and what is there twice. */
const CASES: Readonly<Record<DuplicateKind, readonly [log: string, summary: string]>> = {
  directive: ["directive is duplicate", "a directive twice on a level that takes it once"],
  location: ["duplicate location", "two locations of one server for the same path"],
  upstream: ["duplicate upstream", "two upstreams with one name; nginx ignores upper and lower case there"],
  "log-format": ['duplicate "log_format" name', "two log formats with one name"],
  zone: ["zone", "two zones with one name"],
  path: ["the same path name", "two caches in one directory"],
  "thread-pool": ["duplicate thread pool", "two thread pools with one name"],
  "charset-map": ['duplicate "charset_map"', "two tables for the same pair of character sets"],
  listen: ["a duplicate listen", "one server listens on an address twice"],
  "default-server": ["a duplicate default server for", "two default servers for one address"],
  "listen-options": ["duplicate listen options for", "two servers that both set options of the same socket"],
};

export const duplicateDirective = defineRule({
  id: "nginx/duplicate-directive",
  about: "host",
  alike: true,
  together: true,
  follows: ["nginx/invalid-value", "nginx/invalid-address", "nginx/unknown-directive", "nginx/syntax"],
  cases: casesOf(CASES, ([log, summary]) => ({
    severity: "error",
    symptom: { when: "start", status: null, log },
    summary,
  })),
  docs: {
    title: "something that nginx accepts only once",
    fires: [
      markdown`
        a directive is on one level twice and nginx says "is duplicate", also when the two are in
        different files that are included into the same block
      `,
      "`root` and `alias` are in one location",
      markdown`
        two locations of one server are for the same path (\`location /a\` and \`location ^~ /a\` are
        the same path to nginx)
      `,
      "two upstreams, log formats, zones or caches have one name",
      "a server has one address twice",
      "an address has two default servers",
      "two servers set options of the same socket",
    ],
    silent: [
      "the directives add up (`add_header`, `fastcgi_param`, `error_page`)",
      "the last or the first one wins and nginx does not mind",
      "the locations are regular expressions",
      "a template's condition decides which of the two is there",
    ],
    why: markdown`
      nginx does not start when a value is set twice on one level, and a reload keeps the old
      configuration. The usual cause is an included snippet that sets what the server sets as well, or
      a backup file in a directory that is included whole.
    `,
    instead:
      "Keep one of the two. An inner block overrides what the outer one sets, so a value can differ there.",
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

function report(found: Duplicate, hasMain: boolean): Draft<DuplicateKind> {
  const { kind, log, first, second, anchored } = found;
  const certain = hasMain && anchored;
  return {
    case: kind,
    settle: certain ? null : unreadContext,
    message: message(found),
    at: headPlace(second),
    label: `nginx says: ${log}`,
    related: [{ place: headPlace(first), message: "the first one" }],
    effect: nginxDown,
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
        ? `${both} are on one level, and nginx takes only one of them`
        : `a second ${second.name} block, after the one in ${where}`;
    case "listen":
      return `${both} are the same address in one server`;
    case "listen-options":
      return `${both} both set ${what}, which only one server may set for all`;
    default:
      return `a second ${what}, after the one in ${where}`;
  }
}

function written(node: Node): string {
  const text = headText(node);
  return `"${text.length > 60 ? `${text.slice(0, 57)}...` : text}"`;
}
