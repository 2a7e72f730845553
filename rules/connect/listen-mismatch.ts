import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { askedBy, seenByClients } from "../../src/evidence/asked.js";
import { effectOfNobody, mayAnswer, membership, siblings } from "../../src/evidence/failover.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { around, listenOn, ownSocket, passTo } from "../../src/help/address.js";
import { helpOf, inWords, remove, replace } from "../../src/help/edit.js";
import { compare, isBelowRoot, type Nearest, refusedFor } from "../../src/intent/address-slip.js";
import { deadTargets } from "../../src/intent/dead-targets.js";
import { leadTo, nearby, whichPool } from "../../src/intent/help.js";
import { type Meant, meantByAll, meantPool } from "../../src/intent/meant-pool.js";
import { isRelative, reaches, showAddress } from "../../src/model/address/address.js";
import { leftOutOf } from "../../src/model/fpm-left-out.js";
import type { Binding, Host, Target } from "../../src/model/host.js";
import { headPlace } from "../../src/nginx/tree/nodes.js";
import { withoutEnd } from "../../src/source/ends.js";
import { type Place, placeKey, samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** One location, and an address it passes requests to on which no pool listens. */
interface Miss {
  readonly binding: Binding;
  readonly target: Target;
}

type Group = readonly [Miss, ...Miss[]];

const always = (log: string) => ({ when: "always", status: 502, log }) as const;
const start = (log: string) => ({ when: "start", status: null, log }) as const;

type Case = "no-socket" | "no-port" | "member" | "listen-port" | "listen-service" | "listen-host";

export const listenMismatch = defineRule({
  id: "connect/listen-mismatch",
  about: "site",
  mayApply: ({ bindings }) => bindings.some(({ targets }) => targets.some(({ pools }) => pools.length === 0)),
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
      summary: "no pool listens on the address of one of several servers of an upstream",
    },
    "listen-port": {
      severity: "error",
      symptom: start("invalid port value"),
      summary: "PHP-FPM reads the intended pool's listen as host:port and refuses it",
    },
    "listen-service": {
      severity: "error",
      symptom: start("getaddrinfo: Servname not supported for ai_socktype"),
      summary: "something follows the port in the intended pool's listen, and PHP-FPM refuses it",
    },
    "listen-host": {
      severity: "error",
      symptom: start("getaddrinfo: Name or service not known"),
      summary: "PHP-FPM reads the intended pool's listen as a host name and refuses it",
    },
  },
  docs: {
    title: "nginx passes requests to an address no pool listens on",
    fires: [
      markdown`
        a \`fastcgi_pass\`, directly, through an \`upstream\` or through a variable whose values are in the
        files, names an address of this machine (a Unix socket, a loopback address, \`localhost\`), and no
        pool of the host listens there
      `,
      "the intended pool has a `listen` that PHP-FPM refuses (`unix:/path`, `:9000`, `::1]:9000`, `127.0.0.1:9000/`)",
      markdown`
        a relative socket is a slip, as the paths of the pools show (\`unix:www.sock\`, \`unix:@php\`): nginx
        looks for it below the directory that it was started in
      `,
    ],
    silent: [
      "the address is another machine's or another container's",
      "the host has no pools, or the `listen` of a pool is unknown",
      "the server is marked `down`",
      "the same path is spelled in another way (`/var/run` and `/run`, `//`, links)",
      "`localhost` or a bare port is another way to write the pool's address",
      "nginx itself listens on the address",
      "the address is the `pm.status_listen` of a pool",
      "the socket exists although no pool in the files makes it",
      "the live host listens on the port",
      markdown`
        the files of another program show that it listens on the address (a systemd unit with
        \`spawn-fcgi\` or \`docker run\`, HAProxy, stunnel)
      `,
      "it is port 9000 of the official image, whose `zz-docker.conf` is rarely in the tree",
      "a pool listens on a host name, with that port",
      "it is any other relative socket",
      "the value is put together from several `map` or `if`",
      "it is the empty value of a `map` without `default`",
      "a template fills in the address",
    ],
    what: markdown`
      The report names the intended pool and how its address differs. That is the pool whose address is the
      written one but for a slip (another PHP version, directory, ending or letter). Otherwise it is the
      pool that the site uses elsewhere, that works in the site's directory (\`chroot\`, \`chdir\`,
      \`open_basedir\`), or whose name, account or socket is like the site's name. Otherwise it is the only
      pool that no location uses, or the only one there is. Where nothing decides between several pools,
      the report lists them all, because any one of them could be another site's.

      Only locations that something ties to PHP count: a pool that listens there, \`.php\` in the pattern, or
      PHP in the name of the script, of the socket or of an included file. Locations that no request gets
      through to do not count (\`return\`, \`rewrite\` of every URI, \`deny all\`, a second location with
      the same pattern). With \`set\`, what counts is the value that the code of the server and of the
      innermost location leaves in the variable.

      It is only a warning when the \`upstream\` also has living servers, when a relative socket would be
      right for an nginx that was started in \`/\`, and when the main file of nginx or of PHP-FPM is not in
      the tree.
    `,
    why: markdown`
      nginx opens a connection for each request and finds nobody: no such file (2) for a socket, connection
      refused (111) for a port. The client gets \`502 Bad Gateway\` at once. With more than one server in the
      \`upstream\`, nginx asks the next one, so clients see nothing until that one also fails. Where \`auth_request\` asks such a location, every
      request that it protects is \`500 Internal Server Error\`. \`nginx -t\`
      and \`php-fpm -t\` both succeed, because each only looks at its own half. Debian and Ubuntu put the
      PHP version into the name of the socket, so every upgrade of PHP moves it.
    `,
    instead: markdown`
      Write the same address on both sides: \`fastcgi_pass unix:/run/php/site.sock;\` in nginx and
      \`listen = /run/php/site.sock\` (without \`unix:\`) in the pool, or \`fastcgi_pass 127.0.0.1:9000;\`
      and \`listen = 127.0.0.1:9000\`.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
      "https://www.php.net/manual/en/install.fpm.configuration.php#listen",
    ],
    twins: { bad: "bad-php-version", ok: "ok-same-socket" },
  },
  // The intended pool is told from the names of all of them.
  reads: ["site", "pool", "account", "directory"],
  asksDisk: true,
  *find(binding, host): Generator<Miss> {
    // A pool in a file that PHP-FPM does not read is the cause: fpm/left-out-file.
    for (const target of deadTargets(host, binding))
      if (!leftOutOf(host).some(({ address }) => reaches(target.address, address))) yield { binding, target };
  },
  cause: ({ target }) => `${showAddress(target.address)} ${placeKey(target.place)}`,
  report: (group, host) => report(host, group),
});

function report(host: Host, group: Group): Draft<Case> {
  const [{ binding, target }] = group;
  const refused = refusedFor(host, target.address);
  const shared = { ...certainty(host, target), names: names(group) };
  const locations = passes(group, refused?.place ?? target.place);
  const wanted = showAddress(target.address);
  if (refused !== null) {
    return {
      ...shared,
      case: `listen-${refused.fault}`,
      message: `the listen of pool [${refused.pool.name}] is ${refused.text}, which PHP-FPM reads as ${refused.reading}; nginx passes requests to ${wanted}`,
      at: refused.place,
      label: `read as ${refused.reading}`,
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
  const bindings = group.map((one) => one.binding);
  const at = near?.faulty === "pool" ? near.place : target.place;
  return {
    ...shared,
    case: takenOver ? "member" : target.address.kind === "unix" ? "no-socket" : "no-port",
    message: `no pool listens on ${wanted}${member === null ? "" : ` (${member})`}${leadTo(near, meant)}`,
    at,
    label: !samePlace(at, target.place) ? (near?.difference ?? null) : (relative ?? "nobody listens here"),
    related: [
      ...nearby(host, near, meant, target.address).filter(({ place }) => !samePlace(place, at)),
      ...passes(group, at),
      ...askedBy(bindings),
    ],
    ...seenByClients(effectOfNobody(others.length, takenOver, target), bindings),
    help: takenOver ? helpMember(host, target) : help(host, near, meant, target),
  };
}

/** The places that send requests there, without the one that the report marks anyway. */
function passes(group: Group, at: Place): readonly RelatedReport[] {
  const found: RelatedReport[] = [];
  const add = (place: Place, message: string): boolean => {
    if (samePlace(place, at) || found.some((one) => samePlace(one.place, place))) return false;
    return found.push({ place, message }) > 0;
  };
  for (const { binding, target } of group) {
    const via = target.upstream === null ? "" : ` through upstream ${target.upstream}`;
    const message = `${binding.label} passes requests there${via}`;
    // A snippet is one location for many servers, so each server gets a place of its own.
    const places = [target.through ?? target.place, headPlace(binding.location)];
    if (binding.server !== null) places.push(headPlace(binding.server));
    places.some((place) => add(place, message));
    if (target.through !== null) add(target.place, "the address it leads to");
  }
  return found;
}

function help(host: Host, near: Nearest | null, { candidates, doubt }: Meant, target: Target): HelpDraft {
  const { address } = target;
  if (near === null && candidates.length > 0) return inWords(whichPool(host, candidates, address));
  if (near === null) return inWords(`a pool with listen = ${showAddress(address)} is missing`);
  // A pool that moves is cut off from the locations that reach it, and may get those meant for another.
  const alone = !near.used && meantByAll(host, address) === near.pool;
  // In another container the pool cannot listen where this one looks.
  const here = !host.machines.has(near.pool.master);
  const movable = near.faulty !== "nginx" && alone && here && !isRelative(address);
  const pass = near.nginxAddress === null ? null : passTo(host, target, near.nginxAddress);
  const listen = movable ? listenOn(host, near, address) : null;
  if (pass === null && isRelative(address)) {
    // Neither half has a path that the other half could use.
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
    byHand ? `use the address of pool [${near.pool.name}]: ${near.nginxAddress ?? near.shown}` : null,
    doubt,
  );
}

/** Takes one server out of use. The nearest pool is most likely a member already, so it gets no line. */
function helpMember(host: Host, { address, place }: Target): HelpDraft {
  const { text } = around(host, place);
  return helpOf(
    [[remove(host, place)], [replace(host, place, `${withoutEnd(text, ";").trimEnd()} down;`)]],
    `or give it a pool of its own, with listen = ${showAddress(address)}`,
  );
}

function certainty(host: Host, { address }: Target): Pick<Draft, "settle"> {
  const missing = isBelowRoot(host, address)
    ? "The directory that nginx is started in would settle it: from / that path leads to the pool's socket."
    : host.nginx?.hasMain !== true
      ? "The main file of nginx, which is not in the tree, would settle it."
      : host.masters.some(({ main }) => main === null)
        ? "The main file of PHP-FPM, which is not in the tree, would settle it: it may include more pools."
        : !host.whole && otherVersion(host, address.kind === "unix" ? address.path : "")
          ? "The configuration of the other PHP version, which is not in the tree, would settle it."
          : null;
  return { settle: missing };
}

/**
 * Whether the socket is that of a PHP version without any files in the tree, whose pools may be elsewhere.
 */
function otherVersion(host: Host, path: string): boolean {
  const version = /(\d)\.?(\d+)/.exec(path.slice(path.lastIndexOf("/") + 1));
  if (version === null || !/php/i.test(path)) return false;
  return !host.masters.some(({ phpVersion }) => phpVersion === `${version[1]}.${version[2]}`);
}

function names([{ binding, target }]: Group): readonly string[] {
  const where = target.upstream ?? (target.through === null ? null : "value");
  return [showAddress(target.address), ...(where === null ? namesOf(binding) : [where])];
}
