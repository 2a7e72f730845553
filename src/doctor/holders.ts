import type { FpmFacts, MachineFacts, NginxFacts } from "../live/facts.js";
import { addressKey } from "../live/places.js";
import { type Address, isLocal, showAddress } from "../model/address/address.js";
import type { Host } from "../model/host.js";
import { listenAddress } from "../model/listen/nginx-listens.js";
import { argument, everywhere } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { uniqueBy } from "../source/collect.js";
import { perKey } from "../source/memo.js";
import { type Answer, wrong } from "./check.js";
import { listenersAt, NO_PROC } from "./seen.js";

/** Who holds the addresses of a daemon that was not seen to run. */

export interface NginxPort {
  readonly node: Node;
  readonly address: Address;
}

/** Where the files have nginx listen, each address once; without names, UDP and what a template makes. */
export const nginxPorts = perKey(({ nginx }: Host): readonly NginxPort[] => {
  const nodes = nginx === null ? [] : everywhere(nginx.root, "listen");
  const known = nodes.flatMap((node) => {
    const address = isStream(node) ? null : listenAddress(argument(node, 0) ?? "");
    return address === null || !isKnown(address) ? [] : [{ node, address }];
  });
  return uniqueBy(known, ({ address }) => addressKey(address));
});

/** Whether it is no TCP socket, or not always there. */
function isStream({ directive, branch }: Node): boolean {
  return (
    branch !== null ||
    directive.args.some(({ text, placeholder }) => placeholder || /^(?:quic|udp)$|[$]/.test(text))
  );
}

function isKnown(address: Address): boolean {
  if (address.kind === "unix") return address.path.startsWith("/");
  return address.port !== null && (isLocal(address) || /^[\d.]+$|:|^\*$/.test(address.host));
}

/** Why a daemon may run and not be seen; `null`: it would be. `addresses`: where it listens. */
export function whyUnseen(facts: MachineFacts, addresses: readonly Address[]): string | null {
  if (!facts.proc) return NO_PROC;
  if (facts.hidden) return "/proc hides the processes of other users";
  // Root sees who holds a socket, unless the process is outside of what this one may see.
  const held = addresses.find((address) =>
    listenersAt(facts, address).some(({ owners }) => owners.length === 0),
  );
  return facts.root && held !== undefined
    ? `somebody listens on ${showAddress(held)}, and /proc does not show who`
    : null;
}

/** Others that listen where a daemon has to, a sentence each: it does not start while they do. `own`: who is no other. */
export function strangersSaid(
  facts: MachineFacts,
  addresses: readonly Address[],
  own: Owner["daemon"] = null,
): readonly string[] {
  const said = addresses.flatMap((address) => {
    const [owner] = listenersAt(facts, address)
      .flatMap(({ owners }) => owners)
      .filter(({ daemon }) => own === null || daemon !== own);
    return owner === undefined ? [] : [`${holderSaid(owner)} listens on ${showAddress(address)}`];
  });
  return [...new Set(said)].slice(0, 3);
}

type Owner = MachineFacts["listeners"][number]["owners"][number];

/** `process 77, apache2,`; of a worker that lost its master, what it is. */
export function holderSaid({ pid, name, orphan }: Owner): string {
  return orphan ? `process ${pid}, a worker of a PHP-FPM whose master is gone,` : `process ${pid}, ${name},`;
}

/** That whoever signals a master by its file signals another process. */
export function stalePidAnswers(
  name: string,
  { master, stalePid }: Pick<NginxFacts | FpmFacts, "master" | "stalePid">,
): readonly Answer[] {
  if (stalePid === null) return [];
  const { path, names } = stalePid;
  return [
    wrong("warning", `${path} does not name ${name}'s master`, {
      evidence: [
        `it has ${names}, and the master is process ${master.pid}`,
        "a reload and what rotates the logs signal the process that it names",
      ],
      fix: `echo ${master.pid} > ${path}`,
    }),
  ];
}
