import { groupBy, namesOf, phpBindings } from "../../src/engine/evidence.js";
import { addBefore, helpText, remove, replace } from "../../src/engine/help.js";
import { noOptions, type Rule } from "../../src/engine/rule.js";
import type { Binding, Host } from "../../src/model/host.js";
import { effectiveParams, type Param } from "../../src/model/params.js";
import { effectiveNode } from "../../src/nginx/effective.js";
import { argument, childrenNamed, headPlace, headText } from "../../src/nginx/nodes.js";
import { takes } from "../../src/nginx/passed.js";
import type { Node } from "../../src/nginx/types.js";

interface Tried {
  readonly binding: Binding;
  readonly node: Node;
  readonly param: Param;
  readonly case: "refused" | "emptied";
}

export const tryFilesPathInfo: Rule = {
  id: "fastcgi/try-files-path-info",
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
    what: "Fires when the pattern of a PHP location admits a path behind the script (`/index.php/news/1`), `fastcgi_split_path_info` and a `PATH_INFO` parameter are there to pass it on, and a `try_files` in the location makes that void: `try_files $uri =404` finds no file of that name; `try_files $fastcgi_script_name =404` finds the script and makes it the URI, so that `$fastcgi_path_info` is empty afterwards.\n\nSilent when the path is kept in a variable before (`set $path_info $fastcgi_path_info;`, as in Debian's `snippets/fastcgi-php.conf`), and for patterns that end in `\\.php$`.",
    why: "`try_files` runs before the request is passed on, and it replaces the URI by what it found. `$fastcgi_path_info` is taken from the URI when it is used, which is later. The first form answers 404 to every such address, the second sends an empty `PATH_INFO`, and the application shows its front page for all of them.",
    instead:
      "Keep the path first:\n\n    fastcgi_split_path_info ^(.+?\\.php)(/.*)$;\n    try_files $fastcgi_script_name =404;\n    set $path_info $fastcgi_path_info;\n    fastcgi_param PATH_INFO $path_info;",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_split_path_info",
    ],
    twins: { bad: "bad-emptied", ok: "ok-kept-in-a-variable" },
  },
  options: noOptions,
  proof: {
    kind: "daemons",
    requests: [{ path: "/index.php/news/1" }],
    observe: { emptied: "path-info-empty" },
  },
  *check(host) {
    const key = ({ node, case: name }: Tried): string => `${node.file.path}:${node.directive.start} ${name}`;
    for (const group of groupBy(tried(host), key)) {
      const [{ binding, node, param, case: name }, ...rest] = group;
      const refused = name === "refused";
      yield {
        case: name,
        certain: true,
        settle: null,
        message: refused
          ? `${headText(node)} finds no file for a path behind a script, although ${headText(binding.location)} takes it and PATH_INFO would pass it on`
          : `${headText(node)} makes the script the URI, so that PATH_INFO ${param.value} is always empty`,
        at: headPlace(node),
        label: refused ? "404 for /index.php/news/1" : "the path behind the script is gone here",
        link: [],
        related: [
          { place: param.place, message: "what would pass it on" },
          ...rest.map((one) => ({
            place: headPlace(one.binding.location),
            message: `${one.binding.label}, too`,
          })),
        ],
        effect: refused
          ? "every address with a path behind the script ends as 404 Not Found"
          : "the application never sees the path behind the script",
        help: help(host, group[0]),
        names: namesOf(binding),
      };
    }
  },
};

function* tried(host: Host): Generator<Tried> {
  for (const binding of phpBindings(host)) {
    const { block, location } = binding;
    const param = effectiveParams(block)?.params.get("PATH_INFO");
    const split = effectiveNode(block, "fastcgi_split_path_info");
    if (param === undefined || split.kind !== "set" || takes(location, "/index.php/news/1") !== true)
      continue;
    for (const node of childrenNamed(location, "try_files")) {
      const words = node.directive.args.map(({ text }) => text);
      const [first, last] = [words[0], words[1]];
      if (words.length !== 2 || !/^=\d+$/.test(last ?? "")) continue;
      if (first === "$uri" || first === "$document_uri") yield { binding, node, param, case: "refused" };
      else if (first === "$fastcgi_script_name" && /\$\{?fastcgi_path_info\b/.test(param.value))
        yield { binding, node, param, case: "emptied" };
    }
  }
}

function help(host: Host, { node, param, case: name, binding }: Tried): string {
  const kept = "set $path_info $fastcgi_path_info;";
  const has = childrenNamed(binding.location, "set").some((one) => argument(one, 1) === "$fastcgi_path_info");
  const code = argument(node, 1) ?? "=404";
  const checked = `try_files $fastcgi_script_name ${code};`;
  const written = replace(host, param.place, "fastcgi_param PATH_INFO $path_info;");
  if (has) return helpText([[replace(host, headPlace(node), checked)], [remove(host, headPlace(node))]]);
  return helpText([
    name === "refused"
      ? [replace(host, headPlace(node), kept, checked), written]
      : [addBefore(host, headPlace(node), kept), written],
  ]);
}
