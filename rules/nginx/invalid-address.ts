import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { nginxDown } from "../../src/evidence/nginx-lines.js";
import { setting } from "../../src/fpm/pools.js";
import { helpOf, inWords, replaceWord } from "../../src/help/edit.js";
import { isGlob } from "../../src/host/glob.js";
import { nginxAddress, reaches } from "../../src/model/address/address.js";
import { listenAddress } from "../../src/model/build.js";
import type { Host } from "../../src/model/host.js";
import { readUpstreams, type Upstreams } from "../../src/model/request/upstreams.js";
import { type AddressFault, addressFault, missingPort } from "../../src/nginx/address/faults.js";
import { type AddressUse, addressUses } from "../../src/nginx/address/uses.js";
import { argument, argumentPlace, childrenNamed, enclosing, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { known } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";
import { looksFilledIn } from "../../src/source/template-names.js";

/** Case → what nginx says, and what is wrong. */
const CASES = {
  "no port": ["no port in upstream", "an address without a port where nginx has no default"],
  "may not have port": ["may not have port", "the name of an upstream followed by a port"],
  "invalid host": [
    "invalid host in",
    "a socket path without unix:, a scheme, text after the address, an unclosed bracket",
  ],
  "invalid port": [
    "invalid port in",
    "a port that is not a number from 1 to 65535, or IPv6 without brackets",
  ],
  "invalid port range": ["invalid port range in", "a range of ports that runs backwards"],
  "invalid IPv6 address": ["invalid IPv6 address in", "brackets around something other than an IPv6 address"],
  "no host": ["no host in", "an address without a host"],
  "no path in the unix domain socket": ["no path in the unix domain socket", "unix: without a path"],
  "too long path in the unix domain socket": [
    "too long path in the unix domain socket",
    "a socket path longer than 107 bytes",
  ],
  "invalid URL prefix": ["invalid URL prefix", "proxy_pass without http:// or https://"],
  "cannot have URI part": [
    '"proxy_pass" cannot have URI part in',
    "proxy_pass with a URI in a location where nginx cannot replace one",
  ],
  "host not found": ["host not found in", "neither an address nor a host name"],
} as const satisfies Record<
  AddressFault["said"] | "may not have port",
  readonly [log: string, summary: string]
>;

type Said = keyof typeof CASES;

/** `no path in the unix domain socket` → `no-path`. */
const nameOf = (said: string): string =>
  said.toLowerCase().replace(" in the unix domain socket", "").replaceAll(" ", "-");

export const invalidAddress = defineRule({
  id: "nginx/invalid-address",
  about: "host",
  alike: true,
  asksDisk: true,
  cases: Object.fromEntries(
    Object.entries(CASES).map(([said, [log, summary]]) => [
      nameOf(said),
      { severity: "error", symptom: { when: "start", status: null, log }, summary } as const,
    ]),
  ),
  docs: {
    title: "an address that nginx refuses",
    what: markdown`
      It reads the address of a \`listen\`, of a \`server\` in an \`upstream\`, and of \`fastcgi_pass\`,
      \`proxy_pass\`, \`uwsgi_pass\`, \`scgi_pass\`, \`grpc_pass\` and \`memcached_pass\`.
    `,
    fires: [
      "`fastcgi_pass` or one of its relatives has no port",
      "a port is not a valid port number",
      "a socket path lacks `unix:` or is longer than 107 bytes",
      "a scheme or a slash does not belong in the address",
      "an IPv6 address has no brackets",
      "the name of an `upstream` is followed by a port",
      markdown`
        \`proxy_pass\` has a URI and is in a location by regular expression, a named location, an
        \`if\` or a \`limit_except\`
      `,
    ],
    silent: [
      "a name has to be looked up",
      "the address has variables: nginx reads it anew for each request",
      "a template fills in the address",
      markdown`
        a name has no port, and some of the configuration is not there: the name may be an
        \`upstream\` that is not in the tree
      `,
      "a name has a port, and nothing tells that nginx reads the file with that `upstream` as well",
    ],
    why: markdown`
      nginx reads all addresses when it starts, even in locations that nobody requests. It does not
      start, and a reload keeps the old configuration. Unlike \`proxy_pass\`, \`fastcgi_pass\` takes no
      scheme and no path, and it has no default port.
    `,
    instead: markdown`
      \`fastcgi_pass unix:/run/php/site.sock;\` or \`fastcgi_pass 127.0.0.1:9000;\`, with IPv6 written as
      \`[::1]:9000\`. The name of an \`upstream\` is written alone: \`fastcgi_pass php;\`.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
      "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#listen",
      "https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server",
    ],
  },
  *check(host) {
    const root = host.nginx?.root;
    if (root === undefined) return;
    const groups = {
      http: readUpstreams(childrenNamed(root, "http")),
      stream: readUpstreams(childrenNamed(root, "stream")),
      mail: new Map<string, Node>(),
    };
    const withPort = new Set<string>();
    for (const use of addressUses(root)) {
      // What a template or an installer fills in is not an address yet: it may become any.
      if (use.node.directive.args[0]?.placeholder === true || looksFilledIn(use.text)) {
        if (use.role === "pass") mayHavePort(use, withPort);
        continue;
      }
      const group = groupOf(use, groups[use.protocol]);
      const fault = addressFault(use);
      // A pool with the same path is the cause, and socket/path-too-long shows both.
      if (fault?.said === "too long path in the unix domain socket" && isPools(host, use)) continue;
      if (fault !== null) yield report(host, use, fault.said, fault);
      else if (group !== null) yield* ported(host, use, group);
      else if (use.role !== "listen" && !joins(use, withPort)) yield* portless(host, use);
    }
  },
});

function isPools({ pools }: Host, { text }: AddressUse): boolean {
  const path = text.replace(/^unix:/i, "");
  return pools.some((pool) => known(setting(pool, "listen")) === path);
}

/**
 * nginx keeps one group for each host that a directive passes to. A later directive without a port
 * joins that group, and then needs no port.
 */
function joins({ role, protocol, address, defaultPort }: AddressUse, withPort: Set<string>): boolean {
  if (role !== "pass" || address.kind !== "inet") return false;
  const passed = `${protocol} ${address.host.toLowerCase()}`;
  if ((address.port ?? defaultPort) !== null) withPort.add(passed);
  return address.port === null && (withPort.has(passed) || withPort.has(protocol));
}

/** Where the host is written, only the port is filled in; otherwise it may be any group. */
function mayHavePort({ protocol, text }: AddressUse, withPort: Set<string>): void {
  const [, host = ""] = /^(\[[^\]$]*\]|[^:$[]+):/.exec(text) ?? [];
  if (host === "" || looksFilledIn(host)) withPort.add(protocol);
  else withPort.add(`${protocol} ${host.toLowerCase()}`);
}

/** The group that a `*_pass` names: a group wins over a host with the same name. */
function groupOf({ role, address }: AddressUse, groups: Upstreams): Node | null {
  return role === "pass" && address.kind === "inet" ? (groups.get(address.host.toLowerCase()) ?? null) : null;
}

function* ported(host: Host, use: AddressUse, group: Node): Generator<Draft> {
  const { address, node } = use;
  if (address.kind !== "inet" || address.port === null) return;
  // Nothing tells that nginx reads both.
  if (node.file !== group.file && host.aside.has(node.file.path)) return;
  const written = argument(node, 0) ?? "";
  const end = written.indexOf(address.host) + address.host.length;
  const name = argument(group, 0) ?? "";
  const wrong = `names the upstream ${name} with port ${address.port}, but an upstream's ports belong to its servers`;
  const meant = written.slice(0, end) + written.slice(end).replace(/^:\d+/, "");
  yield report(host, use, "may not have port", { wrong, meant }, [
    { place: headPlace(group), message: "the upstream with that name" },
  ]);
}

function* portless(host: Host, use: AddressUse): Generator<Draft> {
  const fault = missingPort(use);
  const { address, role } = use;
  if (fault === null || address.kind !== "inet") return;
  const sure = role === "server" || address.literal || /^\d+$/.test(address.host);
  if (!sure && !hasAllGroups(host, use)) return;
  const wrong = sure ? fault.wrong : "has no port, and there is no upstream with that name";
  yield report(host, use, fault.said, { wrong, meant: fault.meant ?? listening(host, use) });
}

/** Whether no upstream group can be in a file that is missing from the tree. */
function hasAllGroups({ nginx, whole }: Host, { node, protocol }: AddressUse): boolean {
  const block = enclosing(node, protocol);
  if (nginx === null || !nginx.hasMain || nginx.root.partial || block === null || block.partial) return false;
  // A template may give a group any name.
  if (childrenNamed(block, "upstream").some(({ directive }) => directive.args[0]?.placeholder)) return false;
  // Unless the host is whole, a directory may have fewer files than the one that is deployed.
  return whole || nginx.includes.every(({ pattern }) => !isGlob(pattern));
}

/** The address with the port of the one pool that listens there. */
function listening(host: Host, { node, text }: AddressUse): string | null {
  if (node.name !== "fastcgi_pass") return null;
  const found = host.pools.flatMap((pool) => {
    const listen = listenAddress(pool, host.fs);
    const port = listen?.kind === "tcp" ? listen.port : null;
    const target = port === null ? null : nginxAddress(`${text}:${port}`);
    return listen !== null && target !== null && reaches(target, listen) ? [`${text}:${port}`] : [];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

function report(
  host: Host,
  use: AddressUse,
  said: Said,
  { wrong, meant }: Pick<AddressFault, "wrong" | "meant">,
  related: readonly RelatedReport[] = [],
): Draft {
  const { node } = use;
  const written = argument(node, 0) ?? "";
  const shown = written === "" ? '""' : written.length > 60 ? `${written.slice(0, 57)}...` : written;
  const certain = host.nginx?.hasMain === true;
  return {
    case: nameOf(said),
    settle: certain ? null : "The main file of nginx would settle it, but it is not in the tree.",
    message: `${node.name} ${shown} ${wrong}`,
    at: argumentPlace(node, 0),
    label: `nginx stops here: ${CASES[said][0]}`,
    related,
    effect: nginxDown,
    help: help(host, use, meant),
    names: [node.name, shown],
  };
}

/** What is meant replaces the argument, which keeps its scheme and its quotes. */
function help(host: Host, { node, role, text }: AddressUse, meant: string | null): HelpDraft {
  const word = node.directive.args[0];
  if (meant === null || word === undefined) return HELP[role];
  const scheme = word.text.endsWith(text) ? word.text.slice(0, word.text.length - text.length) : "";
  const whole = meant.startsWith(scheme) ? meant : scheme + meant;
  const quote = word.quote ?? "";
  return helpOf([[replaceWord(host, argumentPlace(node, 0), quote + whole + quote)]]);
}

const HELP: Readonly<Record<AddressUse["role"], HelpDraft>> = {
  listen: inWords(
    "write a port, an address with a port, or a socket:",
    "  listen 80;",
    "  listen [::]:80;",
    "  listen unix:/run/site.sock;",
  ),
  server: inWords(
    "write an address with a port, or a socket, without a scheme or a path:",
    "  server 127.0.0.1:9000;",
    "  server unix:/run/php/site.sock;",
  ),
  pass: inWords("write an address with its port, a socket as unix:/path, or just the name of an upstream"),
};
