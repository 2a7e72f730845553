import { addressKey } from "../../live/places.js";
import { type Address, isLocal, showAddress } from "../../model/address/address.js";
import { listenAddress } from "../../model/listen/nginx-listens.js";
import { argument, argumentPlace, everywhere } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { uniqueBy } from "../../source/collect.js";
import { type Answer, type Check, fine, type Look, unknown, wrong } from "../check.js";
import { listenersAt, ourNginx } from "../seen.js";

export const ports: Check = {
  id: "reality/ports",
  title: "nginx listens where its files say",
  looksAt: "each `listen`, `/proc/net` as nginx's workers see it, and who holds the sockets",
  fires: "nobody listens on an address of a `listen`, or another program does",
  silent: "nginx does not run; the address is a name, UDP (`quic`, `udp`), or a template's",
  cannotTell: "no `/proc/net`",
  judge(look) {
    const { host, facts } = look;
    if (host.nginx === null || ourNginx(facts) === null) return [];
    if (!facts.network) return [unknown("no /proc/net shows who listens")];
    const nodes = everywhere(host.nginx.root, "listen").flatMap((node) => {
      const address = isStream(node) ? null : listenAddress(argument(node, 0) ?? "");
      return address === null || !isKnown(address) ? [] : [{ node, address }];
    });
    return uniqueBy(nodes, ({ address }) => addressKey(address)).map(({ node, address }) =>
      answerFor(look, node, address),
    );
  },
};

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

function answerFor({ facts }: Look, node: Node, address: Address): Answer {
  const shown = showAddress(address);
  const place = argumentPlace(node, 0);
  const found = listenersAt(facts, address);
  const owners = found.flatMap((one) => one.owners);
  if (found.length === 0)
    return wrong("error", `nobody listens on ${shown}, although nginx runs`, {
      place,
      fix: "nginx -t && systemctl reload nginx; its error_log has the reason where that fails",
    });
  const [other] = owners;
  if (other === undefined || owners.some(({ daemon }) => daemon === "nginx"))
    return fine(`nginx has ${shown}`);
  return wrong("error", `${other.name} listens on ${shown}, not nginx`, {
    evidence: [`process ${other.pid} is ${other.name}`],
    place,
    fix: `stop ${other.name}, or give one of them another port; then systemctl restart nginx`,
  });
}
