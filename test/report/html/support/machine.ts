import { examinedOf } from "../../../../src/cli/doctor/examined.js";
import type { MachineFacts } from "../../../../src/live/facts.js";
import { doctorJson } from "../../../../src/report/doctor/json.js";
import { factsWith, hostWith, NOW } from "../../../doctor/support/facts.js";

/** A machine on which something is wrong, something cannot be told, and a pool is half full. */
const FACTS: Partial<MachineFacts> = {
  root: false,
  units: [],
  nginx: [],
  pages: [
    {
      pool: 0,
      key: "pm.status_path",
      path: "/status",
      state: "answered",
      status: { accepted: 9, active: 2, total: 2, waiting: 0, full: 4, started: NOW - 60, durations: [] },
    },
  ],
};

/** What `fpmlint doctor --format json` prints of it. */
export function machineDocument(facts: Partial<MachineFacts> = {}): string {
  const host = hostWith({ pool: "pm.status_path = /status" });
  const unread = [{ file: "/etc/nginx/secret.conf", line: null, reason: "permission denied", fatal: true }];
  const examined = examinedOf(host, factsWith({ ...FACTS, ...facts }), [], unread);
  return doctorJson(examined, host, { version: "1.0.0", facts: true });
}
