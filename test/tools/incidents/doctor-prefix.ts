/** PHP-FPM that was started with a prefix, which its title does not show. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DoctorKind } from "./doctor-kinds.js";
import type { Pair } from "./pair.js";

/** The pool in a file of its own, which a relative include names, with what `change` makes of the main file. */
const apart =
  (change: (text: string, dir: string) => string) =>
  (pair: Pair): void => {
    const { dir } = pair;
    mkdirSync(join(dir, "pools"));
    pair.edit("fpm", (text) => {
      const at = text.search(/^\[(?!global)/m);
      writeFileSync(join(dir, "pools/one.conf"), text.slice(at).replace(`listen = ${dir}/`, "listen = "));
      return change(`${text.slice(0, at)}include = pools/*.conf\n`, dir);
    });
  };

const relativeLog = (text: string, dir: string): string => text.replace(`= ${dir}/log/`, "= log/");

const PREFIX = { status: 200, expected: [], only: "unix" } as const;

export const prefixKinds: readonly DoctorKind[] = [
  {
    ...PREFIX,
    name: "a prefix, and a relative log shows it",
    options: { fpmWords: ["-p", "DIR"] },
    prepares: apart(relativeLog),
  },
  {
    ...PREFIX,
    name: "a prefix, and the number of the master shows it",
    options: {
      fpmWords: ["--prefix", "DIR"],
      global: "pid = run/fpm.pid",
      pool: "pm = ondemand\npm.max_children = 2",
    },
    prepares: apart((text) => text),
  },
  {
    ...PREFIX,
    name: "a prefix, and its workers show it",
    options: { fpmWords: ["-p", "DIR"] },
    prepares: apart((text) => text),
  },
  {
    ...PREFIX,
    name: "a prefix that nothing shows",
    options: {
      fpmWords: ["-p", "DIR"],
      pool: "pm = ondemand\npm.max_children = 2\npm.process_idle_timeout = 1s",
    },
    prepares: apart((text) => text),
    happens: () => new Promise((wake) => setTimeout(wake, 2500)),
  },
];
