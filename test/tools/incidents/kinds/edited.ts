import { type Kind, plain, sending } from "../kind.js";
import { type Pair, pause } from "../pair.js";

/** The address of the pool becomes another one. */
function moved({ listen }: Pair): (text: string) => string {
  const other = listen.endsWith(".sock")
    ? listen.replace(/\.sock$/, "-new.sock")
    : `${listen.slice(0, -1)}${(Number(listen.at(-1)) + 1) % 10}`;
  return (text) => text.replaceAll(listen, other);
}

/** Both halves get another socket, and PHP-FPM alone starts anew. */
const onlyFpmReads: Kind["happens"] = async (pair, many) => {
  await pause(1100);
  await pair.stopFpm();
  pair.edit("nginx", moved(pair));
  pair.edit("fpm", moved(pair));
  await pair.startFpmAgain(2);
  await plain(pair, many);
};

/** The files were changed while the daemons ran. */
export const edited: readonly Kind[] = [
  {
    name: "nginx not reloaded",
    expected: ["not-reloaded"],
    happens: onlyFpmReads,
  },
  {
    name: "PHP-FPM not reloaded",
    expected: ["not-reloaded"],
    happens: async (pair, many) => {
      await pause(1100);
      pair.edit("nginx", moved(pair));
      pair.edit("fpm", moved(pair));
      await pair.reloadNginx();
      await plain(pair, many);
    },
  },
  {
    name: "changed and reloaded",
    expected: ["connect/listen-mismatch"],
    happens: async (pair, many) => {
      await pause(1100);
      pair.edit("nginx", moved(pair));
      await pair.reloadNginx();
      await plain(pair, many);
    },
  },
  {
    name: "nginx reloaded late",
    expected: ["changed-since"],
    happens: async (pair, many) => {
      await onlyFpmReads(pair, many);
      await pair.reloadNginx();
      await plain(pair, many);
    },
  },
  {
    name: "PHP-FPM reloaded late",
    expected: ["changed-since"],
    options: { pool: "php_admin_value[post_max_size] = 1K" },
    happens: async (pair, many) => {
      await pause(1100);
      pair.edit("fpm", (text) => text.replace("[post_max_size] = 1K", "[post_max_size] = 9M"));
      await pause(1100);
      await sending(20_000)(pair, many);
      await pause(1100);
      pair.signalFpm("SIGUSR2");
      await pair.wait("fpm.log", "ready to handle connections", 2);
      await sending(20_000)(pair, many);
    },
  },
  {
    name: "client_max_body_size raised, not reloaded",
    expected: ["not-reloaded"],
    options: { server: "client_max_body_size 10k;" },
    happens: async (pair, many) => {
      await pause(1100);
      pair.edit("nginx", (text) => text.replace("client_max_body_size 10k;", "client_max_body_size 10m;"));
      await pause(1100);
      await sending(20_000)(pair, many);
    },
  },
  {
    name: "post_max_size raised, not reloaded",
    expected: ["not-reloaded"],
    options: { pool: "php_admin_value[post_max_size] = 1K" },
    happens: async (pair, many) => {
      await pause(1100);
      pair.edit("fpm", (text) => text.replace("[post_max_size] = 1K", "[post_max_size] = 9M"));
      await pause(1100);
      await sending(20_000)(pair, many);
    },
  },
];
