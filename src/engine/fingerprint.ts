import { createHash } from "node:crypto";
import { lazily } from "../source/memo.js";
import type { Finding } from "./finding.js";

/**
 * What a fingerprint is made of, which tells findings apart as well. The digest is made when somebody reads it: Node takes
 * longer to load what makes digests than to judge many a host, and what people read shows none.
 */
interface Identity {
  /** `null`: the fingerprint came from elsewhere, as `print` says. */
  readonly names: string | null;
  /** What tells it from others with the same names: each of one time that they were told apart. */
  readonly ordinals: readonly number[];
  readonly print: () => string;
}

const identities = new WeakMap<Finding, Identity>();

/** A finding with the fingerprint that these names make. */
export function identified(finding: Omit<Finding, "fingerprint">, names: readonly string[]): Finding {
  const text = names.join("\0");
  return withIdentity(finding, { names: text, ordinals: [], print: lazily(() => digestOf(text)) });
}

/** The finding with some fields changed, and with the same fingerprint, which is not read for it. */
export function changed(finding: Finding, fields: Partial<Omit<Finding, "fingerprint">>): Finding {
  return withIdentity({ ...withoutPrint(finding), ...fields }, identityOf(finding));
}

/** Findings of one fingerprint (the same fault twice in a location, or in two hosts of one name) are told apart by their order. */
export function withOrdinals(findings: readonly Finding[]): readonly Finding[] {
  const counts = new Map<string, number>();
  const taken = new Set<string>();
  return findings.map((finding) => {
    const own = identityOf(finding);
    const key = keyOf(own);
    let count = counts.get(key) ?? 0;
    while (taken.has(keyOf(told(own, count)))) count += 1;
    counts.set(key, count + 1);
    taken.add(keyOf(told(own, count)));
    return count === 0 ? finding : withIdentity(withoutPrint(finding), told(own, count));
  });
}

/** To take it out as one takes out other fields would read it. */
function withoutPrint(finding: Finding): Omit<Finding, "fingerprint"> {
  const { fingerprint: _, ...others } = Object.getOwnPropertyDescriptors(finding);
  return Object.defineProperties({}, others) as Omit<Finding, "fingerprint">;
}

function withIdentity(finding: Omit<Finding, "fingerprint">, identity: Identity): Finding {
  const whole: Finding = {
    ...finding,
    get fingerprint() {
      return identity.print();
    },
  };
  identities.set(whole, identity);
  return whole;
}

function identityOf(finding: Finding): Identity {
  return identities.get(finding) ?? { names: null, ordinals: [], print: () => finding.fingerprint };
}

function keyOf({ names, ordinals, print }: Identity): string {
  return [...ordinals, names ?? print()].join("\0");
}

function told(identity: Identity, ordinal: number): Identity {
  if (ordinal === 0) return identity;
  return {
    names: identity.names,
    ordinals: [...identity.ordinals, ordinal],
    print: lazily(() => digestOf(`${identity.print()}\0${ordinal}`)),
  };
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
