import { asking, type Kind, sending } from "../kind.js";
import { pause } from "../pair.js";

/** Workers are busy, or a script waits. */
export const full: readonly Kind[] = [
  {
    name: "slow script",
    expected: ["script-waits"],
    options: { location: "fastcgi_read_timeout 1s;" },
    happens: (pair, many) => asking("m=sleep&s=3")(pair, Math.min(many, 3)),
  },
  {
    name: "slow script, logged",
    expected: ["script-waits"],
    options: {
      location: "fastcgi_read_timeout 2s;",
      pool: "slowlog = DIR/log/slow.log\nrequest_slowlog_timeout = 1",
    },
    happens: (pair, many) => asking("m=sleep&s=4")(pair, Math.min(many, 3)),
  },
  {
    name: "full, static",
    expected: ["workers-busy"],
    options: { location: "fastcgi_read_timeout 1s;", pool: "pm = static\npm.max_children = 1" },
    happens: (pair, many) => asking("m=sleep&s=2")(pair, many + 2),
  },
  {
    name: "slow script, PHP-FPM's access log",
    expected: ["script-waits"],
    options: {
      location: "fastcgi_read_timeout 1s;",
      pool: `access.log = DIR/log/fpm-access.log\naccess.format = "%t %{seconds}d %m %r %s"`,
    },
    happens: async (pair) => {
      await asking("m=sleep&s=3")(pair, 2);
      await pause(2500);
    },
  },
  {
    name: "full, static, PHP-FPM's access log",
    expected: ["workers-busy"],
    options: {
      location: "fastcgi_read_timeout 2s;",
      pool: `pm = static\npm.max_children = 1\naccess.log = DIR/log/fpm-access.log\naccess.format = "%t %{seconds}d %m %r %s"`,
    },
    happens: async (pair, many) => {
      await asking("m=sleep&s=1")(pair, many + 4);
      await pause(3000);
    },
  },
  {
    name: "full, dynamic",
    expected: ["workers-busy"],
    options: {
      location: "fastcgi_read_timeout 3s;",
      pool: "pm = dynamic\npm.max_children = 2\npm.start_servers = 1\npm.min_spare_servers = 1\npm.max_spare_servers = 1",
    },
    happens: (pair, many) => asking("m=sleep&s=5")(pair, many + 3),
  },
  {
    name: "full, ondemand",
    expected: ["workers-busy"],
    options: { location: "fastcgi_read_timeout 3s;", pool: "pm = ondemand\npm.max_children = 2" },
    happens: (pair, many) => asking("m=sleep&s=5")(pair, many + 3),
  },
  {
    name: "queue full",
    expected: ["pool/backlog"],
    only: "unix",
    options: { pool: "pm = static\npm.max_children = 1\nlisten.backlog = 1" },
    happens: (pair, many) => asking("m=sleep&s=2")(pair, many + 5),
  },
  {
    name: "queue full, port",
    expected: ["pool/backlog", "workers-busy"],
    only: "tcp",
    options: {
      location: "fastcgi_connect_timeout 2s; fastcgi_read_timeout 8s;",
      pool: "pm = static\npm.max_children = 1\nlisten.backlog = 1",
    },
    happens: (pair, many) => asking("m=sleep&s=5")(pair, many + 6),
  },
  {
    name: "full, large bodies",
    expected: ["workers-busy"],
    only: "unix",
    options: {
      server: "client_max_body_size 10m;",
      location: "fastcgi_send_timeout 1s; fastcgi_request_buffering on;",
      pool: "pm = static\npm.max_children = 1",
    },
    happens: async (pair, many) => {
      const asked = pair.ask("/index.php?m=sleep&s=4");
      await pause(300);
      await sending(2_000_000)(pair, many + 1);
      await asked;
    },
  },
  {
    name: "full, process.max",
    expected: ["pool/process-max", "workers-busy"],
    options: {
      location: "fastcgi_read_timeout 3s;",
      global: "process.max = 2",
      pool: "pm = ondemand\npm.max_children = 10",
    },
    happens: (pair, many) => asking("m=sleep&s=5")(pair, many + 3),
  },
  {
    name: "front gives up",
    expected: ["front-gives-up"],
    happens: async (pair, many) => {
      for (let time = 0; time < many; time += 1)
        await Promise.all([1, 2].map(() => pair.hangUp("/index.php?m=sleep&s=1", 500)));
      await pause(1000);
    },
  },
  {
    name: "stalls halfway",
    expected: ["script-waits"],
    options: { location: "fastcgi_read_timeout 1s;" },
    happens: (pair, many) => asking("m=stall&s=3")(pair, Math.min(many, 3)),
  },
  {
    name: "max_execution_time",
    expected: ["script-waits", "timeout/execution-limit-unreachable"],
    happens: (pair, many) => asking("m=loop")(pair, Math.min(many, 2)),
  },
  {
    name: "connections of nginx",
    // As long as nginx finds connections on which no request is, it closes these and logs none of them.
    expected: ["nginx-out-of-files", "connections-full"],
    options: { connections: 8 },
    happens: (pair, many) => asking("m=sleep&s=1")(pair, many + 8),
  },
];
