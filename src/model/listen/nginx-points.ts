import { argument, descendants } from "../../nginx/tree/nodes.js";
import { perKey } from "../../source/memo.js";
import { type Address, meetingPoint, nginxAddress } from "../address/address.js";
import type { Host } from "../host.js";
import { nginxListens } from "./nginx-listens.js";

/** Where nginx itself listens. A host may have as many servers as there are addresses to look for. */
const points = perKey((host: Host): ReadonlySet<string> => new Set(pointsOf(host)));

/** `nginxListens`, for asking about many addresses of one host. */
export function nginxAnswers(host: Host, address: Address): boolean {
  return points(host).has(meetingPoint(address)) && nginxListens(host, address);
}

function* pointsOf({ nginx }: Host): Generator<string> {
  for (const node of nginx === null ? [] : descendants(nginx.root)) {
    if (node.name !== "listen") continue;
    const text = argument(node, 0) ?? "";
    const address = nginxAddress(text);
    if (address?.kind === "unix") yield meetingPoint(address);
    // Without a port nginx listens on 80.
    else yield String(Number(/(?:^|:)(\d+)$/.exec(text)?.[1] ?? 80));
  }
}
