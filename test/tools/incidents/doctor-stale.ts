/** What a daemon read once, and what was changed since. */
import { spawnSync } from "node:child_process";
import { renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DoctorKind } from "./doctor-kinds.js";
import { type Pair, pause } from "./pair.js";

const TLS = "ssl_certificate DIR/cert.pem; ssl_certificate_key DIR/key.pem; listen 127.0.0.1:PORT ssl;";

function makeCertificate({ dir }: Pair): void {
  const words = `req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=shop.example -out ${dir}/cert.pem -keyout ${dir}/key.pem`;
  if (spawnSync("openssl", words.split(" ")).status !== 0) throw new Error("openssl made no certificate");
}

/** Times in whole seconds, and a second or two that are no change. */
const LATER = 4000;

export const staleKinds: readonly DoctorKind[] = [
  {
    name: "certificate renewed, and nginx not reloaded",
    expected: ["basics/nginx-reloaded"],
    options: { server: TLS },
    prepares: makeCertificate,
    happens: async (pair) => {
      await pause(LATER);
      makeCertificate(pair);
    },
  },
  {
    name: "certificate renewed, and nginx reloaded",
    expected: [],
    options: { server: TLS },
    prepares: makeCertificate,
    happens: async (pair) => {
      await pause(LATER);
      makeCertificate(pair);
      await pair.reloadNginx();
    },
  },
  {
    status: 200,
    name: "another user of the pool, by rsync -t",
    expected: ["basics/pools"],
    happens: async (pair) => {
      pair.edit("fpm", (text) => text.replace("user = www-data", "user = nobody"));
      utimesSync(pair.files.fpm, 1_700_000_000, 1_700_000_000);
    },
  },
  {
    status: 200,
    name: "nginx's file has another number",
    expected: ["basics/nginx"],
    happens: async ({ dir }) => writeFileSync(join(dir, "nginx.pid"), String(process.pid)),
  },
  {
    status: 200,
    name: "PHP-FPM's file has another number",
    expected: ["basics/php-fpm"],
    options: { global: "pid = DIR/fpm.pid" },
    happens: async ({ dir }) => writeFileSync(join(dir, "fpm.pid"), String(process.pid)),
  },
  {
    status: 404,
    name: "a root of links that lead in a circle",
    expected: ["requests/roots"],
    options: { pool: "php_admin_value[opcache.enable] = 0" },
    happens: async ({ dir }) => {
      renameSync(join(dir, "www"), join(dir, "www-old"));
      symlinkSync(join(dir, "www"), join(dir, "www"));
    },
  },
];
