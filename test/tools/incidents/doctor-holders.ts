/** What keeps a daemon from starting, and what hides one that runs. */
import { spawn } from "node:child_process";
import { createServer, type Server } from "node:net";
import type { DoctorKind } from "./doctor-kinds.js";
import type { Pair } from "./pair.js";

/** Another program in the place of a daemon; the answer ends it. */
async function listenAt(at: { readonly port: number; readonly host: string }): Promise<() => void> {
  const server = await new Promise<Server>((done) => {
    const one = createServer((connection) => connection.on("error", () => connection.destroy()));
    one.listen(at, () => done(one));
  });
  return () => server.close();
}

const portOf = ({ listen }: Pair): number => Number(listen.split(":")[1]);

export const holderKinds: readonly DoctorKind[] = [
  {
    name: "another program has the pool's port",
    expected: ["basics/php-fpm"],
    only: "tcp",
    happens: async (pair) => {
      await pair.stopFpm();
      return listenAt({ host: "127.0.0.1", port: portOf(pair) });
    },
  },
  {
    name: "another program has nginx's port",
    expected: ["basics/nginx"],
    happens: async (pair) => {
      pair.signalNginx("SIGTERM");
      await pair.ended("nginx");
      return listenAt({ host: "127.0.0.1", port: pair.port });
    },
  },
  {
    status: 200,
    name: "PHP-FPM's master killed, and its workers go on",
    expected: ["basics/php-fpm"],
    happens: async (pair) => {
      const workers = pair.workers();
      pair.signalFpm("SIGKILL");
      await pair.ended("fpm");
      return () => {
        for (const one of workers) process.kill(one, "SIGKILL");
      };
    },
  },
  {
    name: "PHP-FPM's master stands still, and starts no worker",
    expected: ["basics/stopped"],
    options: { pool: "pm = ondemand\npm.max_children = 3\npm.process_idle_timeout = 1s" },
    happens: async (pair) => {
      for (let tries = 0; tries < 60 && pair.workers().length > 0; tries += 1)
        await new Promise((wake) => setTimeout(wake, 100));
      pair.signalFpm("SIGSTOP");
      return () => pair.signalFpm("SIGCONT");
    },
  },
  {
    status: 200,
    name: "processes come and go",
    expected: [],
    happens: async () => {
      const shells = [1, 2].map(() =>
        spawn("sh", ["-c", "while :; do /bin/true; done"], { stdio: "ignore" }),
      );
      return () => {
        for (const one of shells) one.kill();
      };
    },
  },
];
