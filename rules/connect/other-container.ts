import { type Draft, defineRule } from "../../src/engine/define.js";
import { namesOf, pairsOf } from "../../src/evidence/pairs.js";
import { passesThere } from "../../src/evidence/passes.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool, Setting } from "../../src/fpm/types.js";
import { helpOf, inWords, replace } from "../../src/help/edit.js";
import { isOfImage } from "../../src/host/image-file.js";
import { nameOf } from "../../src/host/path.js";
import type { ContainerFacts, MachineSpec } from "../../src/host/spec.js";
import { type Address, fpmAddress, isLocal, showAddress } from "../../src/model/address/address.js";
import type { Binding, Host, Target } from "../../src/model/host.js";
import { portAt } from "../../src/model/pass/ports.js";
import type { SetValue } from "../../src/source/effective.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** A location that passes to a container in which PHP-FPM does not answer there. */
interface Miss {
  readonly binding: Binding;
  readonly target: Target;
  readonly facts: ContainerFacts;
  /** The pool that is meant, and what it says it listens on. */
  readonly pool: Pool;
  readonly listen: Pick<SetValue<string>, "value" | "place">;
  /** The release of PHP from which on it is so; `null`: it is so. */
  readonly since: string | null;
}

type Case = "elsewhere" | "image";

const refused = { when: "always", status: 502, log: "connect() failed (111: Connection refused)" } as const;

export const otherContainer = defineRule({
  id: "connect/other-container",
  about: "site",
  alike: true,
  cases: {
    elsewhere: {
      severity: "error",
      symptom: refused,
      summary: "PHP-FPM in the container that nginx passes requests to listens for its own container alone",
    },
    image: {
      severity: "error",
      symptom: refused,
      summary: "newer images no longer move a pool to the port that nginx passes requests to",
    },
  },
  docs: {
    title: "PHP-FPM in the other container does not listen there",
    fires: [
      markdown`
        \`fastcgi_pass\` names a container of the project in which PHP-FPM runs, and its pools listen on
        \`127.0.0.1\`, on a socket or on another port
      `,
      markdown`
        \`listen\` of a file that is put into an official image of PHP is none that nginx reaches, and the tag
        of the image (\`php:8.3-fpm\`) fits releases that move the pool to port 9000 and releases that do not
      `,
    ],
    silent: [
      "a pool of the container listens on the port for all addresses",
      "the containers share one network (`network_mode`, a pod of Kubernetes)",
      "not all files of PHP-FPM in the container are known",
      "the image is older, and its `zz-docker.conf` moves the pool to port 9000",
    ],
    what: markdown`
      With the tag of a PHP version alone it is a warning, because only the release that was pulled tells. The
      images of 8.2.31, 8.3.30, 8.4.17, 8.5.2 and later say \`listen = 9000\` in \`docker.conf\`, which is read
      first, so that later files win.
    `,
    why: markdown`
      Each container has a loopback address of its own, so \`listen = 127.0.0.1:9000\` answers programs of the
      same container alone. nginx in another one gets \`connection refused\`, and every request is
      \`502 Bad Gateway\`. \`nginx -t\` and \`php-fpm -t\` find nothing wrong.
    `,
    instead: markdown`
      Write \`listen = 9000\` in the pool and \`fastcgi_pass php:9000;\` in nginx, with the name of PHP's
      service.
    `,
    references: [
      "https://github.com/docker-library/php/pull/1635",
      "https://docs.docker.com/compose/how-tos/networking/",
    ],
    twins: { bad: "bad-loopback", ok: "ok-all-addresses" },
  },
  proof: {
    kind: "none",
    reason:
      "each container has a network of its own, and a proof runs on one machine; docker-library/php says where its images listen (Dockerfile-linux.template at 445bf41)",
  },
  *find(binding, host): Generator<Miss> {
    if (binding.serves !== "php") return;
    for (const target of binding.targets) {
      if (target.down) continue;
      const { closed } = target;
      const miss = closed === undefined ? null : elsewhere(host, closed);
      if (miss !== null) yield { binding, target, ...miss, since: null };
    }
    for (const { target, pool } of pairsOf(binding)) {
      const machine = host.machines.get(pool.master);
      const facts = machine?.facts;
      if (machine === undefined || facts == null || target.assumed) continue;
      const listen = moved(pool, facts, portAt(machine, target.address));
      if (listen === null) continue;
      yield { binding, target, facts, pool, listen, since: facts.listenMovedIn };
    }
  },
  cause: ({ listen, target }) => `${placeKey(listen.place)} ${placeKey(target.place)}`,
  report: (group, host) => report(host, group),
});

/** The first pool of a container all of whose pools are known; `null`: not all of them are. */
function elsewhere(host: Host, machine: MachineSpec): Pick<Miss, "facts" | "pool" | "listen"> | null {
  const masters = host.masters.filter((master) => host.machines.get(master) === machine);
  const { facts } = machine;
  if (facts === null || masters.length === 0 || masters.some(({ main, partial }) => main === null || partial))
    return null;
  const pools = masters.flatMap((master) => master.pools);
  const listens = pools.map((pool) => setting(pool, "listen"));
  const [pool] = pools;
  const [listen] = listens;
  if (pool === undefined || pools.some(({ partial }) => partial)) return null;
  if (listens.some((one) => one.kind !== "set" || one.value === null || fpmAddress(one.value) === null))
    return null;
  if (listen?.kind !== "set" || listen.value === null) return null;
  return { facts, pool, listen: { value: listen.value, place: listen.place } };
}

/** What a pool listens on where the image does not move it; `null`: it is not moved, or nginx reaches it there too. */
function moved(pool: Pool, { listenMovedIn }: ContainerFacts, wanted: number | null): Miss["listen"] | null {
  if (listenMovedIn === null || wanted === null) return null;
  const written = pool.settings.filter(({ key, index }) => key === "listen" && index === null);
  const last = written.at(-1);
  const before = written.at(-2);
  if (last === undefined || before === undefined || !isMover(last)) return null;
  const { value, place } = before;
  const address = value === null ? null : fpmAddress(value);
  if (value === null || address === null || isOfImage(place.span.file)) return null;
  return isReached(address, wanted) ? null : { value, place };
}

function isMover({ place }: Setting): boolean {
  return isOfImage(place.span.file) && nameOf(place.span.file.path) === "zz-docker.conf";
}

function isReached(address: Address, port: number | null): boolean {
  if (address.kind === "unix" || address.port !== port) return false;
  return !isLocal(address) || address.host === "0.0.0.0" || address.host === "::";
}

function report(host: Host, group: readonly [Miss, ...Miss[]]): Draft<Case> {
  const [{ binding, target, facts, pool, listen, since }] = group;
  const machine = host.machines.get(pool.master);
  const port = machine === undefined ? null : portAt(machine, target.address);
  const passed = target.address.kind === "tcp" ? target.address.port : null;
  const wanted = `${showAddress(target.address)}${port === passed ? "" : ` (port ${port} there)`}`;
  const address = fpmAddress(listen.value);
  const where = address?.kind === "unix" ? "a socket of its own container" : "for its own container alone";
  const what =
    address?.kind === "tcp" && isLocal(address)
      ? `${listen.value}, ${where}`
      : address?.kind === "unix"
        ? `${listen.value}, ${where}`
        : listen.value;
  const tag = facts.image ?? "the image";
  const fixed = isOfImage(listen.place.span.file) ? null : [replace(host, listen.place, `listen = ${port}`)];
  return {
    case: since === null ? "elsewhere" : "image",
    settle:
      since === null
        ? null
        : `The release of ${tag} would settle it: before ${since} its zz-docker.conf moves the pool to port 9000.`,
    message:
      since === null
        ? `nginx passes requests to ${wanted}, but pool [${pool.name}] of ${facts.label} listens on ${what}`
        : `from PHP ${since} on, the image ${tag} lets pool [${pool.name}] listen on ${what}; nginx passes requests to ${wanted}`,
    at: listen.place,
    label: `nobody else gets here`,
    related: passesThere(group.map((one) => one.binding)),
    effect: "every request to this location ends as 502 Bad Gateway",
    help: fixed === null ? inWords(`give pool [${pool.name}] listen = ${port}`) : helpOf([fixed]),
    names: [...namesOf(binding), pool.name],
  };
}
