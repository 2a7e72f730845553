import { defineRule } from "../../src/engine/define.js";
import { helpOf, inPlace } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import { arrives } from "../../src/model/request/arrival.js";
import { conditionOf } from "../../src/nginx/location/conditions.js";
import { chosenLocation } from "../../src/nginx/location/passed.js";
import { always } from "../../src/nginx/tree/branches.js";
import { effectiveList } from "../../src/nginx/tree/effective.js";
import {
  argument,
  argumentPlace,
  childrenNamed,
  enclosing,
  everywhere,
  headPlace,
  insideServer,
} from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy, unique } from "../../src/source/collect.js";
import { type Place, samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { perKey } from "../../src/source/memo.js";
import { nearest } from "../../src/source/spelling.js";

interface Missing {
  readonly server: Node;
  readonly node: Node;
  readonly name: string;
  readonly place: Place;
}

/** A URI that no location names. */
const ANYTHING = "/nothing-here";

export const missingNamedLocation = defineRule({
  id: "fastcgi/missing-named-location",
  about: "host",
  alike: true,
  cases: {
    missing: {
      severity: "error",
      symptom: { when: "always", status: 500, log: "could not find named location" },
      summary: "try_files or error_page leads to an @name that does not exist in the server",
    },
  },
  docs: {
    title: "a named location that does not exist",
    fires: [
      markdown`
        the last argument of a \`try_files\` or an \`error_page\` is an \`@name\`, and the server has no
        \`location @name\`
      `,
    ],
    silent: [
      "an `if (!-e $request_filename)` in the same block takes all requests for files that are not there",
      "part of the server was not read",
      "the name has a variable in it",
      "it is in a location that no request gets through to",
      "the `try_files` is on the server, next to a `location /`, which takes every request",
      "the server redirects everything",
    ],
    what: "Each server is checked by itself: a snippet may be right in one server and wrong in another.",
    why: markdown`
      nginx looks for a named location only while it handles a request. If there is none, it logs
      \`could not find named location\` and answers \`500 Internal Server Error\`: with \`try_files\` for
      everything that is not a file, so for every page of an application; with \`error_page\` instead of
      the error. \`nginx -t\` accepts both.
    `,
    instead: markdown`
      Add \`location @name { … }\` to the same server, next to its other locations: it cannot be inside
      another location.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page",
    ],
    twins: { bad: "bad-try-files", ok: "ok-there" },
  },
  proof: { kind: "daemons", requests: [{ path: "/nothing-here" }] },
  *check(host) {
    const key = ({ place: { span }, name }: Missing): string => `${span.file.path}:${span.start} ${name}`;
    for (const group of groupBy(missing(host), key)) {
      const [{ server, node, name, place }] = group;
      const names = namedLocations(server);
      const label = serverLabel(server);
      const meant = nearest(name, names);
      const hint = meant === null ? "" : `; did you mean ${meant}?`;
      const others = unique(group.slice(1).map((one) => one.server));
      yield {
        case: "missing",
        message: `${node.name} leads to ${name}, but ${label} has no location with that name${hint}`,
        at: place,
        label: "no such location in this server",
        related: [
          ...(samePlace(headPlace(server), place)
            ? []
            : [{ place: headPlace(server), message: "this server" }]),
          ...others.map((other) => ({ place: headPlace(other), message: "and this one" })),
        ],
        effect:
          node.name === "try_files"
            ? "every request for something that is not a file ends as 500 Internal Server Error"
            : "a request that would get this error ends as 500 Internal Server Error",
        help: helpOf([[inPlace(`the block of ${label}`, `location ${name} {`, "}")]]),
        names: [label, name],
      };
    }
  },
});

/** One list for a server, whatever the number of names that it lacks. */
const namedLocations = perKey((server: Node): readonly string[] =>
  childrenNamed(server, "location").flatMap((one) => {
    const name = argument(one, 0) ?? "";
    return name.startsWith("@") ? [name] : [];
  }),
);

function* missing({ nginx }: Host): Generator<Missing> {
  for (const server of nginx === null ? [] : everywhere(nginx.root, "server")) {
    if (enclosing(server, "http") === null || server.directive.block === null) continue;
    const all = [...insideServer(server, "try_files"), ...insideServer(server, "error_page")];
    const open = server.partial || childrenNamed(server, "location").some((one) => !always(one));
    const written = childrenNamed(server, "location").some(({ directive }) => directive.args[0]?.placeholder);
    // A server that sends every request elsewhere meets no error and looks for no file.
    if (open || written || childrenNamed(server, "return").some(always)) continue;
    const names = new Set(namedLocations(server));
    for (const node of [...inherited(server), ...all]) {
      const index = node.directive.args.length - 1;
      const word = node.directive.args[index];
      if (word === undefined || word.placeholder) continue;
      if (!/^@[^$]+$/.test(word.text) || names.has(word.text) || !always(node)) continue;
      const block = node.parent;
      if (block !== null && block.name === "location" && !arrives(block)) continue;
      if (node.name === "error_page" && block !== null && !countsAnywhere(server, node)) continue;
      // The server's own try_files is for requests that no location takes, and `location /` takes them all.
      if (block === server && node.name === "try_files" && chosenLocation(server, ANYTHING) !== null)
        continue;
      if (node.name === "try_files" && block !== null && catchesMissing(block)) continue;
      yield { server, node, name: word.text, place: argumentPlace(node, index) };
    }
  }
}

/**
 * Whether an `if` takes every request for a file that is not there: nginx does not pass `try_files` down to it. One
 * whose condition a template fills in may.
 */
function catchesMissing(block: Node): boolean {
  return childrenNamed(block, "if").some((one) => {
    if (one.directive.args.some(({ placeholder }) => placeholder)) return true;
    const condition = conditionOf(one);
    return (
      condition.kind === "file" &&
      condition.negative &&
      (condition.test === "e" || condition.test === "f") &&
      /^\$(?:request_filename|document_root\$(?:uri|document_uri))$/.test(condition.value)
    );
  });
}

/** Whether an `error_page` is in effect in a location, or on the server where no location takes a request. */
function countsAnywhere(server: Node, page: Node): boolean {
  const locations = [...insideServer(server, "location"), ...insideServer(server, "if")];
  const blocks = chosenLocation(server, ANYTHING) === null ? [server, ...locations] : locations;
  return blocks.some((block) => {
    const pages = effectiveList(block, "error_page");
    return pages.kind === "set" && pages.nodes.includes(page);
  });
}

/** The `error_page` lines that the server inherits from `http` because it has none itself. */
function inherited(server: Node): readonly Node[] {
  const pages = effectiveList(server, "error_page");
  return pages.kind === "set" && pages.level !== server ? pages.nodes : [];
}
