import { defineRule } from "../../../src/engine/define.js";
import { namesOf } from "../../../src/evidence/pairs.js";
import type { Binding, Host } from "../../../src/model/host.js";
import { isGuarded, letsEverybodyIn, ownGuards } from "../../../src/model/request/access.js";
import {
  answersOtherwise,
  isNoDirectoryOfScripts,
  sameRoot,
  surelyWithoutScripts,
} from "../../../src/model/request/site-files.js";
import { matchingOf, namedExtensions } from "../../../src/nginx/location/extensions.js";
import { chosenLocation, surelyPassed, takes } from "../../../src/nginx/location/passed.js";
import { always } from "../../../src/nginx/tree/branches.js";
import { childrenNamed, headPlace, headText } from "../../../src/nginx/tree/nodes.js";
import type { Node } from "../../../src/nginx/types.js";
import { groupBy } from "../../../src/source/collect.js";
import { markdown } from "../../../src/source/markdown.js";
import { protectScripts } from "./help.js";

interface Bypassed {
  /** The location that checks who the client is. */
  readonly guarded: Node;
  readonly guard: Node;
  /** The one that takes its scripts. */
  readonly binding: Binding;
  readonly uri: string;
}

export const protectionBypassed = defineRule({
  id: "fastcgi/protection-bypassed",
  about: "host",
  alike: true,
  cases: {
    bypassed: {
      severity: "warning",
      symptom: { when: "attack", status: 200, log: null },
      summary: "scripts below a protected location are taken by a location without protection",
    },
  },
  docs: {
    title: "protection that does not cover scripts",
    fires: [
      markdown`
        a prefix location has \`deny\`, \`auth_basic\` or \`auth_request\`, and the \`.php\` files below it
        are taken by a regular expression location of the server that passes them to PHP-FPM without any
        of these
      `,
      "the same, where the prefix is itself a script (`location /xmlrpc.php`)",
      markdown`
        the same, where the protected location is a regular expression that names certain \`.php\` files
        and comes after the one that passes them on
      `,
    ],
    silent: [
      "the protected location uses `^~` or `=`",
      "the PHP location is nested inside the protected one",
      markdown`
        the PHP location has protection of its own or from the server, or looks in another directory
      `,
      "the path has a name that begins with a dot, or is a file that is not a script",
      "the protected location answers by itself (`stub_status`, `proxy_pass`)",
      "the directory is in the tree and has no script",
      "the path of the request through nginx is unclear",
    ],
    what: markdown`
      An application without scripts below the path has nothing to bypass there; the nginx files do not
      show that.
    `,
    why: markdown`
      nginx chooses one location for a request, and a regular expression wins over a prefix. So
      \`location /admin/ { auth_basic … }\` asks for a password for pictures and directories, while
      \`/admin/index.php\` is taken by \`location ~ \.php$\`, which asks for nothing. It looks protected
      because the first page that people try is often the directory.
    `,
    instead: "Write `location ^~ /admin/` and nest a PHP location inside it, or protect the whole server.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
      "https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html",
    ],
    twins: { bad: "bad-deny", ok: "ok-wins-over-patterns" },
  },
  asksDisk: true,
  proof: {
    kind: "daemons",
    requests: [{ path: "/admin/index.php" }, { path: "/xmlrpc.php" }, { path: "/secret.php" }],
    observe: { bypassed: "script-ran" },
  },
  *check(host) {
    const key = ({ guarded }: Bypassed): string => `${guarded.file.path}:${guarded.directive.start}`;
    for (const group of groupBy(bypassed(host), key)) {
      const [{ guarded, guard, binding, uri }, ...rest] = group;
      const taker = headText(binding.location);
      yield {
        case: "bypassed",
        message: `${headText(guarded)} has ${headText(guard)}, but ${uri} is taken by ${taker}, which has no protection`,
        at: headPlace(guarded),
        label: "applies to everything except scripts",
        related: [
          { place: headPlace(guard), message: "this protection" },
          { place: headPlace(binding.location), message: `takes ${uri}` },
          ...rest.map((one) => ({
            place: headPlace(one.binding.location),
            message: `also ${one.binding.label}`,
          })),
        ],
        effect: `anyone who requests ${uri} directly gets around ${headText(guard)}`,
        help: protectScripts(host, guarded, binding.location),
        names: [...namesOf(binding), headText(guarded)],
      };
    }
  },
});

function* bypassed(host: Host): Generator<Bypassed> {
  const servers = new Map<Node, Binding[]>();
  for (const binding of host.bindings)
    if (binding.serves === "php" && binding.server !== null && binding.block === binding.location)
      servers.set(binding.server, [...(servers.get(binding.server) ?? []), binding]);
  for (const [server, bindings] of servers) {
    for (const guarded of childrenNamed(server, "location")) {
      const [guard] = ownGuards(guarded);
      if (guard === undefined || !always(guard) || !always(guarded) || letsEverybodyIn(guarded)) continue;
      for (const uri of scriptsOf(guarded)) {
        const chosen = chosenLocation(server, uri);
        const binding = bindings.find(({ location }) => location === chosen);
        if (binding === undefined || chosen === guarded || !getsAround(host, guarded, binding, uri)) continue;
        yield { guarded, guard, binding, uri };
        break;
      }
    }
  }
}

/** URIs of scripts that a location seems to protect. */
function scriptsOf(guarded: Node): readonly string[] {
  const { modifier, text } = matchingOf(guarded);
  if (guarded.directive.args.some(({ placeholder }) => placeholder)) return [];
  // Of regular expressions only those that name certain scripts: the one for hidden files is rightly after
  // the PHP location, and one for all scripts is meant for those that nothing before it takes.
  if (modifier.startsWith("~")) {
    if (takes(guarded, "/index.php") !== false) return [];
    return namedExtensions(guarded)
      .flat()
      .flatMap(({ extension, uri }) => (extension === ".php" ? [uri] : []));
  }
  if (modifier !== "" || !text.startsWith("/") || isNoDirectoryOfScripts(text)) return [];
  if (text.endsWith(".php")) return [text];
  return answersOtherwise(guarded) && text !== "/" ? [] : [`${text.replace(/\/$/, "")}/index.php`];
}

/** Whether the script would surely run if it exists, and may exist. */
function getsAround(host: Host, guarded: Node, { block, location, server }: Binding, uri: string): boolean {
  if (isGuarded(block) || !surelyPassed(location, server, uri, true) || !sameRoot(guarded, block))
    return false;
  const { modifier, text } = matchingOf(guarded);
  return modifier !== "" || uri === text || !surelyWithoutScripts(host, guarded, text);
}
