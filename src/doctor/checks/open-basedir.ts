import { phpValue } from "../../fpm/pools.js";
import { isWithin, normalizePath } from "../../host/path.js";
import { documentRoots } from "../../live/places.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { pathSeen, viewerOf } from "../seen.js";

export const openBasedir: Check = {
  id: "requests/open-basedir",
  title: "open_basedir lets PHP into the directories with scripts",
  looksAt: "`open_basedir` of the pool against the root of its locations, with every link followed",
  fires:
    "the root, with every link followed, is in none of the directories, as with releases that a link `current` leads to",
  silent: "`open_basedir` is not set, or is relative",
  cannotTell: "the value is not known, or the root cannot be looked at",
  judge({ host, facts }) {
    return documentRoots(host).flatMap(({ path, pool }): readonly Answer[] => {
      const value = phpValue(pool, "open_basedir");
      if (value.kind === "unknown") return [unknown(`open_basedir of pool ${pool.name} is not known`)];
      const allowed = (value.value ?? "").split(":").filter((one) => one !== "");
      if (allowed.length === 0 || !allowed.every((one) => one.startsWith("/"))) return [];
      const seen = pathSeen(facts, path, viewerOf(host, pool));
      if (seen?.state !== "there") return [];
      const directories = allowed.map((one) => {
        const at = normalizePath(one);
        return pathSeen(facts, at, viewerOf(host, pool))?.real ?? at;
      });
      if (directories.some((one) => isWithin(one, seen.real))) return [fine(`open_basedir allows ${path}`)];
      return [
        wrong("error", `open_basedir of pool ${pool.name} does not let PHP into ${path}`, {
          evidence: [
            ...(seen.real === path ? [] : [`${path} is a link to ${seen.real}`]),
            `allowed are ${allowed.join(", ")}`,
          ],
          place: value.kind === "set" ? value.place : pool.section,
          fix: `add ${seen.real} to open_basedir`,
        }),
      ];
    });
  },
};
