import { isLocal, showAddress } from "../model/address/address.js";
import { allPools, type Binding, type Host, type Target } from "../model/host.js";
import { writtenAddress } from "../model/pass/written.js";
import { shortened } from "../source/ends.js";
import { position } from "../source/file.js";
import { hasPlaceholder } from "../source/template.js";
import { looksFilledIn } from "../source/template-names.js";
import type { NotCompared } from "./finding.js";

/** Which PHP locations were compared with a pool, and why the others were not. */
export interface Compared {
  readonly compared: number;
  readonly notCompared: readonly NotCompared[];
}

export function comparedIn(host: Host): Compared {
  const php = host.bindings.filter(({ serves }) => serves === "php");
  const open = php.flatMap((binding) => notComparedAt(host, binding) ?? []);
  return { compared: php.length - open.length, notCompared: open };
}

/** Why a PHP location was compared with no pool; `null`: it was. */
export function notComparedAt(host: Host, binding: Binding): NotCompared | null {
  const { targets, pass, label } = binding;
  if (targets.some(({ pools, closed }) => pools.length > 0 || closed !== undefined)) return null;
  return {
    file: pass.file.display,
    line: position(pass.file, pass.directive.start).line,
    location: label,
    reason: reasonOf(host, binding),
  };
}

function reasonOf(host: Host, { targets, pass }: Binding): string {
  const [target] = targets;
  const written = pass.directive.args[0]?.text ?? "";
  if (target === undefined) {
    return hasPlaceholder(written) || looksFilledIn(written)
      ? "a template fills in the address"
      : `where ${shortened(written, LONGEST)} leads is not known`;
  }
  return reasonOfTarget(host, target);
}

/** Longer ones are cut in a line for people. */
const LONGEST = 60;

function reasonOfTarget(host: Host, target: Target): string {
  const { address, place, down } = target;
  const text = shortened(showAddress(address), LONGEST);
  if (down) return `${text} is down`;
  if (address.kind === "tcp" && address.port === null && looksFilledIn(writtenAddress(place)))
    return "a template fills in the address";
  if (!isLocal(address)) return `${text} is another machine`;
  return allPools(host).length === 0
    ? `the tree has no pool for ${text}`
    : `no pool of the tree listens on ${text}`;
}
