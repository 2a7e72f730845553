import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { diskFilesystem } from "../../src/host/disk.js";
import { type Files, fixture, NGINX, POOL, sample } from "../build/samples.js";
import { describeProofs } from "./available.js";
import { copyFixture, hostPaths, logs, type Running, request, start } from "./bench.js";
import { poolOf } from "./pool-observations.js";
import { groupMembers } from "./processes.js";

async function withFixture(files: Files, work: (running: Running) => Promise<void>): Promise<void> {
  const running = await start(await copyFixture(fixture(files)));
  try {
    await work(running);
  } finally {
    await running.stop();
  }
}

const read = (file: string): string => fs.readFileSync(file, "utf8");

describe("the substitution", () => {
  async function copied(
    files: Files,
    name: string,
  ): Promise<{ text: string; root: string; port: (n: number) => string }> {
    const copy = await copyFixture(fixture(files));
    try {
      return { text: read(`${copy.root}/${name}`), root: copy.root, port: (n) => String(copy.ports.get(n)) };
    } finally {
      copy.remove();
    }
  }

  test("moves paths and leaves URIs and patterns", async () => {
    const lines = `http {
# /etc/comment unix:/run/x.sock
map $host $pool { /var/key unix:/run/php/a.sock; default "unix:/var/run/php/b.sock"; }
server {
  listen unix:/run/nginx.sock;
  location ~ ^/var/(.+)\\.php$ { root /srv/www; try_files /etc/x =404; }
  location /etc { fastcgi_param PHP_VALUE "open_basedir=/srv/a:/tmp"; fastcgi_param SCRIPT_NAME /var/x.php; }
  if (-f /var/www/off) { return 503; }
  if ($uri = /var/www/off) { return 302 /etc; }
  alias /variable/etc; error_log /var/log/e.log;
}}
`;
    const { text, root } = await copied({ [NGINX]: lines }, NGINX);
    const expected = lines
      .replaceAll("unix:/run/php", `unix:${root}/run/php`)
      .replace("unix:/var/run/php", `unix:${root}/run/php`)
      .replace("unix:/run/nginx", `unix:${root}/run/nginx`)
      .replace("/srv/www", `${root}/srv/www`)
      .replace("/srv/a:/tmp", `${root}/srv/a:${root}/tmp`)
      .replace("-f /var", `-f ${root}/var`)
      .replace("/var/log", `${root}/var/log`);
    expect(text.replace(/(?<=^http \{).*$/m, "")).toBe(expected);
    expect(text.split("\n")[0]).toContain(
      ` client_body_temp_path ${root}/var/lib/nginx/client_body_temp_path;`,
    );
  });

  test("gives one port one substitute in both halves", async () => {
    const files = {
      ...sample({ listen: "127.0.0.1:9000 ; as /run/x:9000", pass: "php" }),
      "etc/nginx/conf.d/up.conf": `upstream php { server 127.0.0.1:9000; server localhost:9001 down; server [::1]:70000; }
map $host $p { a 9000; b 9002; c 127.0.0.1:9000; }
server { server_name x; }
server { listen [::]:80; listen 127.0.0.1; listen *:8080 default_server; set $x 127.0.0.1:9000; }
`,
    };
    const pool = await copied(files, POOL);
    expect(pool.text).toContain(`listen = 127.0.0.1:${pool.port(9000)} ; as /run/x:9000\n`);
    const { text, port } = await copied(files, "etc/nginx/conf.d/up.conf");
    expect(
      text,
    ).toBe(`upstream php { server 127.0.0.1:${port(9000)}; server localhost:${port(9001)} down; server [::1]:70000; }
map $host $p { a ${port(9000)}; b 9002; c 127.0.0.1:${port(9000)}; }
server { listen ${port(80)}; server_name x; }
server { listen [::]:${port(80)}; listen 127.0.0.1:${port(80)}; listen *:${port(8080)} default_server; set $x 127.0.0.1:${port(9000)}; }
`);
  });

  test("brings the stock files that are included, and no others", async () => {
    const copy = await copyFixture(fixture(sample()));
    const names = fs.readdirSync(`${copy.root}/etc/nginx`);
    copy.remove();
    const there = ["fastcgi_params", "mime.types"].filter((name) => fs.existsSync(`/etc/nginx/${name}`));
    expect(names.sort()).toEqual([...there, "nginx.conf"].sort());
    expect(fs.existsSync(copy.dir)).toBe(false);
  });

  test("keeps paths meaning the same to whoever reads the copy as a host of its own", async () => {
    const copy = await copyFixture(fixture(sample()));
    const entry = diskFilesystem({ root: copy.root, workingDirectory: "/" }).entry(`${copy.root}/${NGINX}`);
    copy.remove();
    expect([entry.kind, entry.path]).toEqual(["file", `/${NGINX}`]);
  });

  test("finds the main files of the usual layouts", () => {
    const files = [
      "etc/php/8.2/fpm/php-fpm.conf",
      POOL,
      "etc/php/8.2/fpm/php.ini",
      "usr/local/etc/php-fpm.conf",
    ];
    const more = ["usr/local/etc/php/conf.d/x.ini", "etc/nginx/php-fpm.conf", "etc/php-fpm.d/php-fpm.conf"];
    const all = Object.fromEntries([...files, ...more, NGINX].map((name) => [name, ""]));
    expect(hostPaths(fixture(all))).toEqual({
      nginx: "/etc/nginx/nginx.conf",
      masters: [
        { main: "/etc/php/8.2/fpm/php-fpm.conf", ini: "/etc/php/8.2/fpm/php.ini", scan: null },
        { main: "/usr/local/etc/php-fpm.conf", ini: null, scan: "/usr/local/etc/php/conf.d" },
      ],
    });
  });
});

describeProofs("the bench", (proof) => {
  proof("a pair that works answers through both daemons", () =>
    withFixture(sample(), async (running) => {
      expect(running.started, running.output).toBe(true);
      const answer = await request(running, { path: "/index.php?a=1" });
      expect(answer.status).toBe(200);
      const seen = JSON.parse(answer.body);
      expect(seen).toMatchObject({ sapi: "fpm-fcgi", method: "GET", get: { a: "1" } });
      expect(poolOf(seen.pid)).toBe("www");
      const form = await request(running, { path: "/body.php", bodyBytes: 5000 });
      expect(JSON.parse(form.body)).toMatchObject({ declared: 5000, input: 5000, post: 1 });
    }),
  );

  proof("a pair over TCP answers, too", () =>
    withFixture(sample({ listen: "9000", pass: "127.0.0.1:9000" }), async (running) => {
      expect((await request(running, { path: "/index.php", port: 80 })).status).toBe(200);
    }),
  );

  proof("a socket that is not there gives 502 and the fixture's own path in the log", () =>
    withFixture(sample({ pass: "unix:/run/php/other.sock" }), async (running) => {
      expect((await request(running, { path: "/index.php" })).status).toBe(502);
      expect(logs(running).nginx).toContain(
        "connect() to unix:/run/php/other.sock failed (2: No such file or directory)",
      );
    }),
  );

  proof("a socket that nginx may not open gives 502 and 13", () =>
    withFixture(sample({ pool: "listen.owner = root\nlisten.group = root" }), async (running) => {
      expect((await request(running, { path: "/index.php" })).status).toBe(502);
      expect(logs(running).nginx).toContain("(13: Permission denied)");
    }),
  );

  proof("a worker that PHP-FPM kills gives 502 and 104", () =>
    withFixture(sample({ pool: "request_terminate_timeout = 1s" }), async (running) => {
      expect((await request(running, { path: "/slow.php?s=4" })).status).toBe(502);
      expect(logs(running).nginx).toContain("recv() failed (104: Connection reset by peer)");
      expect(logs(running).fpm).toContain("execution timed out");
    }),
  );

  proof("a header that does not fit gives 502", () =>
    withFixture(sample(), async (running) => {
      expect((await request(running, { path: "/header.php?n=6000" })).status).toBe(502);
      expect(logs(running).nginx).toContain("upstream sent too big header");
    }),
  );

  proof("a configuration that nginx refuses is a result", () =>
    withFixture({ ...sample(), [NGINX]: "events { }\nhttp { serve; }\n" }, async (running) => {
      expect(running.started).toBe(false);
      expect(running.output).toContain('unknown directive "serve" in /etc/nginx/nginx.conf:2');
      expect(running.daemons.map((daemon) => [daemon.name, daemon.started])).toEqual([
        ["php-fpm", true],
        ["nginx", false],
      ]);
    }),
  );

  proof("a configuration that PHP-FPM refuses is a result", () =>
    withFixture(
      { ...sample(), [POOL]: "[www]\nlisten = /run/php/www.sock\nuser = root\npm = static\n" },
      async (running) => {
        expect(running.started).toBe(false);
        expect(running.output).toContain("pm.max_children must be a positive value");
      },
    ),
  );

  proof("stopping leaves neither a process nor a directory", async () => {
    const running = await start(await copyFixture(fixture(sample())));
    const groups = running.daemons.map((daemon) => daemon.pid);
    expect(groups.map((pid) => groupMembers(pid).length > 1)).toEqual([true, true]);
    await running.stop();
    expect(groups.flatMap(groupMembers)).toEqual([]);
    expect(fs.existsSync(running.copy.dir)).toBe(false);
  });

  proof("two benches do not meet", async () => {
    const tcp = (name: string): Files => ({
      ...sample({ listen: "127.0.0.1:9000", pass: "127.0.0.1:9000" }),
      "var/www/html/name.php": `<?php echo '${name}';`,
    });
    const both = await Promise.all(
      ["a", "b"].map(async (name) => start(await copyFixture(fixture(tcp(name))))),
    );
    try {
      const answers = await Promise.all(both.map((running) => request(running, { path: "/name.php" })));
      expect(answers.map((answer) => answer.body)).toEqual(["a", "b"]);
    } finally {
      await Promise.all(both.map((running) => running.stop()));
    }
  });
});
