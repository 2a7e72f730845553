import type { RelatedReport } from "../engine/rule.js";
import type { Binding } from "../model/host.js";
import { argumentPlace } from "../nginx/tree/nodes.js";
import { placeKey } from "../source/file.js";

/**
 * The locations that pass requests to one address: each `fastcgi_pass` once, however many servers share it.
 */
export function passesThere(bindings: readonly Pick<Binding, "pass" | "label">[]): readonly RelatedReport[] {
  const found = new Map<string, RelatedReport>();
  for (const { pass, label } of bindings) {
    const place = argumentPlace(pass, 0);
    const key = placeKey(place);
    if (!found.has(key)) found.set(key, { place, message: `${label} passes requests there` });
  }
  return [...found.values()];
}
