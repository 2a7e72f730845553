import { wantedNames } from "../../live/places.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";

export const names: Check = {
  id: "requests/names",
  title: "the names that nginx connects to have addresses",
  looksAt: "each name in a `fastcgi_pass`, another pass or an upstream, asked as the C library answers",
  fires: "a name has no address: nginx does not start, or answers 502",
  silent: "addresses are numbers, or a variable makes the name",
  cannotTell: "nobody asked, or no answer came within a second",
  judge({ host, facts }) {
    return wantedNames(host).map(({ name, place }): Answer => {
      const found = facts.names.find((one) => one.name === name);
      if (found === undefined) return unknown(`${name} was not looked up`);
      if (found.problem === null) return fine(`${name} is ${found.addresses.join(", ")}`);
      if (found.problem !== "ENOTFOUND") return unknown(`${name} was not answered (${found.problem})`);
      return wrong("error", `${name} has no address`, {
        place,
        fix: `getent ahosts ${name}; /etc/resolv.conf and /etc/hosts say who is asked`,
      });
    });
  },
};
