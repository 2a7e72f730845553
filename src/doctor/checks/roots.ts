import { nginxIdentity } from "../../live/accounts.js";
import { documentRoots } from "../../live/places.js";
import { uniqueBy } from "../../source/collect.js";
import { accessTo, PASS } from "../access.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { pathSeen, rightsSaid, userName, viewerOf } from "../seen.js";

export const roots: Check = {
  id: "requests/roots",
  title: "the directories with scripts are there and have something in them, and nginx may pass them",
  looksAt:
    "the `root` of each location that passes to PHP, or the directory that `SCRIPT_FILENAME` has in its place, as the pool's workers and nginx's see it",
  fires:
    "the directory is missing for PHP-FPM, it is no directory, it is empty, or a directory on the way does not let nginx's account pass",
  silent:
    "the root has a variable whose value is not written; `SCRIPT_FILENAME` names one script elsewhere; the location is for a status page; something is in the directory, whatever it is; the pool has a `chroot`",
  cannotTell: "an account is not known, or a directory cannot be looked at",
  judge({ host, facts }) {
    const found = documentRoots(host);
    const account = nginxIdentity(host, facts.nginx);
    const ofPools = found.flatMap(({ path, pool, place }): readonly Answer[] => {
      const seen = pathSeen(facts, path, viewerOf(host, pool));
      if (seen === null) return [];
      if (seen.state === "hidden") return [unknown(`${path} cannot be looked at`)];
      if (seen.state === "there" && seen.kind === "directory" && seen.empty === true)
        return [
          wrong("warning", `${path} is empty, and pool ${pool.name} looks for scripts in it`, {
            evidence: ["every script is answered with 404, and a directory with 403"],
            place,
            fix: `ls -la ${path}; findmnt -T ${path} shows whether its disk is mounted`,
          }),
        ];
      if (seen.state === "there" && seen.kind === "directory") return [fine(`${path} is there`)];
      if (seen.state === "there")
        return [
          wrong("error", `${path} is no directory, and pool ${pool.name} looks for scripts in it`, {
            evidence: [
              seen.kind === "file"
                ? `${seen.real} is a file`
                : `links lead from ${seen.real} to no directory`,
            ],
            place,
            fix: `namei -l ${path}`,
          }),
        ];
      return [
        wrong("error", `${path} is missing, and pool ${pool.name} looks for scripts in it`, {
          evidence: [`${seen.real} is missing`],
          place,
          fix: `ls -ld ${path}`,
        }),
      ];
    });
    const ofNginx = uniqueBy(
      found.filter(({ served }) => served),
      ({ path }) => path,
    ).flatMap(({ path, place }): readonly Answer[] => {
      const seen = pathSeen(facts, path, "nginx");
      if (seen?.state !== "there" || account === null) return [];
      // Only to pass it: nginx need not list it.
      const access = accessTo(seen, account, PASS, seen.opened === true ? true : null);
      if (access.kind !== "no") return [];
      return [
        wrong("warning", `nginx's workers may not look into ${path}`, {
          evidence: [rightsSaid(host, access.at), `nginx's workers are ${userName(host, account.user)}`],
          place,
          fix: `namei -l ${path}; files are answered with 403, try_files finds none`,
        }),
      ];
    });
    return [...ofPools, ...ofNginx];
  },
};
