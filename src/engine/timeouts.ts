import { seconds, setting } from "../fpm/pools.js";
import type { Host } from "../model/host.js";
import { effectiveTime } from "../nginx/effective.js";
import { argument } from "../nginx/nodes.js";
import { known } from "../source/effective.js";
import { type Pair, pairs } from "./evidence.js";
import type { Known } from "./grouping.js";

/** Both limits on the time of a request, at one way from a location to a pool. */
export interface Limits extends Pair {
  /** nginx's `fastcgi_read_timeout` in milliseconds, above 0. */
  readonly read: Known<number>;
  /** The pool's `request_terminate_timeout` in seconds; 0: no limit. */
  readonly terminate: Known<number>;
}

/** Every way on which both limits are known. A read timeout of 0 is a fault of its own, with its own rule. */
export function* limits(host: Host): Generator<Limits> {
  for (const pair of pairs(host)) {
    const read = effectiveTime(pair.binding.block, "fastcgi_read_timeout");
    const terminate = seconds(pair.pool, "request_terminate_timeout");
    if (read.kind === "unknown" || terminate.kind === "unknown") continue;
    if (read.value <= 0 || runsNoScripts(pair)) continue;
    // FPM starts no timer for a negative time.
    yield { ...pair, read, terminate: { ...terminate, value: Math.max(0, terminate.value ?? 0) } };
  }
}

/** The status and ping pages answer at once, whatever the limits are. */
function runsNoScripts({ binding, pool }: Pair): boolean {
  const pages = ["pm.status_path", "ping.path"].map((key) => known(setting(pool, key)) ?? "");
  const first = argument(binding.location, 0) ?? "";
  const pattern = argument(binding.location, 1) ?? first;
  if (!first.startsWith("~")) return pages.includes(pattern);
  return pages.some((page) => page !== "" && matches(pattern, page)) && !matches(pattern, "/index.php");
}

function matches(pattern: string, uri: string): boolean {
  try {
    return new RegExp(pattern).test(uri);
  } catch {
    // nginx has other regular expressions; what they match is not known here.
    return false;
  }
}
