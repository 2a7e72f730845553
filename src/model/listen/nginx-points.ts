import { argument, descendants } from "../../nginx/tree/nodes.js";
import { type Address, meetingPoint, nginxAddress } from "../address/address.js";
import type { Host } from "../host.js";
import { nginxListens } from "./nginx-listens.js";

/** Where nginx itself listens, gathered once for a host: it may have as many servers as there are addresses to look for. */

const points = new WeakMap<Host, ReadonlySet<string>>();

export function nginxAnswers(host: Host, address: Address): boolean {
  let known = points.get(host);
  if (known === undefined) {
    known = new Set(pointsOf(host));
    points.set(host, known);
  }
  return known.has(meetingPoint(address)) && nginxListens(host, address);
}

function* pointsOf({ nginx }: Host): Generator<string> {
  for (const node of nginx === null ? [] : descendants(nginx.root)) {
    if (node.name !== "listen") continue;
    const text = argument(node, 0) ?? "";
    const address = nginxAddress(text);
    if (address?.kind === "unix") yield meetingPoint(address);
    // Without a port it is 80.
    else yield String(Number(/(?:^|:)(\d+)$/.exec(text)?.[1] ?? 80));
  }
}
