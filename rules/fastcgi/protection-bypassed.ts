import { groupBy, namesOf } from "../../src/engine/evidence.js";
import { helpText, replacePiece } from "../../src/engine/help.js";
import { noOptions, type Rule } from "../../src/engine/rule.js";
import { isGuarded, ownGuards } from "../../src/model/access.js";
import type { Binding, Host } from "../../src/model/host.js";
import { always } from "../../src/nginx/branches.js";
import { argument, childrenNamed, headPlace, headText } from "../../src/nginx/nodes.js";
import { chosenLocation } from "../../src/nginx/passed.js";
import type { Node } from "../../src/nginx/types.js";

interface Bypassed {
  /** The location that asks who it is. */
  readonly guarded: Node;
  readonly guard: Node;
  /** The one that takes its scripts. */
  readonly binding: Binding;
  readonly uri: string;
}

export const protectionBypassed: Rule = {
  id: "fastcgi/protection-bypassed",
  cases: {
    bypassed: {
      severity: "warning",
      symptom: { when: "attack", status: 200, log: null },
      summary: "the scripts below a protected location are taken by a location without protection",
    },
  },
  docs: {
    title: "a protection that scripts get around",
    what: "Fires when a prefix location has `deny`, `auth_basic` or `auth_request`, and nginx takes the `.php` files below it with a regular expression location of the server that passes them to PHP-FPM without any of these.\n\nSilent for `^~`, for a PHP location nested inside the protected one, where the PHP location has a protection of its own or from the server, for names that begin with a dot, and where the choice of the location cannot be told.",
    why: "nginx chooses one location for a request, and a regular expression wins over a prefix. So `location /admin/ { auth_basic … }` asks for a password for pictures and directories, and `/admin/index.php` is taken by `location ~ \\.php$`, where nobody asks. It looks protected, because the first page that one tries is often the directory.",
    instead: "Write `location ^~ /admin/`, and nest a PHP location inside it; or protect the whole server.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
      "https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html",
    ],
    twins: { bad: "bad-deny", ok: "ok-wins-over-patterns" },
  },
  options: noOptions,
  proof: { kind: "daemons", requests: [{ path: "/admin/index.php" }], observe: { bypassed: "script-ran" } },
  *check(host) {
    const key = ({ guarded }: Bypassed): string => `${guarded.file.path}:${guarded.directive.start}`;
    for (const group of groupBy(bypassed(host), key)) {
      const [{ guarded, guard, binding, uri }, ...rest] = group;
      yield {
        case: "bypassed",
        certain: true,
        settle: null,
        message: `${headText(guarded)} has ${headText(guard)}, but ${uri} is taken by ${headText(binding.location)}, where nothing is asked`,
        at: headPlace(guarded),
        label: "counts for everything but scripts",
        link: [],
        related: [
          { place: headPlace(guard), message: "this protection" },
          { place: headPlace(binding.location), message: `takes ${uri}` },
          ...rest.map((one) => ({
            place: headPlace(one.binding.location),
            message: `${one.binding.label}, too`,
          })),
        ],
        effect: `whoever asks for ${uri} itself gets around ${headText(guard)}`,
        help: helpText(
          [[replacePiece(headPlace(guarded).span, `location ^~ ${argument(guarded, 0) ?? "/"}`)]],
          `and nest a location for scripts inside it, like "${headText(binding.location)}"`,
        ),
        names: [...namesOf(binding), headText(guarded)],
      };
    }
  },
};

function* bypassed(host: Host): Generator<Bypassed> {
  const servers = new Map<Node, Binding[]>();
  for (const binding of host.bindings)
    if (binding.serves === "php" && binding.server !== null)
      servers.set(binding.server, [...(servers.get(binding.server) ?? []), binding]);
  for (const [server, bindings] of servers) {
    for (const guarded of childrenNamed(server, "location")) {
      const path = argument(guarded, 0) ?? "";
      const [guard] = ownGuards(guarded);
      if (guarded.directive.args.length !== 1 || !path.startsWith("/") || /\/\.|\.\w+$/.test(path)) continue;
      if (guard === undefined || !always(guard) || guarded.directive.args[0]?.placeholder) continue;
      const uri = `${path.replace(/\/$/, "")}/index.php`;
      const chosen = chosenLocation(server, uri);
      const binding = bindings.find(({ location }) => location === chosen);
      if (binding !== undefined && chosen !== guarded && !isGuarded(binding.block))
        yield { guarded, guard, binding, uri };
    }
  }
}
