import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Edit, HelpDraft } from "../../src/engine/help.js";
import { helpOf, remove, replace } from "../../src/help/edit.js";
import { MOST } from "../../src/help/locations.js";
import type { Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import { httpFact } from "../../src/nginx/facts/directives.js";
import { hasOwnEffect, namesakeFor } from "../../src/nginx/facts/passing.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { childrenNamed, descendants, enclosing, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { grouped, unique } from "../../src/source/collect.js";
import { oncePerPlace, type Place, placeKey, samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "no-pass" | "overridden";

/** One block, and those of its settings for FastCGI that no `fastcgi_pass` uses. */
interface Unused {
  readonly case: Case;
  readonly block: Node;
  readonly settings: readonly [Node, ...Node[]];
}

const LOG = "upstream timed out (110: Connection timed out) while reading response header from upstream";
const slow = { when: "slow-request", status: 504, log: LOG } as const;

export const unusedSetting = defineRule({
  id: "fastcgi/unused-setting",
  about: "host",
  alike: true,
  cases: {
    "no-pass": {
      severity: "info",
      symptom: slow,
      summary: "fastcgi_read_timeout and the like in a block without a fastcgi_pass",
    },
    overridden: {
      severity: "info",
      symptom: slow,
      summary: "fastcgi_read_timeout and the like that each fastcgi_pass below has a line of its own for",
    },
  },
  docs: {
    title: "a setting for FastCGI that no fastcgi_pass uses",
    fires: [
      markdown`
        a location or a server sets \`fastcgi_read_timeout\` or another directive of FastCGI, and no
        \`fastcgi_pass\` is in that block or in one further in
      `,
      markdown`
        \`http\` sets one, requests are passed on with \`proxy_pass\` or the like, and there is no \`fastcgi_pass\`
        at all
      `,
      "each `fastcgi_pass` in a server or a location has a nearer line that sets the same directive",
    ],
    silent: [
      "one of the servers that include the line uses it",
      markdown`
        it is a default in \`http\` that every location overrides, or a list (\`fastcgi_param\`,
        \`fastcgi_hide_header\`) that a nearer one hides
      `,
      "a part of the block was not read, or it has a `fastcgi_…` directive of another module",
      markdown`
        the directive has an effect of its own: \`fastcgi_cache_path\` and \`fastcgi_temp_path\` make
        directories, \`fastcgi_index\` and \`fastcgi_split_path_info\` give variables a value
      `,
    ],
    why: markdown`
      A location does not pass its settings on to the location that takes the request next. With
      \`location /reports/ { fastcgi_read_timeout 300s; try_files $uri /index.php; }\` the script runs in
      \`location ~ \.php$\`, which still waits 60s. And what \`proxy_pass\` does depends on \`proxy_read_timeout\`,
      not on \`fastcgi_read_timeout\`. nginx accepts such lines without a word.
    `,
    instead: markdown`
      Write the directive where the \`fastcgi_pass\` is, or in a block around it. Next to \`proxy_pass\`, write its
      counterpart: \`proxy_read_timeout\`, \`proxy_buffer_size\`.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_read_timeout",
      "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout",
    ],
    twins: { bad: "bad-in-front", ok: "ok-with-the-pass" },
  },
  proof: { kind: "daemons", requests: [{ path: "/reports/slow.php?s=4" }] },
  asksDisk: true,
  *check(host) {
    if (host.nginx === null) return;
    const blocks = childrenNamed(host.nginx.root, "http").flatMap((http) => [http, ...blocksOf(http)]);
    for (const one of unused(host, blocks)) yield report(host, one);
  },
});

/** Blocks that may set something for FastCGI. */
function* blocksOf(http: Node): Generator<Node> {
  for (const node of descendants(http))
    if (node.directive.block !== null && (node.name === "server" || node.name === "location")) yield node;
}

/** What no `fastcgi_pass` uses, a block each. A line that several servers include is used if one of them uses it. */
function unused(host: Host, blocks: Iterable<Node>): readonly Unused[] {
  const judged = [...blocks].flatMap((block) => judge(host, block));
  const used = new Set(
    judged.flatMap(({ node, case: name }) => (name === null ? [placeKey(headPlace(node))] : [])),
  );
  const open = judged.flatMap(({ block, node, case: name }) =>
    name === null || used.has(placeKey(headPlace(node))) ? [] : [{ block, node, name }],
  );
  const groups = grouped(open.map((one) => [`${one.name} ${placeKey(headPlace(one.block))}`, one] as const));
  return [...groups.values()].flatMap((group): readonly Unused[] => {
    const [first] = group;
    if (first === undefined) return [];
    const own = group.filter(({ block }) => block === first.block).map(({ node }) => node);
    const [setting, ...others] = own;
    return setting === undefined
      ? []
      : [{ case: first.name, block: first.block, settings: [setting, ...others] }];
  });
}

/** Why a line has no effect; `null`: it has one, or that is unknown. */
interface Judged {
  readonly block: Node;
  readonly node: Node;
  readonly case: Case | null;
}

function judge(host: Host, block: Node): readonly Judged[] {
  const settings = block.children.filter(isSetting);
  if (settings.length === 0) return [];
  const all = [...descendants(block)];
  const passes = all.filter(({ name }) => name === "fastcgi_pass");
  const unclear = block.partial || all.some((node) => node.partial || isForeign(node));
  if (passes.length === 0) {
    const idle = block.name === "http" && !passesElsewhere(host, block);
    const found = unclear || idle || all.some((node) => isStock(host, node)) ? null : "no-pass";
    return settings.map((node) => ({ block, node, case: found }));
  }
  const byName = new Map(
    unique(settings.map(({ name }) => name)).map((name) => [name, overridden(block, name, passes, unclear)]),
  );
  return settings.map((node) => ({ block, node, case: byName.get(node.name) ?? null }));
}

function isSetting({ name }: Node): boolean {
  if (!name.startsWith("fastcgi_") || hasOwnEffect(name)) return false;
  const inheritance = httpFact(name)?.inheritance;
  return inheritance === "value" || inheritance === "list";
}

/** Whether its file is assumed, because packages ship one: the host's own may pass requests on. */
function isStock({ fs }: Host, { file, name }: Node): boolean {
  return name.startsWith("fastcgi_") && fs.entry(file.path).kind !== "file";
}

/** Another module's directive, such as fastcgi_cache_purge, may use what is set around it. */
function isForeign({ name }: Node): boolean {
  return name.startsWith("fastcgi_") && httpFact(name) === undefined;
}

/** Whether `http` is whole and hands requests to somebody else, so that it does not only wait for its first site. */
function passesElsewhere({ nginx, otherPasses }: Host, http: Node): boolean {
  return nginx?.hasMain === true && otherPasses.some(({ pass }) => enclosing(pass, "http") === http);
}

/** Whether every `fastcgi_pass` in the block has a nearer line. */
function overridden(block: Node, name: string, passes: readonly Node[], unclear: boolean): Case | null {
  const isList = httpFact(name)?.inheritance === "list";
  if (block.name === "http" || isList || unclear) return null;
  const isUsed = passes.some(({ parent }) => {
    const found = parent === null ? null : effectiveNode(parent, name);
    return found?.kind !== "set" || found.node.parent === block;
  });
  return isUsed ? null : "overridden";
}

function report(host: Host, { case: name, block, settings }: Unused): Draft<Case> {
  const [first] = settings;
  const [at = headPlace(first), ...others] = linesOf(block, settings);
  const names = unique(settings.map((node) => node.name));
  const [one = "", two] = names;
  const shown =
    two === undefined
      ? one
      : names.length === 2
        ? `${one} and ${two}`
        : `${one} and ${names.length - 1} other settings`;
  return {
    case: name,
    message: `${shown} in ${labelOf(block)} ${names.length === 1 ? "has" : "have"} no effect: ${whyOf(name, block)}`,
    at,
    label: samePlace(at, headPlace(first)) ? "nothing uses it" : "nothing uses what is in there",
    related: [
      ...others.map((place) => ({ place, message: "nothing uses it either" })),
      ...handlersOf(block).map((node) => ({ place: headPlace(node), message: "this is where requests go" })),
      ...(name === "overridden" ? nearer(block, first) : []).map((node) => ({
        place: headPlace(node),
        message: "this counts instead",
      })),
    ],
    effect: "nothing changes: where requests are passed on, other lines or the defaults are in effect",
    help: help(host, name, block, settings),
    names: [labelOf(block), ...names],
  };
}

function labelOf(block: Node): string {
  const server = enclosing(block, "server");
  if (server === null) return headText(block);
  return block === server ? serverLabel(server) : `${headText(block)} of ${serverLabel(server)}`;
}

function whyOf(name: Case, block: Node): string {
  if (name === "overridden") return "each fastcgi_pass there has a nearer line of its own";
  const [handler] = handlersOf(block);
  if (block.name === "http") return "there is no fastcgi_pass";
  if (handler === undefined) return "there is no fastcgi_pass in it";
  return handler.name.endsWith("_pass")
    ? `requests are passed on with ${handler.name}`
    : `with ${handler.name} the request goes on in another location`;
}

/** Who takes the requests of a location instead of a `fastcgi_pass`. */
function handlersOf(block: Node): readonly Node[] {
  if (block.name !== "location") return [];
  const pass = block.children.find(({ name }) => /^(?:proxy|uwsgi|scgi|grpc|memcached)_pass$/.test(name));
  const onward = block.children.find(({ name, directive }) => {
    const last = directive.args.at(-1)?.text ?? "";
    return name === "try_files" ? !last.startsWith("=") : name === "rewrite" && last === "last";
  });
  return [pass ?? onward].filter((node) => node !== undefined);
}

/** The lines that count instead, each once. */
function nearer(block: Node, { name }: Node): readonly Node[] {
  const found = [...descendants(block)].filter((node) => node.name === name && node.parent !== block);
  return oncePerPlace(found, headPlace);
}

function help(host: Host, name: Case, block: Node, settings: readonly Node[]): HelpDraft {
  const lines = linesOf(block, settings);
  const few = lines.length <= MOST;
  const away = few ? lines.map((place) => remove(host, place)) : null;
  const [handler] = handlersOf(block);
  const moved =
    name === "no-pass" && handler !== undefined ? inItsWords(host, block, handler, settings) : null;
  const elsewhere =
    name === "no-pass" && block.name === "location" && moved === null
      ? "or write it in the location that has the fastcgi_pass"
      : null;
  return helpOf([moved, away], few ? null : `remove these ${lines.length} lines`, elsewhere);
}

/** The same settings for the protocol that the block speaks; `null`: not all of them have a counterpart. */
function inItsWords(
  host: Host,
  block: Node,
  handler: Node,
  settings: readonly Node[],
): readonly Edit[] | null {
  const edits: Edit[] = [];
  for (const node of settings) {
    const other = namesakeFor(handler.name, node.name);
    const own = node.file === block.file && node.via.length === block.via.length;
    if (other === null || !own || childrenNamed(block, other).length > 0) return null;
    const values = node.directive.args.map((word) => node.file.text.slice(word.start, word.end));
    edits.push(replace(host, headPlace(node), `${[other, ...values].join(" ")};`));
  }
  return edits;
}

/** The lines to remove: an `include` in the place of what it brought, where it brought nothing else. */
function linesOf(block: Node, settings: readonly Node[]): readonly Place[] {
  const depth = block.via.length;
  const included = (node: Node): string => {
    const include = node.via[depth];
    return include === undefined ? "" : `${include.file.path}:${include.start}`;
  };
  const unused = new Set(settings);
  const brought = grouped(block.children.map((node) => [included(node), node] as const));
  const alone = new Set(
    [...brought].flatMap(([key, nodes]) =>
      key !== "" && nodes.every((node) => unused.has(node) || hasOwnEffect(node.name)) ? [key] : [],
    ),
  );
  const lines = settings.map((node) => {
    const include = node.via[depth];
    return include !== undefined && alone.has(included(node))
      ? { span: include, via: block.via }
      : headPlace(node);
  });
  return oncePerPlace(lines, (place) => place);
}
