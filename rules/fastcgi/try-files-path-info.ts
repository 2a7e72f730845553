import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { namesOf, phpBindings } from "../../src/evidence/pairs.js";
import { addBefore, helpOf, remove, replace } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { effectiveParams, type Param } from "../../src/model/request/fastcgi-params.js";
import { namedExtensions } from "../../src/nginx/location/extensions.js";
import { chosenLocation, takes } from "../../src/nginx/location/passed.js";
import { effectiveList, effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, childrenNamed, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { withoutEnd } from "../../src/source/ends.js";

interface Tried {
  readonly binding: Binding;
  readonly node: Node;
  readonly param: Param;
  readonly case: "refused" | "emptied";
  /** An address with a path behind a script, which the location takes. */
  readonly uri: string;
  /** `false`: an `error_page` further out may make a page of it, and that part was not read. */
  readonly certain: boolean;
}

export const tryFilesPathInfo = defineRule({
  id: "fastcgi/try-files-path-info",
  about: "host",
  cases: {
    refused: {
      severity: "warning",
      symptom: { when: "always", status: 404, log: null },
      summary: "try_files refuses every path behind a script, which the location takes and passes on",
    },
    emptied: {
      severity: "warning",
      symptom: { when: "always", status: 200, log: null },
      summary: "try_files empties $fastcgi_path_info before it is passed on",
    },
  },
  docs: {
    title: "try_files against PATH_INFO",
    what: "Fires when the pattern of a PHP location admits a path behind the script (`/index.php/news/1`), `fastcgi_split_path_info` and a `PATH_INFO` parameter are there to pass it on, and a `try_files` in the location makes that void: `try_files $uri =404` finds no file of that name; `try_files $fastcgi_script_name =404` finds the script and makes it the URI, so that `$fastcgi_path_info` is empty afterwards.\n\nSilent when the path is kept in a variable before (`set $path_info $fastcgi_path_info;`, as in Debian's `snippets/fastcgi-php.conf`), for patterns that end in `\\.php$`, where another location takes such an address or may do so, and where an `error_page` makes a page of the 404.",
    why: "`try_files` runs before the request is passed on, and it replaces the URI by what it found. `$fastcgi_path_info` is taken from the URI when it is used, which is later. The first form answers 404 to every such address, the second sends an empty `PATH_INFO`, and the application shows its front page for all of them.",
    instead:
      "Keep the path first:\n\n    fastcgi_split_path_info ^(.+?\\.php)(/.*)$;\n    try_files $fastcgi_script_name =404;\n    set $path_info $fastcgi_path_info;\n    fastcgi_param PATH_INFO $path_info;",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_split_path_info",
    ],
    twins: { bad: "bad-emptied", ok: "ok-kept-in-a-variable" },
  },
  proof: {
    kind: "daemons",
    requests: [{ path: "/index.php/news/1" }],
    observe: { emptied: "path-info-empty" },
  },
  *check(host) {
    const key = ({ node, case: name }: Tried): string => `${node.file.path}:${node.directive.start} ${name}`;
    for (const group of groupBy(tried(host), key)) {
      const [{ binding, node, param, case: name, uri, certain }, ...rest] = group;
      const head = headText(node);
      const code = head.slice(withoutEnd(head, "0123456789").length);
      const refused = name === "refused";
      yield {
        case: name,
        settle: certain
          ? null
          : "Whether an error_page further out makes a page of this error is in files that are not here.",
        message: refused
          ? `${headText(node)} finds no file for a path behind a script, although ${headText(binding.location)} takes it and PATH_INFO would pass it on`
          : `${headText(node)} makes the script the URI, so that PATH_INFO ${param.value} is always empty`,
        at: headPlace(node),
        label: refused ? `${code} for ${uri}` : "the path behind the script is gone here",
        related: [
          { place: param.place, message: "what would pass it on" },
          ...rest.map((one) => ({
            place: headPlace(one.binding.location),
            message: `${one.binding.label}, too`,
          })),
        ],
        effect: refused
          ? `every address with a path behind the script ends as ${code}`
          : "the application never sees the path behind the script",
        help: help(host, group[0]),
        names: namesOf(binding),
      };
    }
  },
});

function* tried(host: Host): Generator<Tried> {
  for (const binding of phpBindings(host)) {
    const { block, location } = binding;
    const param = effectiveParams(block)?.params.get("PATH_INFO");
    const split = effectiveNode(block, "fastcgi_split_path_info");
    const uri = takenPath(binding);
    if (param === undefined || split.kind !== "set" || uri === null) continue;
    for (const node of childrenNamed(location, "try_files")) {
      const words = node.directive.args.map(({ text }) => text);
      const code = /^=(\d+)$/.exec(words.at(-1) ?? "")?.[1];
      if (code === undefined) continue;
      const kind = caseOf(words.slice(0, -1), param.value);
      if (kind === null) continue;
      // What an `error_page` makes a page of the application is no error.
      const answered = kind === "refused" ? isAnswered(block, code) : false;
      if (answered !== true) yield { binding, node, param, case: kind, uri, certain: answered === false };
    }
  }
}

const URI = /^\$\{?(?:uri|document_uri)\}?$/;
const SCRIPT = /^\$\{?fastcgi_script_name\}?$/;

/** A file that is looked for by other words may be there. */
function caseOf(files: readonly string[], pathInfo: string): Tried["case"] | null {
  const sought = files.filter((word) => !word.endsWith("/"));
  if (sought.length === 0 || !sought.every((word) => URI.test(word) || SCRIPT.test(word))) return null;
  if (!sought.some((word) => SCRIPT.test(word))) return pathInfo.includes("$") ? "refused" : null;
  return /\$\{?fastcgi_path_info\b/.test(pathInfo) ? "emptied" : null;
}

/** A path behind a script that the location's pattern admits; `null` where another location takes it, or may. */
function takenPath({ location, server }: Binding): string | null {
  const scripts = [
    "/index.php",
    ...namedExtensions(location)
      .flat()
      .map(({ uri }) => withoutEnd(uri, "/")),
  ];
  const [uri] = scripts
    .filter((script) => script.endsWith(".php"))
    .map((script) => `${script}/news/1`)
    .filter((path) => takes(location, path) === true);
  if (uri === undefined) return null;
  // A pattern that a template makes, or a location in a file that was not read, may take it, too.
  return server === null || chosenLocation(server, uri) === location ? uri : null;
}

/** `undefined`: it cannot be told. */
function isAnswered(block: Node, code: string): boolean | undefined {
  const pages = effectiveList(block, "error_page");
  if (pages.kind !== "set") return pages.kind === "unknown" ? undefined : false;
  return pages.nodes.some(({ directive: { args } }) => {
    // What a template fills in may be this error, or that page.
    if (args.some(({ placeholder }) => placeholder)) return true;
    const words = args.map(({ text }) => text);
    const page = words.at(-1) ?? "";
    return words.includes(code) && (words.some((word) => word.startsWith("=")) || /^@|\.php|\$/.test(page));
  });
}

function help(host: Host, { node, param, case: name, binding }: Tried): HelpDraft {
  const kept = "set $path_info $fastcgi_path_info;";
  const has = childrenNamed(binding.location, "set").some((one) => argument(one, 1) === "$fastcgi_path_info");
  const code = node.directive.args.at(-1)?.text ?? "=404";
  const checked = `try_files $fastcgi_script_name ${code};`;
  const written = replace(host, param.place, "fastcgi_param PATH_INFO $path_info;");
  if (has) return helpOf([[replace(host, headPlace(node), checked)], [remove(host, headPlace(node))]]);
  return helpOf([
    name === "refused"
      ? [replace(host, headPlace(node), kept, checked), written]
      : [addBefore(host, headPlace(node), kept), written],
  ]);
}
