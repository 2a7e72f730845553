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
import { protectScripts } from "./help.js";

interface Bypassed {
  /** The location that asks who it is. */
  readonly guarded: Node;
  readonly guard: Node;
  /** The one that takes its scripts. */
  readonly binding: Binding;
  readonly uri: string;
}

export const protectionBypassed = defineRule({
  id: "fastcgi/protection-bypassed",
  about: "host",
  cases: {
    bypassed: {
      severity: "warning",
      symptom: { when: "attack", status: 200, log: null },
      summary: "the scripts below a protected location are taken by a location without protection",
    },
  },
  docs: {
    title: "a protection that scripts get around",
    what: "Fires when a prefix location has `deny`, `auth_basic` or `auth_request`, and nginx takes the `.php` files below it with a regular expression location of the server that passes them to PHP-FPM without any of these; also when the prefix is a script (`location /xmlrpc.php`), and for a regular expression that names some `.php` files and stands behind the one that passes them on.\n\nSilent for `^~` and `=`, for a PHP location nested inside the protected one, where the PHP location has a protection of its own or from the server or looks in another directory, for names that begin with a dot and files that are no scripts, for locations that answer by themselves (`stub_status`, `proxy_pass`), where the directory is in the tree and has no script, and where the way of the request cannot be told. An application without scripts below the path has nothing to bypass there, which the files of nginx do not tell.",
    why: "nginx chooses one location for a request, and a regular expression wins over a prefix. So `location /admin/ { auth_basic … }` asks for a password for pictures and directories, and `/admin/index.php` is taken by `location ~ \\.php$`, where nobody asks. It looks protected, because the first page that one tries is often the directory.",
    instead: "Write `location ^~ /admin/`, and nest a PHP location inside it; or protect the whole server.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
      "https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html",
    ],
    twins: { bad: "bad-deny", ok: "ok-wins-over-patterns" },
  },
  proof: {
    kind: "daemons",
    requests: [{ path: "/admin/index.php" }, { path: "/xmlrpc.php" }, { path: "/secret.php" }],
    observe: { bypassed: "script-ran" },
  },
  *check(host) {
    const key = ({ guarded }: Bypassed): string => `${guarded.file.path}:${guarded.directive.start}`;
    for (const group of groupBy(bypassed(host), key)) {
      const [{ guarded, guard, binding, uri }, ...rest] = group;
      yield {
        case: "bypassed",
        message: `${headText(guarded)} has ${headText(guard)}, but ${uri} is taken by ${headText(binding.location)}, where nothing is asked`,
        at: headPlace(guarded),
        label: "counts for everything but scripts",
        related: [
          { place: headPlace(guard), message: "this protection" },
          { place: headPlace(binding.location), message: `takes ${uri}` },
          ...rest.map((one) => ({
            place: headPlace(one.binding.location),
            message: `${one.binding.label}, too`,
          })),
        ],
        effect: `whoever asks for ${uri} itself gets around ${headText(guard)}`,
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
  // Of expressions only those that name scripts: that for hidden files rightly stands behind the PHP
  // location. One for all scripts is there for what is left, and is meant to get none of the others.
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

/** Whether the script is surely run, if it is there, and whether it may be there. */
function getsAround(host: Host, guarded: Node, { block, location, server }: Binding, uri: string): boolean {
  if (isGuarded(block) || !surelyPassed(location, server, uri, true) || !sameRoot(guarded, block))
    return false;
  const { modifier, text } = matchingOf(guarded);
  return modifier !== "" || uri === text || !surelyWithoutScripts(host, guarded, text);
}
