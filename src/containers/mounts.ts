/** The volumes of a service in the short form of compose. */
import { expand } from "./dockerfile.js";

/** What a service mounts; `null`: a variable in it has no value, or of the source that there is none. */
export interface Mount {
  readonly source: string | null;
  readonly target: string | null;
  readonly type: string;
}

/** `./a:/b:ro`, `name:/b`, `/b`; a part with a variable that has no value is unknown. */
export function shortMount(written: string, env: ReadonlyMap<string, string | null>): Mount {
  // A colon may stand in a value, which counts, in the braces of a variable, and behind the letter of a drive.
  const whole = expand(written, env);
  const parts = (whole ?? written).match(/^[A-Za-z]:[\\/][^:]*|(?:\$\{[^{}]*\}|[^:])+/g) ?? [];
  const [first = "", second] = parts.map((part) => (whole === null ? expand(part, env) : part));
  if (second === undefined) return { source: null, target: first, type: "volume" };
  return { source: first, target: second, type: first === null || /^[./~]/.test(first) ? "bind" : "volume" };
}
