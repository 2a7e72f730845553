import { type Draft, defineRule } from "../../../src/engine/define.js";
import type { HelpDraft } from "../../../src/engine/help.js";
import type { RelatedReport } from "../../../src/engine/rule.js";
import { effectOfNobody, mayAnswer, membership, siblings } from "../../../src/evidence/failover.js";
import { namesOf, phpBindings } from "../../../src/evidence/pairs.js";
import { around, listenOn, ownSocket, passTo } from "../../../src/help/address.js";
import { helpOf, inWords, remove, replace } from "../../../src/help/edit.js";
import {
  compare,
  isBelowRoot,
  isSlip,
  type Nearest,
  poolsUnknown,
  refusedFor,
} from "../../../src/intent/address-slip.js";
import { leadTo, nearby, whichPool } from "../../../src/intent/help.js";
import { type Meant, meantByAll, meantPool } from "../../../src/intent/meant-pool.js";
import { isLocal, isRelative, showAddress } from "../../../src/model/address/address.js";
import type { Binding, Host, Target } from "../../../src/model/host.js";
import { nginxAnswers } from "../../../src/model/listen/nginx-points.js";
import { poolListens, statusListens } from "../../../src/model/listen/pool-listens.js";
import { headPlace } from "../../../src/nginx/tree/nodes.js";
import { groupBy } from "../../../src/source/collect.js";
import { withoutEnd } from "../../../src/source/ends.js";
import { type Place, samePlace } from "../../../src/source/file.js";
import { looksFilledIn } from "../../../src/source/template-names.js";
import { othersListen } from "./other-listeners.js";

/** One location and one address behind it on which no pool listens. */
interface Miss {
  readonly binding: Binding;
  readonly target: Target;
}

type Group = readonly [Miss, ...Miss[]];

const always = (log: string) => ({ when: "always", status: 502, log }) as const;
const start = (log: string) => ({ when: "start", status: null, log }) as const;

type Case = "no-socket" | "no-port" | "member" | "listen-port" | "listen-host";

export const listenMismatch = defineRule({
  id: "connect/listen-mismatch",
  about: "host",
  cases: {
    "no-socket": {
      severity: "error",
      symptom: always("failed (2: No such file or directory) while connecting to upstream"),
      summary: "nginx passes requests to a socket that no pool listens on",
    },
    "no-port": {
      severity: "error",
      symptom: always("failed (111: Connection refused) while connecting to upstream"),
      summary: "nginx passes requests to an address and port that no pool listens on",
    },
    member: {
      severity: "warning",
      symptom: { when: "always", status: null, log: "while connecting to upstream" },
      summary: "no pool listens behind one of several servers of an upstream",
    },
    "listen-port": {
      severity: "error",
      symptom: start("invalid port value"),
      summary: "PHP-FPM takes the listen of the pool that is meant for a host and a port, and refuses it",
    },
    "listen-host": {
      severity: "error",
      symptom: start("getaddrinfo: Name or service not known"),
      summary: "PHP-FPM takes the listen of the pool that is meant for the name of a host, and refuses it",
    },
  },
  docs: {
    title: "nginx passes requests to an address no pool listens on",
    what: "Fires when a `fastcgi_pass`, directly, through an `upstream` or through a variable whose values are in the files, names an address of this machine (a Unix socket, a loopback address, `localhost`) and no pool of the host listens there. Names the pool that is meant and how it differs: the one whose address is this one but for a slip (another PHP version, directory, ending or letter), else the one that the site uses elsewhere, that works in its directory (`chroot`, `chdir`, `open_basedir`) or is called like it by name, account or socket, else the only one that no location uses, or that there is. Where nothing decides between several, it lists them instead of one, which could be that of another site. A dead server beside living ones of the same `upstream` is a warning. Also fires when the pool that is meant has a `listen` that PHP-FPM refuses (`unix:/path`, `:9000`), and on relative sockets that can be told from the paths of pools (`unix:www.sock`, `unix:@php`): nginx looks for them below the directory that it was started in. Below `/` one may be right, which is a warning.\n\nOnly locations that something ties to PHP count: a pool that listens there, `.php` in the pattern, PHP in the name of the script, of the socket or of a file that is included. Locations that no request gets through to do not (`return`, `rewrite` of every URI, `deny all`, a second location of one pattern). Of `set` what counts is what the code of the server and of the innermost location leaves in the variable.\n\nSilent about other machines and containers, hosts without any pool, pools whose `listen` is not known, servers marked `down`, spellings of one path (`/var/run` and `/run`, `//`, links), `localhost`, bare ports, addresses where nginx itself listens, `pm.status_listen`, sockets that exist although no pool of the files made them, ports on which the live host listens, addresses that another program takes by its files (a unit of systemd with `spawn-fcgi` or `docker run`, HAProxy, stunnel), port 9000 of the official image (its `zz-docker.conf` is rarely in the tree), pools that listen on the name of a host, other relative sockets, values put together from several `map` or `if`, the empty value of a `map` without `default`, and addresses that a template fills in. Only a warning when the main file of nginx or of PHP-FPM is not in the tree.",
    why: "nginx opens a connection for each request and finds nobody: no such file (2) for a socket, connection refused (111) for a port. The client gets `502 Bad Gateway` at once. With more than one server in the `upstream`, nginx asks the next one, so that clients see nothing until that one fails, too. `nginx -t` and `php-fpm -t` both succeed, because each looks at its own half only. Debian and Ubuntu name the socket by the PHP version, so every upgrade of PHP moves it.",
    instead:
      "Write the same address on both sides: `fastcgi_pass unix:/run/php/site.sock;` in nginx and `listen = /run/php/site.sock` (without `unix:`) in the pool, or `fastcgi_pass 127.0.0.1:9000;` and `listen = 127.0.0.1:9000`.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
      "https://www.php.net/manual/en/install.fpm.configuration.php#listen",
    ],
    twins: { bad: "bad-php-version", ok: "ok-same-socket" },
  },
  *check(host) {
    if (host.nginx === null || host.pools.length === 0 || poolsUnknown(host)) return;
    const key = ({ target }: Miss): string => `${showAddress(target.address)} ${placeKey(target.place)}`;
    for (const group of groupBy(misses(host), key)) yield report(host, group);
  },
});

function* misses(host: Host): Generator<Miss> {
  for (const binding of phpBindings(host)) {
    for (const target of binding.targets) {
      if (!target.down && target.pools.length === 0 && isDead(host, target)) yield { binding, target };
    }
  }
}

function isDead(host: Host, { address, place, upstream }: Target): boolean {
  const { file, start: from, end } = place.span;
  const text = file.text.slice(from, end);
  // What a template or an installer fills in is not an address yet.
  if (!isLocal(address) || looksFilledIn(text)) return false;
  // Without a port nginx refuses it or takes 80, which is another cause.
  if (upstream !== null && address.kind === "tcp" && !/:\d+["']?$/.test(text)) return false;
  if (nginxAnswers(host, address) || statusListens(host, address)) return false;
  // Not only PHP-FPM speaks FastCGI, and a port of the machine may be that of a container.
  if (othersListen(host, address)) return false;
  if (address.kind === "unix") {
    // Nobody knows where nginx was started, but many slips can be told from paths that are meant so.
    if (isRelative(address)) return isSlip(host, address);
    // A socket, or a link that leads to one, is there: somebody else made it.
    const entry = host.fs.entry(address.path);
    return entry.kind === "missing" && !entry.dangling;
  }
  if (poolListens(host).named.has(address.port)) return false;
  // The official image brings zz-docker.conf, which moves pool www to this port whatever www.conf says.
  const image = host.masters.some(
    ({ main, files }) =>
      (main === null || main.path.startsWith("/usr/local/etc/")) &&
      !files.some(({ path }) => path.endsWith("/zz-docker.conf")),
  );
  return !(image && address.port === 9000);
}

function report(host: Host, group: Group): Draft<Case> {
  const [{ binding, target }] = group;
  const refused = refusedFor(host, target.address);
  const shared = { ...certainty(host, target), names: names(group) };
  const locations = passes(group, refused?.place ?? target.place);
  const wanted = showAddress(target.address);
  if (refused !== null) {
    return {
      ...shared,
      case: refused.fault === "port" ? "listen-port" : "listen-host",
      message: `the listen of pool [${refused.pool.name}] is ${refused.text}, which PHP-FPM takes for ${refused.reading}; nginx passes requests to ${wanted}`,
      at: refused.place,
      label: `taken for ${refused.reading}`,
      related: locations,
      effect: "PHP-FPM does not start or reload, and every pool of this master is down",
      help: helpOf([[replace(host, refused.place, `listen = ${refused.meant}`)]]),
    };
  }
  const meant = meantPool(
    host,
    target.address,
    group.map((miss) => miss.binding),
  );
  const near = meant.chosen === null ? null : compare(host, meant.chosen, target.address);
  const relative = isRelative(target.address) ? "relative to the directory that nginx was started in" : null;
  const member = membership(binding, target);
  const others = siblings(binding, target);
  const takenOver = others.some(mayAnswer);
  const at = near?.faulty === "pool" ? near.place : target.place;
  return {
    ...shared,
    case: takenOver ? "member" : target.address.kind === "unix" ? "no-socket" : "no-port",
    message: `no pool listens on ${wanted}${member === null ? "" : ` (${member})`}${leadTo(near, meant)}`,
    at,
    label: at !== target.place ? (near?.difference ?? null) : (relative ?? "nobody listens here"),
    related: [
      ...nearby(host, near, meant, target.address).filter(({ place }) => place !== at),
      ...passes(group, at),
    ],
    effect: effectOfNobody(others.length, takenOver, target),
    help: takenOver ? helpMember(host, target) : help(host, near, meant, target),
  };
}

/** The words that send requests there, without the ones that are marked anyway. */
function passes(group: Group, at: Place): readonly RelatedReport[] {
  const found: RelatedReport[] = [];
  const add = (place: Place, message: string): boolean => {
    if (samePlace(place, at) || found.some((one) => samePlace(one.place, place))) return false;
    return found.push({ place, message }) > 0;
  };
  for (const { binding, target } of group) {
    const via = target.upstream === null ? "" : ` through upstream ${target.upstream}`;
    const message = `${binding.label} passes requests there${via}`;
    // A snippet has one location for many servers; each of them is named where it stands.
    const places = [target.through ?? target.place, headPlace(binding.location)];
    if (binding.server !== null) places.push(headPlace(binding.server));
    places.some((place) => add(place, message));
    if (target.through !== null) add(target.place, "the address behind it");
  }
  return found;
}

function help(host: Host, near: Nearest | null, { candidates, doubt }: Meant, target: Target): HelpDraft {
  const { address } = target;
  if (near === null && candidates.length > 0) return inWords(whichPool(host, candidates, address));
  if (near === null) return inWords(`a pool is missing that has listen = ${showAddress(address)}`);
  // Moved, it would be cut off from locations that reach it, or get those that are meant for another.
  const alone = !near.used && meantByAll(host, address) === near.pool;
  const movable = near.faulty !== "nginx" && alone && !isRelative(address);
  const pass = near.nginxAddress === null ? null : passTo(host, target, near.nginxAddress);
  const listen = movable ? listenOn(host, near, address) : null;
  if (pass === null && isRelative(address)) {
    // Neither half has a path that the other could take.
    const path = ownSocket(host, near.pool);
    const both = [
      passTo(host, target, `unix:${path}`),
      ...(listenOn(host, near, { kind: "unix", path }) ?? []),
    ];
    return helpOf([both], doubt);
  }
  const byHand = pass === null && listen === null;
  return helpOf(
    [pass === null ? null : [pass], listen],
    byHand
      ? `let the address become that of pool [${near.pool.name}]: ${near.nginxAddress ?? near.shown}`
      : null,
    doubt,
  );
}

/** The nearest pool is most likely a member already, so another line for it would say nothing. */
function helpMember(host: Host, { address, place }: Target): HelpDraft {
  const { text } = around(host, place);
  return helpOf(
    [[remove(host, place)], [replace(host, place, `${withoutEnd(text, ";").trimEnd()} down;`)]],
    `or give it a pool of its own, with listen = ${showAddress(address)}`,
  );
}

function certainty(host: Host, { address }: Target): Pick<Draft, "settle"> {
  const missing = isBelowRoot(host, address)
    ? "The directory that nginx is started in would settle it: below / that path is the socket of the pool."
    : host.nginx?.hasMain !== true
      ? "The main file of nginx, which is not in the tree, would settle it."
      : host.masters.some(({ main }) => main === null)
        ? "The main file of PHP-FPM, which is not in the tree, would settle it: it may bring further pools."
        : !host.whole && otherVersion(host, address.kind === "unix" ? address.path : "")
          ? "The configuration of the other PHP version, which is not in the tree, would settle it."
          : null;
  return { settle: missing };
}

/** On a tree that is not a whole host, the pools of a version that it has no files of may lie elsewhere. */
function otherVersion(host: Host, path: string): boolean {
  const version = /(\d)\.?(\d+)/.exec(path.slice(path.lastIndexOf("/") + 1));
  if (version === null || !/php/i.test(path)) return false;
  return !host.masters.some(({ phpVersion }) => phpVersion === `${version[1]}.${version[2]}`);
}

function names([{ binding, target }]: Group): readonly string[] {
  const where = target.upstream ?? (target.through === null ? null : "value");
  return [showAddress(target.address), ...(where === null ? namesOf(binding) : [where])];
}

function placeKey({ span }: Place): string {
  return `${span.file.path}:${span.start}`;
}
