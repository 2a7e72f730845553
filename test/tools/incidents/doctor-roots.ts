/** Document roots that have no scripts, and scripts that no document root has. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DoctorKind } from "./doctor-kinds.js";
import type { Pair } from "./pair.js";

const NO_CACHE = "php_admin_value[opcache.enable] = 0";

/** The location has a root of its own, which its script does not count from. */
const elsewhere = (root: string, script: string) => (pair: Pair) =>
  pair.edit("nginx", (text) =>
    text
      .replace("fastcgi_pass ", `root ${pair.dir}/${root};\n            fastcgi_pass `)
      .replace("SCRIPT_FILENAME $document_root$fastcgi_script_name", `SCRIPT_FILENAME ${pair.dir}/${script}`),
  );

export const rootKinds: readonly DoctorKind[] = [
  {
    status: 200,
    name: "a root that is missing, and scripts elsewhere",
    expected: [],
    prepares: elsewhere("nowhere", "www$fastcgi_script_name"),
  },
  {
    status: 200,
    name: "a root that is missing, and one script elsewhere",
    expected: [],
    prepares: elsewhere("nowhere", "www/index.php"),
  },
  {
    status: 404,
    name: "scripts in a directory that is missing, and a root",
    expected: ["requests/roots"],
    prepares: elsewhere("www", "nowhere$fastcgi_script_name"),
  },
  {
    status: 404,
    name: "an empty root",
    expected: ["requests/roots"],
    options: { pool: NO_CACHE },
    happens: async ({ dir }) => rmSync(join(dir, "www/index.php")),
  },
  {
    status: 404,
    name: "an empty disk at the root",
    expected: ["requests/roots"],
    options: { pool: NO_CACHE },
    happens: async ({ dir }) => {
      rmSync(join(dir, "www/index.php"));
      mkdirSync(join(dir, "www/lost+found"));
    },
  },
  {
    status: 404,
    name: "a root with files and no index.php",
    expected: [],
    options: { pool: NO_CACHE },
    happens: async ({ dir }) => renameSync(join(dir, "www/index.php"), join(dir, "www/app.php")),
  },
  {
    status: 404,
    name: "a root for challenges alone",
    expected: [],
    options: { pool: NO_CACHE },
    happens: async ({ dir }) => {
      rmSync(join(dir, "www/index.php"));
      mkdirSync(join(dir, "www/.well-known/acme-challenge"), { recursive: true });
    },
  },
  {
    status: 200,
    name: "an empty root, and scripts elsewhere",
    expected: [],
    prepares: (pair) => {
      mkdirSync(join(pair.dir, "empty"));
      elsewhere("empty", "www$fastcgi_script_name")(pair);
    },
  },
  {
    status: 200,
    name: "an empty root of the server, and another one of the location",
    expected: [],
    prepares: (pair) => {
      mkdirSync(join(pair.dir, "empty"));
      writeFileSync(join(pair.dir, "www/other.html"), "");
      pair.edit("nginx", (text) =>
        text
          .replace(`root ${pair.dir}/www;`, `root ${pair.dir}/empty;`)
          .replace("fastcgi_pass ", `root ${pair.dir}/www;\n            fastcgi_pass `),
      );
    },
  },
];
