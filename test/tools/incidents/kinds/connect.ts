import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Kind, plain } from "../kind.js";

/** nginx gets no connection, or PHP-FPM refuses it. */
export const connect: readonly Kind[] = [
  {
    name: "wrong socket",
    expected: ["connect/listen-mismatch"],
    only: "unix",
    options: { pass: "unix:DIR/run/other.sock" },
    happens: plain,
  },
  {
    name: "wrong port",
    expected: ["connect/listen-mismatch"],
    only: "tcp",
    options: { pass: "127.0.0.1:PORT" },
    happens: plain,
  },
  {
    name: "mode",
    expected: ["socket/permission-denied"],
    only: "unix",
    options: { pool: "listen.owner = root\nlisten.group = root\nlisten.mode = 0600" },
    happens: plain,
  },
  {
    name: "chmod by hand",
    expected: ["directory-above-socket"],
    only: "unix",
    happens: (pair, many) => {
      chmodSync(pair.listen, 0);
      return plain(pair, many);
    },
  },
  {
    name: "directory closed",
    expected: ["directory-above-socket"],
    only: "unix",
    happens: (pair, many) => {
      chmodSync(join(pair.dir, "run"), 0o700);
      return plain(pair, many);
    },
  },
  {
    name: "socket removed",
    expected: ["socket-removed"],
    only: "unix",
    happens: (pair, many) => {
      rmSync(pair.listen);
      return plain(pair, many);
    },
  },
  {
    name: "allowed_clients",
    expected: ["connect/allowed-clients"],
    only: "tcp",
    options: { pool: "listen.allowed_clients = 10.9.9.9" },
    happens: plain,
  },
  {
    name: "not FastCGI",
    expected: ["connect/wrong-protocol"],
    only: "tcp",
    options: { pass: "127.0.0.1:PORT", http: "server { listen 127.0.0.1:PORT; return 200; }" },
    happens: plain,
  },
  {
    name: "group down",
    expected: ["connect/listen-mismatch", "fpm-down"],
    only: "tcp",
    options: {
      pass: "pools",
      http: "upstream pools { server 127.0.0.1:PORT; server 127.0.0.1:PORT max_fails=1; }",
    },
    happens: async (pair, many) => {
      for (let at = 0; at < many + 2; at += 1) await plain(pair, 1);
    },
  },
  {
    name: "no resolver",
    expected: ["connect/no-resolver"],
    only: "tcp",
    options: { pass: "$name:9000", server: "set $name php.invalid;" },
    happens: plain,
  },
  {
    name: "allowed_clients, a name",
    expected: ["connect/allowed-clients"],
    only: "tcp",
    options: { pool: "listen.allowed_clients = localhost" },
    happens: plain,
  },
];
