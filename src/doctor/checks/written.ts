import type { PathFacts } from "../../live/facts.js";
import type { PoolPath } from "../../live/places.js";
import { accessTo, PASS, WRITE } from "../access.js";
import { type Answer, fine, type Look, unknown, wrong } from "../check.js";
import { identityOfPool, pathSeen, rightsSaid, userName, viewerOf } from "../seen.js";

/** The kernel may have made it so after an error of the disk, and systemd does for a service. */
export function readOnlyStep(path: string): string {
  return `findmnt -T ${path}; dmesg says whether the disk had an error, and systemctl show -p ProtectSystem whether the service has it so`;
}

/** Whether the workers of a pool may make files in a directory. */
export function writable(
  look: Look,
  { path, pool, place }: PoolPath,
  what: { readonly name: string; readonly severity: "error" | "warning"; readonly effect: string },
): Answer {
  const { host, facts } = look;
  const seen = pathSeen(facts, path, viewerOf(host, pool));
  const fix = `namei -l ${path}`;
  if (seen === null || seen.state === "hidden") return unknown(`${path} cannot be looked at`);
  if (seen.state === "missing")
    return wrong(what.severity, `${what.name} of pool ${pool.name}, ${path}, is missing`, {
      evidence: [`${seen.real} is missing`, what.effect],
      place,
      fix: `make it, for the account of the pool; ${fix}`,
    });
  if (seen.readOnly === true)
    return wrong(
      what.severity,
      `${what.name} of pool ${pool.name}, ${path}, is on a file system that is read-only`,
      {
        evidence: [what.effect],
        place,
        fix: readOnlyStep(path),
      },
    );
  const account = identityOfPool(look, pool);
  if (account === null) return unknown(`the account of pool ${pool.name} is not known`);
  const access = accessTo(seen, account, WRITE | PASS, tried(seen));
  const who = userName(host, account.user);
  if (access.kind === "unknown") return unknown(`whether ${who} may write to ${path} is not shown`);
  if (access.kind === "yes") return fine(`${who} may write to ${path}`);
  return wrong(what.severity, `pool ${pool.name} may not write to ${what.name}, ${path}`, {
    evidence: [rightsSaid(host, access.at), `its workers are ${who}`, what.effect],
    place,
    fix,
  });
}

/**
 * Who may list a directory came as far as it. Who may not list it may write to it nevertheless, as to the directory of
 * sessions on Debian; only where the mode lets a group read would a list of access rights have let the account read, too.
 */
function tried({ opened, own }: PathFacts): boolean | null {
  if (opened !== false || own === null) return opened;
  return (own.mode & 0o040) === 0 ? null : false;
}
