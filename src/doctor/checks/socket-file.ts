import { phpTargets } from "../../live/places.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { listenersAt, pathSeen, serviceName } from "../seen.js";

export const socketFile: Check = {
  id: "reality/socket-file",
  title: "the file of each socket is where nginx looks",
  looksAt:
    "the path below the root of nginx's worker, and `/proc/net/unix`, which goes on showing a socket whose file is gone",
  fires:
    "somebody listens and the file is gone, the file is no socket, or nginx has a `/tmp` of its own and does not see it",
  silent: "nobody listens either: `reality/listens` says so",
  cannotTell: "nginx has mounts of its own, and they cannot be looked at",
  judge({ host, facts }) {
    return phpTargets(host).flatMap(({ address, place, pools }): readonly Answer[] => {
      if (address.kind !== "unix" || listenersAt(facts, address).length === 0) return [];
      const { path } = address;
      const [seen, here] = [pathSeen(facts, path, "nginx"), pathSeen(facts, path)];
      if (seen === null || seen.state === "hidden") return [unknown(`${path} cannot be looked at`)];
      const [pool] = pools;
      const restart =
        pool === undefined ? "restart who listens" : `systemctl restart ${serviceName(pool.master)}`;
      if (seen.state === "missing" && here?.state === "there")
        return [
          wrong("error", `nginx does not see ${path}, although it is there`, {
            evidence: [`nginx's workers have mounts of their own, and ${seen.real} is missing in them`],
            place,
            fix: "PrivateTmp= of one of the services: put the socket below /run",
          }),
        ];
      if (seen.state === "missing")
        return [
          wrong("error", `the file of the socket ${path} is gone, and somebody still listens on it`, {
            evidence: [`${seen.real} is missing`, "/proc/net/unix still has the path"],
            place,
            fix: restart,
          }),
        ];
      if (seen.kind !== "socket")
        return [
          wrong("error", `${path} is no socket`, {
            evidence: [
              seen.kind === "other" ? "it is a link, a FIFO or a device" : `it is a ${seen.kind ?? "file"}`,
            ],
            place,
            fix: restart,
          }),
        ];
      return [fine(`${path} is a socket`)];
    });
  },
};
