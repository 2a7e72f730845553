import { asking, type Kind, plain } from "../kind.js";
import { pause } from "../pair.js";

/** Nothing is lost that a site does not lose every day. */
export const clean: readonly Kind[] = [
  { name: "nothing", expected: [], happens: plain },
  {
    name: "scanner",
    expected: [],
    happens: (pair) =>
      Promise.all(["/wp-login.php", "/.env", "/x.php", "/a.php"].map((path) => pair.ask(path))),
  },
  {
    name: "warnings",
    expected: [],
    options: { pool: "php_admin_flag[log_errors] = on" },
    happens: asking("m=warn"),
  },
  {
    name: "pages that are not there",
    expected: [],
    happens: (pair, many) => pair.askMany("/old-page.html", many + 3),
  },
  {
    name: "reloaded in peace",
    expected: [],
    happens: async (pair, many) => {
      await plain(pair, many);
      pair.signalFpm("SIGUSR2");
      await pair.wait("fpm.log", "ready to handle connections", 2);
      await plain(pair, many);
    },
  },
  {
    name: "restarted in peace",
    expected: [],
    happens: async (pair, many) => {
      await plain(pair, many);
      await pair.stopFpm();
      await pair.startFpmAgain(2);
      await plain(pair, many);
    },
  },
  {
    name: "nginx reloaded under load",
    expected: [],
    happens: async (pair, many) => {
      const asked = asking("m=sleep&s=1")(pair, Math.min(many, 3));
      await pause(300);
      await pair.reloadNginx();
      await asked;
      await plain(pair, many);
    },
  },
  {
    name: "large answers",
    expected: [],
    happens: (pair, many) =>
      Promise.all(Array.from({ length: many }, () => pair.ask("/index.php?m=large", null, 800))),
  },
  {
    name: "busy and served",
    expected: [],
    options: {
      pool: "pm = dynamic\npm.max_children = 2\npm.start_servers = 1\npm.min_spare_servers = 1\npm.max_spare_servers = 1",
    },
    happens: (pair, many) => asking("m=sleep&s=1")(pair, many + 3),
  },
  {
    name: "a visitor hangs up",
    expected: [],
    happens: async (pair) => {
      await plain(pair, 40);
      await pair.hangUp("/index.php?m=sleep&s=1", 300);
      await pause(1000);
    },
  },
  {
    name: "edited in peace",
    expected: [],
    happens: async (pair, many) => {
      await plain(pair, many);
      pair.edit("fpm", (text) => `${text}\npm.max_requests = 500\n`);
      await plain(pair, many);
    },
  },
];
