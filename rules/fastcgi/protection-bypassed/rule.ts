import { defineRule } from "../../../src/engine/define.js";
import { namesOf } from "../../../src/evidence/pairs.js";
import { sentScript } from "../../../src/help/script-filename.js";
import type { Binding, Host } from "../../../src/model/host.js";
import { isGuarded, letsEverybodyIn, ownGuards, refusesClients } from "../../../src/model/request/access.js";
import { rootOf } from "../../../src/model/request/root.js";
import { sameRoot } from "../../../src/model/request/site-files.js";
import { chosenLocation, surelyPassed } from "../../../src/nginx/location/passed.js";
import { always } from "../../../src/nginx/tree/branches.js";
import { headPlace, headText, insideServer } from "../../../src/nginx/tree/nodes.js";
import type { Node } from "../../../src/nginx/types.js";
import { groupBy } from "../../../src/source/collect.js";
import { markdown } from "../../../src/source/markdown.js";
import { protectScripts } from "./help.js";
import { hasNoScripts, scriptsOf } from "./scripts.js";

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
      markdown`
        the same, where the protection is \`return 403\`, 404 or 444, or an \`if\` that answers so to all
        clients but those with a certain address, country or certificate
      `,
      "the same, where the prefix is itself a script (`location /xmlrpc.php`)",
      markdown`
        the same, where the protected location is a regular expression that names certain \`.php\` files,
        or a directory at the top (\`^/vendor/\`), and comes after the one that passes them on
      `,
      markdown`
        the same among locations inside a location; there \`^~\` keeps off only the regular expressions
        next to it, not those of the server
      `,
    ],
    silent: [
      "the protected location uses `=`, or `^~` directly in the server or in locations with `^~`",
      "the PHP location is nested inside the protected one",
      markdown`
        the PHP location has protection of its own or from the server, or looks in another directory
      `,
      "the path has a name that begins with a dot, or is a file that is not a script",
      "the protected location answers by itself (`stub_status`, `proxy_pass`), or is a page of PageSpeed",
      markdown`
        what is returned is for \`location /\` or for a path without a slash at its end, which may be a
        page of errors
      `,
      markdown`
        an \`if\` asks for the referer or the user agent, \`limit_except\` for the method, or all that the
        location has is \`internal\`, as manuals have it for directories whose scripts do nothing
      `,
      "the directory is in the tree and has no script",
      "the path of the request through nginx is unclear, because a part of the server was not read",
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
    requests: ["/admin/index.php", "/admin/private/index.php", "/xmlrpc.php", "/secret.php"].map((path) => ({
      path,
    })),
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
        help: protectScripts(host, guarded, guard, binding.location),
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
    if (refusesClients(server)) continue;
    for (const guarded of insideServer(server, "location")) {
      const [guard] = ownGuards(guarded);
      if (guard === undefined || !always(guard) || !always(guarded) || letsEverybodyIn(guarded, "nothing"))
        continue;
      for (const uri of scriptsOf(guarded, guard)) {
        const chosen = chosenLocation(server, uri);
        const binding = bindings.find(({ location }) => location === chosen);
        if (binding === undefined || chosen === guarded) continue;
        if (!getsAround(guarded, guard, binding, uri) || hasNoScripts(host, guarded, uri)) continue;
        yield { guarded, guard, binding, uri };
        break;
      }
    }
  }
}

/** Whether the script would surely run if it exists. */
function getsAround(guarded: Node, guard: Node, binding: Binding, uri: string): boolean {
  const { block, location, server } = binding;
  if (isGuarded(block, "nothing") || !surelyPassed(location, server, uri, true)) return false;
  // What a location refuses does not count in those inside it, and they are what it lets through.
  const inherits = guard.name !== "return" && guard.name !== "if";
  if (!inherits && isInside(location, guarded)) return false;
  return sameRoot(guarded, block) && followsAlias(binding);
}

function isInside(inner: Node, outer: Node): boolean {
  for (let at: Node | null = inner; at !== null; at = at.parent) if (at === outer) return true;
  return false;
}

/** With an alias, `$document_root$fastcgi_script_name` is no script. */
function followsAlias(binding: Binding): boolean {
  return rootOf(binding.block).alias === null || sentScript(binding)?.param.value === "$request_filename";
}
