import { type Draft, defineRule } from "../../../src/engine/define.js";
import { NOWHERE } from "../../../src/evidence/meetings.js";
import { phpBindings } from "../../../src/evidence/pairs.js";
import { helpOf } from "../../../src/help/edit.js";
import type { Binding, Host } from "../../../src/model/host.js";
import { serverLabel } from "../../../src/model/labels.js";
import { rootOf } from "../../../src/model/request/root.js";
import {
  isNoDirectoryOfScripts,
  sameRoot,
  surelyWithoutScripts,
} from "../../../src/model/request/site-files.js";
import { matchingOf } from "../../../src/nginx/location/extensions.js";
import { chosenLocation, mayBeAll, takes, tried } from "../../../src/nginx/location/passed.js";
import { always } from "../../../src/nginx/tree/branches.js";
import {
  argument,
  argumentPlace,
  childrenNamed,
  descendants,
  enclosing,
  everywhere,
  headPlace,
  headText,
} from "../../../src/nginx/tree/nodes.js";
import type { Node } from "../../../src/nginx/types.js";
import { groupBy } from "../../../src/source/collect.js";
import { withoutEnd } from "../../../src/source/ends.js";
import { placeKey } from "../../../src/source/file.js";
import { markdown } from "../../../src/source/markdown.js";
import { handedOut, handedReport } from "./fallback.js";
import { ownScripts, scriptReport } from "./own-script.js";

/** A location that serves scripts as files. */
interface Shown {
  readonly location: Node;
  /** The PHP location around it or next to it. */
  readonly binding: Binding;
  readonly uri: string;
}

const attack = { when: "attack", status: 200, log: null } as const;

type Case = "fallback" | "script" | "nested" | "index" | "beside";

export const sourceExposed = defineRule({
  id: "fastcgi/source-exposed",
  about: "host",
  alike: true,
  cases: {
    fallback: {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      seen: ["downloads"],
      summary: "an ordinary URL is answered with the source of a script that the files name",
    },
    script: {
      severity: "warning",
      symptom: attack,
      seen: ["downloads"],
      summary: "a location runs a script whose own URL sends its source",
    },
    nested: {
      severity: "warning",
      symptom: attack,
      seen: ["downloads"],
      summary: "a location inside a PHP location has no fastcgi_pass of its own",
    },
    index: {
      severity: "warning",
      symptom: attack,
      seen: ["downloads"],
      summary: "the index of a server is a PHP file, but no location passes it to PHP",
    },
    beside: {
      severity: "warning",
      symptom: attack,
      seen: ["downloads"],
      summary: "a ^~ location keeps its scripts away from the PHP location",
    },
  },
  docs: {
    title: "PHP source is sent as text",
    fires: [
      markdown`
        a request for a URL without a file surely ends at a script that nginx sends as a file: a \`.php\`
        that is not the last argument of \`try_files\`, or a fallback or \`rewrite\` to a script that no
        location passes to PHP (an error)
      `,
      markdown`
        a location runs a fixed script, and a request for the script's own path below the root of the server
        gets the file
      `,
      "a location nested in a PHP location takes scripts and has no `fastcgi_pass`",
      markdown`
        a server's own \`index\` names a \`.php\` file, and no location of the server passes anything on
        (info where another name comes first)
      `,
      markdown`
        a \`^~\` location is next to a PHP location (once for the host; info where its name is one for
        pictures, styles and other plain files)
      `,
    ],
    silent: [
      markdown`
        the location answers in another way (\`return\`, \`rewrite\`, \`deny\`, \`internal\`, \`try_files\`,
        any \`*_pass\`)
      `,
      "the server redirects",
      "the location is `^~ /.well-known/`, or for a single file",
      "the location is inside a path that is passed on as a whole",
      "the directory is in the tree and has no script",
      "part of the server was not read",
    ],
    why: markdown`
      \`fastcgi_pass\` is not inherited: a location inside a PHP location that only adds a header serves
      the file itself. nginx sends such a file as it is, with any passwords in it.
    `,
    instead: markdown`
      Repeat \`include fastcgi.conf;\` and \`fastcgi_pass\` in the inner location, or refuse scripts there:
      \`location ~ \.php$ { return 404; }\`.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
    ],
    twins: { bad: "bad-nested", ok: "ok-passed-inside" },
  },
  asksDisk: true,
  reads: ["directory"],
  proof: {
    kind: "daemons",
    requests: [
      { path: "/admin/index.php" },
      { path: "/" },
      { path: `/${NOWHERE}` },
      { path: `/app/${NOWHERE}` },
      { path: `/${NOWHERE}`, headers: { Authorization: `Basic ${btoa("demo:demo")}` } },
    ],
    observe: {
      fallback: "source-shown",
      script: "source-shown",
      nested: "source-shown",
      index: "source-shown",
      beside: "source-shown",
    },
  },
  *check(host) {
    const open = [...handedOut(host)];
    for (const group of groupBy(open, ({ at }) => placeKey(at))) yield handedReport(host, group);
    for (const group of groupBy(ownScripts(host), ({ param }) => placeKey(param.place)))
      yield scriptReport(group);
    const place = ({ location }: Shown): string => `${location.file.path}:${location.directive.start}`;
    for (const group of groupBy(nested(host), place)) yield nestedReport(group[0]);
    // One cause, one finding.
    yield* unpassed(host, new Set(open.map(({ server }) => server)));
    // Once for the host: a snippet may bring it to every site.
    for (const group of groupBy(beside(host), ({ location }) => String(isForPlainFiles(location))))
      yield besideReport(group);
  },
});

/** Names of directories in which nobody expects a script. */
const PLAIN_FILES =
  /^(?:assets?|build|bundles?|css|dist|docs?|downloads?|files?|fonts?|icons?|images?|img|js|media|pictures?|public|resources?|scripts|skins?|static|styles?|stylesheets|themes?|thumbs?|thumbnails|uploads?|vendor|webfonts|\.well-known)$/i;

function isForPlainFiles(location: Node): boolean {
  const path = argument(location, 1) ?? "";
  return path.split("/").some((part) => PLAIN_FILES.test(part));
}

const OTHERWISE =
  /_pass$|_by_lua|^(?:return|rewrite|internal|try_files|js_content|perl|empty_gif|stub_status|autoindex|dav_methods|error_page)$/;

/** Whether a location does nothing but serve files, apart from what `allowed` names. */
function servesFiles(location: Node, allowed: readonly string[] = []): boolean {
  if (location.partial || !always(location)) return false;
  return [...descendants(location)].every(
    (node) =>
      (!OTHERWISE.test(node.name) || allowed.includes(node.name)) &&
      !(node.name === "deny" && mayBeAll(node)) &&
      node.name !== "if",
  );
}

function* nested(host: Host): Generator<Shown> {
  for (const binding of phpBindings(host)) {
    const { location, server } = binding;
    // Inside a path that is passed to an application as a whole, a location is for its static files.
    if (server === null || !matchingOf(location).modifier.startsWith("~")) continue;
    for (const inner of childrenNamed(location, "location")) {
      const uri = samples(inner).find(
        (one) => chosenLocation(server, one) === inner && takes(location, one) === true,
      );
      if (uri !== undefined && servesFiles(inner)) yield { location: inner, binding, uri };
    }
  }
}

/** URIs of scripts that a location may be meant for, made from its own words. */
function samples(location: Node): readonly string[] {
  const [first = "", second] = location.directive.args.map(({ text }) => text);
  const text = second ?? first;
  const literal = text
    .replace(/^\^/, "")
    .replace(/\$$/, "")
    .replace(/\((?:\?:)?([^|()]*)(?:\|[^()]*)?\)/g, "$1")
    .replace(/\\(.)/g, "$1");
  const start = /^\^?(\/[\w./-]*)/.exec(text.replace(/\\/g, ""))?.[1] ?? "/";
  const below = `${start.replace(/\/$/, "")}/index.php`;
  const around = directoryAround(location);
  return [literal, below, `${start}index.php`]
    .flatMap((uri) => (around === "" ? [uri] : [uri, around + uri]))
    .filter((uri) => /^\/.*\.ph\w+$/.test(uri));
}

/** The path of the nearest prefix location around, without the slash at its end; empty: there is none. */
function directoryAround(location: Node): string {
  const outer = location.parent?.name === "location" ? location.parent : null;
  if (outer === null) return "";
  const { modifier, text } = matchingOf(outer);
  return modifier.startsWith("~") ? directoryAround(outer) : withoutEnd(text, "/");
}

function nestedReport({ location, binding, uri }: Shown): Draft<Case> {
  return {
    case: "nested",
    message: `${headText(location)} inside ${binding.label} has no fastcgi_pass, so nginx sends ${uri} as text`,
    at: headPlace(location),
    label: "fastcgi_pass is not inherited",
    related: [{ place: headPlace(binding.pass), message: "does not apply in the nested location" }],
    effect: "anyone can read the source of these scripts, passwords included",
    help: helpOf([], `repeat "${headText(binding.pass)};" and its parameters in ${headText(location)}`),
    names: [binding.label, headText(location)],
  };
}

function* unpassed(host: Host, told: ReadonlySet<Node>): Generator<Draft<Case>> {
  const { nginx } = host;
  for (const server of nginx === null ? [] : everywhere(nginx.root, "server")) {
    if (enclosing(server, "http") === null || server.partial) continue;
    if (told.has(server)) continue;
    const index = childrenNamed(server, "index").find(({ directive }) =>
      directive.args.some(({ text }) => /\.php$/.test(text)),
    );
    if (index === undefined || !always(index) || rootOf(server).node === null) continue;
    const inside = [...descendants(server)];
    if (inside.some(({ name, partial }) => partial || /_pass$|_by_lua|^js_|^perl/.test(name))) continue;
    if (inside.some((node) => /^(?:return|rewrite)$/.test(node.name))) continue;
    const word = index.directive.args.findIndex(({ text }) => /\.php$/.test(text));
    const name = argument(index, word) ?? "index.php";
    const chosen = chosenLocation(server, `/${name}`);
    if (chosen === undefined || isClosed(server) || !tried(chosen ?? server, true)) continue;
    if ((chosen !== null && !servesFiles(chosen, ["try_files"])) || surelyWithoutScripts(host, server, ""))
      continue;
    // Many servers of plain files have it from a sample, after the pages that they really use.
    const first = word === 0;
    yield {
      settle: first ? null : `Whether there is a ${name} in the root would settle it.`,
      case: "index",
      message: `the index of ${serverLabel(server)} is ${name}, but no location of the server passes it to PHP`,
      at: argumentPlace(index, word),
      label: "sent as text if it exists",
      related: [{ place: headPlace(server), message: "no fastcgi_pass in this server" }],
      effect: `anyone can read the source of ${name}, passwords included`,
      help: helpOf(
        [],
        "add a location that passes scripts to PHP-FPM, or refuse them: location ~ \\.php$ { return 404; }",
      ),
      names: [serverLabel(server), name],
    };
  }
}

function isClosed(server: Node): boolean {
  return childrenNamed(server, "deny").some(mayBeAll);
}

function* beside(host: Host): Generator<Shown> {
  const seen = new Set<Node>();
  for (const binding of phpBindings(host)) {
    const { server, location } = binding;
    if (server === null || seen.has(server) || !/^~/.test(argument(location, 0) ?? "")) continue;
    seen.add(server);
    for (const one of childrenNamed(server, "location")) {
      const path = argument(one, 1) ?? "";
      if (argument(one, 0) !== "^~" || isNoDirectoryOfScripts(path) || !servesFiles(one)) continue;
      if (surelyWithoutScripts(host, one, path) || !sameRoot(one, location)) continue;
      if (childrenNamed(one, "location").length > 0 || childrenNamed(one, "deny").length > 0) continue;
      const uri = `${path.replace(/\/$/, "")}/index.php`;
      if (takes(location, uri) === true && chosenLocation(server, uri) === one)
        yield { location: one, binding, uri };
    }
  }
}

function labelOf({ binding: { server } }: Shown): string {
  return server === null ? "another server" : serverLabel(server);
}

function besideReport([first, ...rest]: readonly [Shown, ...Shown[]]): Draft<Case> {
  const { location, binding, uri } = first;
  const count = rest.length === 1 ? "1 more location" : `${rest.length} more locations`;
  const more = rest.length === 0 ? "" : `; the same goes for ${count}`;
  return {
    case: "beside",
    settle: isForPlainFiles(location)
      ? `Whether there is a script below ${argument(location, 1) ?? ""} would settle it.`
      : null,
    message: `${headText(location)} keeps ${uri} away from ${binding.label}, so nginx would send it as text${more}`,
    at: headPlace(location),
    label: "serves everything as files, including scripts",
    related: [
      { place: headPlace(binding.location), message: "would have run it" },
      ...rest.map((one) => ({
        place: headPlace(one.location),
        message: `also ${one.uri} of ${labelOf(one)}`,
      })),
    ],
    effect: "of a script below this path the source is sent, passwords included",
    help: helpOf([], "refuse scripts there: put location ~ \\.php$ { return 404; } inside it"),
    names: [binding.label, "^~"],
  };
}
