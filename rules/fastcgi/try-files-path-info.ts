import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { NOWHERE } from "../../src/evidence/meetings.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { passed, sentParam } from "../../src/evidence/scripts.js";
import { addBefore, helpOf, remove, replace } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { effectiveParams, type Param } from "../../src/model/request/fastcgi-params.js";
import { literalScripts, namedExtensions } from "../../src/nginx/location/extensions.js";
import { chosenLocation, takes } from "../../src/nginx/location/passed.js";
import { effectiveList, effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, childrenNamed, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { withoutEnd } from "../../src/source/ends.js";
import { markdown } from "../../src/source/markdown.js";

interface Tried {
  readonly binding: Binding;
  readonly node: Node;
  readonly param: Param;
  readonly case: "refused" | "emptied";
  /** An address with a path after a script, which the location takes. */
  readonly uri: string;
  /** `false`: a part that was not read may have an `error_page` that answers the 404 with a page. */
  readonly certain: boolean;
  /** Whether `fastcgi_split_path_info` is there; without it nothing else takes the path off. */
  readonly split: boolean;
}

export const tryFilesPathInfo = defineRule({
  id: "fastcgi/try-files-path-info",
  about: "site",
  alike: true,
  cases: {
    refused: {
      severity: "warning",
      symptom: { when: "always", status: 404, log: null },
      summary: "try_files refuses every path after a script, although the location takes it and passes it on",
    },
    emptied: {
      severity: "warning",
      symptom: { when: "always", status: 200, log: null },
      summary: "try_files empties $fastcgi_path_info before it is passed on",
    },
  },
  docs: {
    title: "a try_files that defeats PATH_INFO",
    fires: [
      markdown`
        the pattern of a PHP location allows a path after the script (\`/index.php/news/1\`),
        \`fastcgi_split_path_info\` and a \`PATH_INFO\` parameter are there to pass it on, and
        \`try_files $uri =404\` in the location finds no file of that name
      `,
      markdown`
        the same without \`fastcgi_split_path_info\` (info): then \`$fastcgi_script_name\` also has the path
      `,
      markdown`
        likewise with \`try_files $fastcgi_script_name =404\`, which finds the script and makes it the
        URI, so that \`$fastcgi_path_info\` is empty afterwards
      `,
      markdown`
        likewise with a script that is named in front of the last argument, as in
        \`try_files $uri /index.php$is_args$args =404\`: it is found in the place of \`/index.php/news/1\`
      `,
    ],
    silent: [
      markdown`
        the path is saved in a variable first (\`set $path_info $fastcgi_path_info;\`, as in Debian's
        \`snippets/fastcgi-php.conf\`)
      `,
      "the pattern ends in `\\.php$`",
      "another location takes such an address, or may take it",
      markdown`
        only a script that the pattern names takes a path, as in \`\.php$|^/update.php\`, and it is found:
        such a script reads REQUEST_URI
      `,
      "an `error_page` answers the 404 with a page",
    ],
    why: markdown`
      \`try_files\` runs before the request is passed on, and it replaces the URI with what it found.
      \`$fastcgi_path_info\` is taken from the URI when it is used, which is later. The first form answers
      404 to every such address. The second sends an empty \`PATH_INFO\`, and the application shows its
      front page for all of them.
    `,
    instead: markdown`
      Save the path first:

      \`\`\`nginx
      fastcgi_split_path_info ^(.+?\.php)(/.*)$;
      try_files $fastcgi_script_name =404;
      set $path_info $fastcgi_path_info;
      fastcgi_param PATH_INFO $path_info;
      \`\`\`
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_split_path_info",
    ],
    twins: { bad: "bad-emptied", ok: "ok-kept-in-a-variable" },
  },
  asksDisk: true,
  proof: {
    kind: "daemons",
    requests: [{ path: "/index.php/news/1" }],
    observe: { emptied: "path-info-empty" },
  },
  find: tried,
  cause: ({ node, case: name }) => `${node.file.path}:${node.directive.start} ${name}`,
  report([first, ...others], host) {
    const { binding, node, param, case: name, uri, certain, split } = first;
    const head = headText(node);
    const code = head.slice(withoutEnd(head, "0123456789").length);
    const refused = name === "refused";
    const taker = headText(binding.location);
    return {
      case: name,
      settle: !certain
        ? "Whether an error_page further out answers this error with a page is in files that were not read."
        : split
          ? null
          : "Whether the site has addresses with a path after the script is not in the configuration.",
      message: refused
        ? `${head} finds no file for a path after a script, although ${taker} takes it and PATH_INFO ${split ? "would pass it on" : "is meant for it"}`
        : `${head} makes the script the URI, so PATH_INFO ${param.value} is always empty`,
      at: headPlace(node),
      label: refused ? `${code} for ${uri}` : "the path after the script is lost here",
      related: [
        { place: param.place, message: split ? "this would pass it on" : "this is meant to pass it on" },
        ...others.map((one) => ({
          place: headPlace(one.binding.location),
          message: `also ${one.binding.label}`,
        })),
      ],
      effect: refused
        ? `every address with a path after the script ends as ${code}`
        : "the application never sees the path after the script",
      help: help(host, first),
      names: namesOf(binding),
    };
  },
});

function* tried(binding: Binding, host: Host): Generator<Tried> {
  if (binding.serves !== "php") return;
  const { block, location } = binding;
  const param = effectiveParams(block)?.params.get("PATH_INFO");
  const split = effectiveNode(block, "fastcgi_split_path_info");
  const uri = takenPath(binding);
  if (param === undefined || split.kind === "unknown") return;
  if (split.kind === "set") yield* scriptFound(binding, host, param);
  if (uri === null) return;
  for (const node of childrenNamed(location, "try_files")) {
    const words = node.directive.args.map(({ text }) => text);
    const code = /^=(\d+)$/.exec(words.at(-1) ?? "")?.[1];
    if (code === undefined) continue;
    const kind = caseOf(words.slice(0, -1), param.value, split.kind === "set");
    if (kind === null) continue;
    // A script that the pattern names beside `\.php$` gets its path from REQUEST_URI, as in Drupal's recipe.
    if (kind === "emptied" && literalScripts(location).some((script) => uri.startsWith(`${script}/`)))
      continue;
    // An error that an `error_page` hands to the application is not an error to the client.
    const answered = kind === "refused" ? isAnswered(block, code) : false;
    if (answered !== true)
      yield {
        binding,
        node,
        param,
        case: kind,
        uri,
        certain: answered === false,
        split: split.kind === "set",
      };
  }
}

/** A `try_files` that finds a script it names, where the URI is that script and a path after it. */
function* scriptFound(binding: Binding, host: Host, param: Param): Generator<Tried> {
  const { location, server, pass } = binding;
  if (server === null || !PATH_INFO.test(param.value)) return;
  for (const node of childrenNamed(location, "try_files")) {
    const scripts = node.directive.args.slice(0, -1).flatMap(({ text }) => {
      const [, script] = /^(\/[\w./-]+\.php)(?:\$\{?(?:is_args|args|query_string)\}?)*$/.exec(text) ?? [];
      return script === undefined || literalScripts(location).includes(script) ? [] : [script];
    });
    for (const script of scripts.slice(0, 1)) {
      const found = passed(host, server, `${script}/${NOWHERE}/1`);
      const emptied = found.every(
        ({ outcome, way }) =>
          outcome.pass === pass &&
          sentParam(outcome, "PATH_INFO") === "" &&
          way.steps.some((one) => one.kind === "try-files" && one.node === node && one.answer === "found"),
      );
      if (found.length > 0 && emptied)
        yield { binding, node, param, case: "emptied", uri: `${script}/news/1`, certain: true, split: true };
    }
  }
}

const PATH_INFO = /\$\{?fastcgi_path_info\b/;
const URI = /^\$\{?(?:uri|document_uri)\}?$/;
const SCRIPT = /^\$\{?fastcgi_script_name\}?$/;

/** `null`: neither; a file that is looked for by other words may exist. */
function caseOf(files: readonly string[], pathInfo: string, split: boolean): Tried["case"] | null {
  const sought = files.filter((word) => !word.endsWith("/"));
  if (sought.length === 0 || !sought.every((word) => URI.test(word) || SCRIPT.test(word))) return null;
  if (!split || !sought.some((word) => SCRIPT.test(word))) return pathInfo.includes("$") ? "refused" : null;
  return PATH_INFO.test(pathInfo) ? "emptied" : null;
}

/**
 * A path after a script that the location's pattern allows; `null`: none, or another location takes it or
 * may.
 */
function takenPath({ location, server }: Binding): string | null {
  const scripts = [
    "/index.php",
    ...literalScripts(location),
    ...namedExtensions(location)
      .flat()
      .map(({ uri }) => withoutEnd(uri, "/")),
  ];
  const [uri] = scripts
    .filter((script) => script.endsWith(".php"))
    .map((script) => `${script}/news/1`)
    .filter((path) => takes(location, path) === true);
  if (uri === undefined) return null;
  // A pattern that a template makes, or a location in a file that was not read, may also take it.
  return server === null || chosenLocation(server, uri) === location ? uri : null;
}

/** Whether an `error_page` answers the error with a page; `undefined`: unknown. */
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

function help(host: Host, { node, param, case: name, binding, split }: Tried): HelpDraft {
  const kept = "set $path_info $fastcgi_path_info;";
  const has = childrenNamed(binding.location, "set").some((one) => argument(one, 1) === "$fastcgi_path_info");
  const code = node.directive.args.at(-1)?.text ?? "=404";
  const checked = `try_files $fastcgi_script_name ${code};`;
  const written = replace(host, param.place, "fastcgi_param PATH_INFO $path_info;");
  if (!split) {
    const off = String.raw`fastcgi_split_path_info ^(.+?\.php)(/.*)$;`;
    return helpOf([
      [replace(host, headPlace(node), off, ...(has ? [] : [kept]), checked), ...(has ? [] : [written])],
    ]);
  }
  if (has && name === "emptied") return helpOf([[written]]);
  if (has) return helpOf([[replace(host, headPlace(node), checked)], [remove(host, headPlace(node))]]);
  return helpOf([
    name === "refused"
      ? [replace(host, headPlace(node), kept, checked), written]
      : [addBefore(host, headPlace(node), kept), written],
  ]);
}
