import { showAddress } from "../../model/address/address.js";
import { argumentPlace } from "../../nginx/tree/nodes.js";
import { type Answer, type Check, fine, type Look, unknown, wrong } from "../check.js";
import { type NginxPort, nginxPorts } from "../holders.js";
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
    return nginxPorts(host).map((port) => answerFor(look, port));
  },
};

function answerFor({ facts }: Look, { node, address }: NginxPort): Answer {
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
