import { describe, expect, test } from "vitest";
import { tree } from "../support/tree.js";
import { hostsIn, POOL, SITE, WEB, waysIn } from "./support/stack.js";

const { put, top, lint } = tree();

const findings = (): readonly string[] =>
  lint(["."]).findings.map(({ rule, severity }) => `${severity} ${rule}`);
const left = (): readonly string[] => lint(["."]).summary.incomplete.map(({ reason }) => reason);

const MAIN = (more: string): string => `events {}\nhttp {\n  include /etc/nginx/hosts/*.conf;\n${more}}\n`;

describe("files of the tree that no container takes", () => {
  test("what lies where the container's main file looks for more is read with it", () => {
    put({
      "etc/nginx/nginx.conf": MAIN("  fastcgi_read_timeout 90s;\n"),
      "etc/nginx/hosts/shop.conf": SITE("127.0.0.1:9000"),
      "etc/php-fpm.conf": "[global]\ninclude = /etc/php-fpm.d/*.conf\n",
      "etc/php-fpm.d/www.conf": `${POOL("127.0.0.1:9000")}request_terminate_timeout = 120s\n`,
      Dockerfile:
        "FROM rockylinux:9\nRUN dnf install -y nginx php-fpm\nADD ./etc/nginx/nginx.conf /etc/nginx/nginx.conf\nADD etc/php-fpm.conf /etc/php-fpm.conf\nADD etc/php-fpm.d /etc/php-fpm.d\n",
    });
    expect(waysIn(top())).toEqual(["127.0.0.1:9000 → www 127.0.0.1:9000"]);
    expect([...(hostsIn(top())[0]?.aside ?? [])].map((path) => path.split("/").at(-1))).toEqual([
      "shop.conf",
    ]);
    // What the container has there itself is not at rest.
    put({ Dockerfile: "FROM rockylinux:9\nRUN dnf install -y nginx php-fpm\nADD etc /etc\n" });
    expect(waysIn(top())).toEqual(["127.0.0.1:9000 → www 127.0.0.1:9000"]);
    expect(hostsIn(top())[0]?.aside.size).toBe(0);
  });

  test("a main file that a command changes leaves what is beside it known", () => {
    put({
      "site.conf": SITE("127.0.0.1:9000"),
      "fpm.conf": `[global]\n${POOL("127.0.0.1:9000")}`,
      Dockerfile:
        "FROM php:8.2-fpm-alpine\nRUN apk add nginx && rm /usr/local/etc/php-fpm.conf && sed -i s/a/b/ /etc/nginx/nginx.conf\nCOPY site.conf /etc/nginx/http.d/default.conf\nCOPY fpm.conf /usr/local/etc/php-fpm.conf\n",
    });
    expect(waysIn(top())).toEqual(["127.0.0.1:9000 → www 127.0.0.1:9000"]);
    expect(left()).toEqual(["is changed in Dockerfile:2"]);
  });

  test("a site that nobody copies is for the one container that runs both", () => {
    const dockerfile =
      "FROM php:8.2.10-fpm\nRUN apt-get install -y nginx\nCOPY www.conf /usr/local/etc/php-fpm.d/\nCOPY nginx.conf /etc/nginx/nginx.conf\n";
    put({
      "app/nginx.conf": MAIN(""),
      "app/sites/default.conf": SITE("127.0.0.1:9000"),
      "app/www.conf": POOL("127.0.0.1:9000"),
      "app/Dockerfile": dockerfile,
    });
    expect(waysIn(top())).toEqual(["127.0.0.1:9000 → www 9000 (guess)"]);
    // Of two nobody can tell.
    put({ "other/nginx.conf": MAIN(""), "other/www.conf": POOL("9000"), "other/Dockerfile": dockerfile });
    expect(waysIn(top())).toEqual(["127.0.0.1:9000 → nobody"]);
  });

  test("a variant that mounts less runs the pool of the directory that it is built from", () => {
    const php = "  php:\n    build: fpm\n";
    put({
      "site.conf": SITE("php:9000"),
      "fpm/Dockerfile": "FROM registry.example/php:8.2\nRUN apt-get update\n",
      "fpm/www.conf": POOL("9000"),
      "docker-compose.dev.yml": `services:\n${WEB}${php}`,
      "docker-compose.prod.yml": `services:\n${WEB}${php}    volumes: ['./fpm/www.conf:/etc/php/8.2/fpm/pool.d/shop.conf']\n`,
    });
    expect(waysIn(top())).toEqual(["php:9000 → www 9000 (guess)", "php:9000 → www 9000"]);
    // The pool of another directory is not its own.
    put({
      "docker-compose.dev.yml": `services:\n${WEB}  php:\n    build: other\n`,
      "other/Dockerfile": "FROM registry.example/php:8.2\n",
    });
    expect(waysIn(top())[0]).toBe("php:9000 → nobody");
  });

  test("files beside those that a container takes contradict nobody, and nothing of them is certain", () => {
    const files = {
      "nginx/nginx.conf": `events {}\nhttp {\n  server {\n    location ~ \\.php$ { fastcgi_pass shop-php:9000; }\n  }\n  include /etc/nginx/conf.d/*.conf;\n}\n`,
      "nginx/conf.d/upstream.conf": "upstream shop-php {\n  server unix:/run/php.sock;\n}\n",
      "nginx/site.conf": SITE("php:9000"),
    };
    put(files);
    expect(findings()).toContain("error nginx/invalid-address");
    put({
      "compose.yml":
        "services:\n  web:\n    image: nginx:1.27.4\n    volumes: ['./nginx/site.conf:/etc/nginx/conf.d/default.conf']\n  php:\n    image: php:8.2.10-fpm\n",
    });
    expect(findings().filter((one) => one.includes(" nginx/"))).toEqual([]);
    // What is wrong in one of them by itself is said.
    put({ "nginx/nginx.conf": files["nginx/nginx.conf"].replace("shop-php:9000", "http://php:9000") });
    expect(findings()).toContain("warning nginx/invalid-address");
  });
});

describe("a pool of an image", () => {
  test("takes lines without a header, and those that do not count are overridden", () => {
    const stack = (name: string, text: string) => ({
      "site.conf": SITE("php:9000"),
      "pool.conf": text,
      "compose.yml": `services:\n${WEB}  php:\n    image: php:8.2.10-fpm\n    volumes: ['./pool.conf:/usr/local/etc/php-fpm.d/${name}']\n`,
    });
    put(stack("www.conf", POOL("0.0.0.0:9000").replace("[www]\n", "")));
    expect(hostsIn(top())[0]?.pools).toHaveLength(1);
    expect(findings().filter((one) => /fpm\//.test(one))).toEqual(["info fpm/overridden-setting"]);
    // It is read before www.conf of the image.
    put(stack("shop.conf", "pm.max_children = 12\n"));
    expect(findings().filter((one) => /fpm\//.test(one))).toEqual(["warning fpm/overridden-setting"]);
  });

  test("may run as root where a script or supervisord starts it so", () => {
    const pool = "[www]\nuser = root\ngroup = root\nlisten = 9000\npm = static\npm.max_children = 2\n";
    put({
      "builder/pools/www.conf.template": pool,
      "rootfs/etc/supervisor/supervisord.conf": "[program:nginx]\ncommand = nginx\n",
    });
    expect(findings()).toContain("warning fpm/root-user");
    put({
      "rootfs/etc/supervisor/supervisord.conf":
        "[program:php]\ncommand = /usr/sbin/php-fpm8 -R --nodaemonize\n",
    });
    expect(findings()).not.toContain("warning fpm/root-user");
  });
});
