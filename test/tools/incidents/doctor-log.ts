/** Where PHP writes its errors, and whether it may. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DoctorKind } from "./doctor-kinds.js";
import { type Pair, pause } from "./pair.js";

const LOG = "php_admin_value[error_log] = DIR/errors/php.log";
const pool = `${LOG}\nphp_admin_flag[log_errors] = on`;

/** Has a script warn, and looks for it in nginx's error log. */
const warned = (inNginx: boolean) => async (pair: Pair) => {
  await pair.ask("/index.php?m=warn");
  await pause(100);
  const found = readFileSync(join(pair.dir, "log/error.log"), "utf8").includes("odd, but it goes on");
  if (found !== inNginx) throw new Error(`the warning is ${found ? "" : "not "}in nginx's error log`);
};

const lost = { expected: ["requests/php-log"], options: { pool }, happens: warned(true) };
const kept = { expected: [], options: { pool }, happens: warned(false) };

const made = ({ dir }: Pair, mode: number): void => {
  mkdirSync(join(dir, "errors"));
  chmodSync(join(dir, "errors"), mode);
};

const file = ({ dir }: Pair, owner: number, mode: number): void => {
  const path = join(dir, "errors/php.log");
  writeFileSync(path, "");
  chownSync(path, owner, owner);
  chmodSync(path, mode);
};

const WWW_DATA = 33;

export const logKinds: readonly DoctorKind[] = [
  { ...lost, name: "PHP's log in a directory that is missing" },
  { ...lost, name: "PHP's log in root's directory", prepares: (pair) => made(pair, 0o755) },
  {
    ...lost,
    name: "PHP's log is root's",
    prepares: (pair) => {
      made(pair, 0o755);
      file(pair, 0, 0o644);
    },
  },
  {
    ...lost,
    name: "PHP's log is a directory",
    prepares: ({ dir }) => mkdirSync(join(dir, "errors/php.log"), { recursive: true }),
  },
  {
    ...kept,
    name: "PHP's log is the pool's, in root's directory",
    prepares: (pair) => {
      made(pair, 0o711);
      file(pair, WWW_DATA, 0o200);
    },
  },
  {
    ...kept,
    name: "PHP's log is made when there is something to write",
    prepares: (pair) => made(pair, 0o1733),
  },
  {
    ...kept,
    name: "PHP's log in a directory behind a link",
    prepares: ({ dir }) => {
      mkdirSync(join(dir, "disk"));
      chmodSync(join(dir, "disk"), 0o777);
      symlinkSync("disk", join(dir, "errors"));
    },
  },
  {
    ...kept,
    live: true,
    name: "PHP's log in a directory with an access control list",
    needs: "acl",
    prepares: (pair) => {
      made(pair, 0o700);
      spawnSync("setfacl", ["-m", "u:www-data:rwx", join(pair.dir, "errors")]);
    },
  },
  {
    ...lost,
    expected: [],
    name: "PHP logs no errors",
    options: { pool: `${LOG}\nphp_admin_flag[log_errors] = off` },
    happens: warned(false),
  },
];
