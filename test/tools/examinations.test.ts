import { expect } from "vitest";
import { describeProofs } from "../daemons/available.js";
import { seed } from "../support/sample.js";
import { doctorKinds } from "./incidents/doctor-kinds.js";
import { examinePair } from "./incidents/doctor-play.js";

/** Those that are over in a second or two; `npm run examinations` makes all. */
const QUICK = [
  "nothing",
  "status and ping",
  "PHP-FPM stopped",
  "nginx not reloaded",
  "wrong socket",
  "socket removed",
  "directory closed",
  "listen.acl_users",
  "allowed_clients",
  "script unreadable",
  "sessions as on Debian",
  "log removed",
  "processes come and go",
  "a link on the way to the socket",
  "a pool in a chroot",
  "nginx with a prefix and a relative file",
  "a prefix, and a relative log shows it",
  "a worker of PHP-FPM stopped",
  "a certificate for another name on loopback",
  "PHP's log is root's",
  "an empty root",
];

describeProofs("examinations of the real pair", (proof) => {
  for (const kind of doctorKinds.filter(({ name }) => QUICK.includes(name))) {
    proof(`${kind.name}: the first check that fails is the right one`, async () => {
      const { failed, expected, status } = await examinePair(kind, seed);
      if (expected.length === 0) expect(failed).toEqual([]);
      else expect(expected).toContain(failed[0]);
      expect(status).toBe(kind.status ?? null);
    });
  }
});
