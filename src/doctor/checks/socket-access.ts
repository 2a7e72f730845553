import { nginxIdentity } from "../../live/accounts.js";
import { phpTargets } from "../../live/places.js";
import { accessTo, WRITE } from "../access.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { answerOf, pathSeen, rightsSaid, userName } from "../seen.js";

export const socketAccess: Check = {
  id: "reality/socket-access",
  title: "nginx's workers may open each socket",
  looksAt:
    "owner and mode of the socket and of every directory on its way, the account and groups of nginx's worker; as root a connection with that account, which access control lists take part in",
  fires: "the socket, or a directory on its way, does not let the account in",
  silent: "the socket is not there",
  cannotTell:
    "the account is not known, or the reader is not root and the mode may be the mask of an access control list",
  judge({ host, facts }) {
    const account = nginxIdentity(host, facts.nginx);
    return phpTargets(host).flatMap(({ address, place, pools }): readonly Answer[] => {
      if (address.kind !== "unix") return [];
      const seen = pathSeen(facts, address.path, "nginx");
      if (seen === null || seen.state === "missing" || (seen.state === "there" && seen.kind !== "socket"))
        return [];
      if (account === null) return [unknown("the account of nginx's workers is not known")];
      const asked = answerOf(facts, address);
      const proved =
        asked?.asNginx === true
          ? asked.problem === "EACCES"
            ? false
            : asked.problem === null || asked.problem === "EAGAIN"
              ? true
              : null
          : null;
      if (proved === true) return [fine(`${userName(host, account.user)} may open ${address.path}`)];
      const access = accessTo(seen, account, WRITE, proved);
      if (access.kind === "yes" && seen.state === "there")
        return [fine(`${userName(host, account.user)} may open ${address.path}`)];
      if (access.kind !== "no")
        return [unknown(`whether ${userName(host, account.user)} may open ${address.path} is not shown`)];
      const above = access.at.path !== seen.real;
      return [
        wrong("error", `nginx's workers may not open ${address.path}`, {
          evidence: [
            rightsSaid(host, access.at),
            `nginx's workers are ${userName(host, account.user)}${above ? ", who may not pass that directory" : ""}`,
            ...(proved === false ? ["a connection with that account was refused: Permission denied"] : []),
          ],
          place: pools[0]?.section ?? place,
          fix: above
            ? `namei -l ${address.path}; the directory has to let others pass, or the socket has to be elsewhere`
            : "set listen.owner, listen.group or listen.mode of the pool: a chmod is lost at the next start",
        }),
      ];
    });
  },
};
