import { nginxIdentity } from "../../live/accounts.js";
import { temporaryPaths } from "../../live/places.js";
import { accessTo, PASS, WRITE } from "../access.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { ourNginx, pathSeen, rightsSaid, userName } from "../seen.js";
import { readOnlyStep } from "./written.js";

export const temporary: Check = {
  id: "requests/temporary",
  title: "nginx may keep large bodies and answers on the disk",
  looksAt:
    "`client_body_temp_path` and `fastcgi_temp_path`, or where `nginx -V` says that they are, and the directories on their way",
  fires:
    "the directory is missing, on a file system that is read-only, or its workers' account may not make files in it: large bodies end as 500, large answers are cut off",
  silent: "nginx does not run; the path is relative, or nothing says where it is",
  cannotTell: "the account is not known, or the directory cannot be looked at",
  judge({ host, facts }) {
    // nginx makes these directories, and gives them to its workers, when it starts.
    if (ourNginx(facts) === null) return [];
    const account = nginxIdentity(host, facts.nginx);
    return temporaryPaths(host, facts.built).flatMap(({ path, place, directive }): readonly Answer[] => {
      const seen = pathSeen(facts, path, "nginx");
      if (seen === null || seen.state === "hidden") return [unknown(`${path} cannot be looked at`)];
      const effect =
        directive === "fastcgi_temp_path" ? "large answers are cut off" : "large bodies end as 500";
      if (seen.state === "missing")
        return [
          wrong("error", `${directive}, ${path}, is missing`, {
            evidence: [`${seen.real} is missing`, effect],
            place,
            fix: "nginx makes it when it starts: systemctl reload nginx",
          }),
        ];
      if (seen.readOnly === true)
        return [
          wrong("error", `${directive}, ${path}, is on a file system that is read-only`, {
            evidence: [effect],
            place,
            fix: readOnlyStep(path),
          }),
        ];
      if (account === null) return [unknown("the account of nginx's workers is not known")];
      const access = accessTo(seen, account, WRITE | PASS, seen.opened === true ? true : null);
      const who = userName(host, account.user);
      if (access.kind === "unknown") return [unknown(`whether ${who} may write to ${path} is not shown`)];
      if (access.kind === "yes") return [fine(`${who} may write to ${path}`)];
      return [
        wrong("error", `nginx's workers may not write to ${directive}, ${path}`, {
          evidence: [rightsSaid(host, access.at), `nginx's workers are ${who}`, effect],
          place,
          fix: `namei -l ${path}; nginx gives it to its workers when it starts, the directories above are yours`,
        }),
      ];
    });
  },
};
