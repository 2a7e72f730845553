import { describe, expect, test } from "vitest";
import { tree } from "../support/tree.js";
import { SITE } from "./support/stack.js";

/** Files that a script changes before the daemons read them: what it fills in is unknown, and not wrong. */

const { put, lint } = tree();

const said = (): readonly string[] =>
  lint(["."]).findings.flatMap(({ rule, severity, message }) =>
    severity === "info" ? [] : [`${severity} ${rule}: ${message}`],
  );

const NGINX = `events {}\nhttp {\n  fastcgi_read_timeout $fastcgi_read_timeout;\n  ${SITE("127.0.0.1:9000").replace("listen 80;", "listen 80;\n  client_max_body_size $max_body;")}}\n`;
const POOL =
  "[www]\nuser = www-data\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\nclear_env = $clear_env\n";
const ENTRYPOINT = `#!/bin/sh\nfor file in /etc/nginx/nginx.conf /usr/local/etc/php-fpm.d/www.conf; do\n  tmp=$(cat $file | envsubst "$(env | cut -d= -f1 | sed 's/^/$/')")\n  echo "$tmp" > $file\ndone\nnginx\nexec php-fpm\n`;

const ROOTFS = {
  Dockerfile: "FROM php:8.2-fpm-alpine\nRUN apk add nginx gettext\nADD rootfs /\n",
  "rootfs/etc/nginx/nginx.conf": NGINX,
  "rootfs/usr/local/etc/php-fpm.d/www.conf": POOL,
};

describe("files that a script fills in", () => {
  test("variables where the daemons know none are the script's", () => {
    put({ ...ROOTFS, "rootfs/docker-entrypoint.sh": ENTRYPOINT });
    expect(said()).toEqual([]);
  });

  test.each([
    ["no script", {}],
    ["a script that names other files", { "fill.sh": "envsubst < /etc/app.conf.in > /etc/app.conf\n" }],
    [
      "a script that only names them",
      { "check.sh": "ls /etc/nginx/nginx.conf /usr/local/etc/php-fpm.d/www.conf\n" },
    ],
    [
      "a Dockerfile that copies them",
      {
        Dockerfile: `${ROOTFS.Dockerfile}RUN sed -i s/a/b/ /etc/hosts\nCOPY rootfs/etc/nginx/nginx.conf /etc/nginx/\nCOPY rootfs/usr/local/etc/php-fpm.d/www.conf /usr/local/etc/php-fpm.d/\n`,
      },
    ],
  ])("with %s they are wrong", (_, more) => {
    put({ ...ROOTFS, ...more });
    expect(said()).toEqual([
      expect.stringContaining('not "$fastcgi_read_timeout"'),
      expect.stringContaining('not "$max_body"'),
      expect.stringContaining("clear_env is $clear_env"),
    ]);
  });

  const UPSTREAM = `upstream php { server PHP_HOST:PHP_PORT; }\n${SITE("php")}`;

  test("a word that a script replaces", () => {
    put({
      Dockerfile:
        "FROM nginx:1.27\nENV PHP_HOST phpfpm\nCOPY site.conf /etc/nginx/conf.d/default.conf\nCOPY start.sh /usr/local/bin/\nCMD start.sh\n",
      "site.conf": UPSTREAM,
      "start.sh": `#!/bin/sh\nsed -i "s/PHP_HOST/$PHP_HOST/" /etc/nginx/conf.d/default.conf\nnginx -g "daemon off;"\n`,
    });
    expect(said()).toEqual([]);
    put({ "start.sh": `#!/bin/sh\nnginx -g "daemon off;"\n` });
    expect(said()).toEqual([expect.stringContaining("has the port PHP_PORT")]);
  });

  test("the script may name the path in the container alone, or the words alone", () => {
    const image = {
      Dockerfile: "FROM nginx:1.27\nCOPY site.conf /etc/nginx/conf.d/shop.conf\n",
      "site.conf": UPSTREAM,
    };
    put({ ...image, "run.sh": "sed -i s/@/x/ /etc/nginx/conf.d/shop.conf\n" });
    expect(said()).toEqual([]);
    put({ "run.sh": "for f in /etc/nginx/conf.d/*; do sed -i s/PHP_PORT/9000/ $f; done\n" });
    expect(said()).toEqual([]);
  });

  test("a function of the script's own, and an ini of PHP", () => {
    const stack = {
      "docker/local.ini":
        "post_max_size=POST_MAX_SIZE\nmemory_limit = MEMORY_LIMIT\nerror_reporting = E_ALL\n",
      "docker/Dockerfile": "FROM php:8.2-fpm\nCOPY local.ini /usr/local/etc/php/conf.d/local.ini\n",
      "site.conf": SITE("php:9000", "/var/www/html"),
      "compose.yml":
        "services:\n  web:\n    image: nginx:1.27\n    volumes: ['./site.conf:/etc/nginx/conf.d/default.conf', 'app:/var/www/html']\n  php:\n    build: docker\n    volumes: ['app:/var/www/html']\nvolumes: {app: }\n",
    };
    put(stack);
    expect(said()).toEqual([
      expect.stringContaining("post_max_size = POST_MAX_SIZE"),
      expect.stringContaining("memory_limit = MEMORY_LIMIT"),
    ]);
    put({ "setup.sh": "replaceAllInFile docker/local.ini POST_MAX_SIZE $SIZE\n" });
    expect(said()).toEqual([]);
  });

  test("a file whose name says that it is a template", () => {
    const pool = (mode: string): string =>
      `[global]\n[www]\nuser = www-data\nlisten = /run/$pool.sock\nlisten.mode = ${mode}\npm = static\npm.max_children = $PHP_CHILDREN\n`;
    put({ "php-fpm.conf.tpl": pool("$PHP_MODE") });
    expect(said()).toEqual([]);
    put({ "php-fpm.conf.tpl": pool("o660").replace("$PHP_CHILDREN", "5") });
    expect(said()).toEqual([expect.stringContaining("listen.mode is o660")]);
  });

  test("what the entrypoint of nginx's image makes of templates", () => {
    put({
      Dockerfile: "FROM nginx:1.27\nCOPY site.conf.template /etc/nginx/templates/default.conf.template\n",
      "site.conf.template": SITE("php:9000").replace(
        "listen 80;",
        "listen 80;\n  client_max_body_size $MAX_BODY;\n  fastcgi_read_timeout READ_TIMEOUT;",
      ),
    });
    expect(said()).toEqual([]);
  });

  test("a whole host is read as it is", () => {
    put({
      "etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\n",
      "etc/group": "root:x:0:\nwww-data:x:33:\n",
      "etc/nginx/nginx.conf": NGINX,
      "etc/init.d/fill": "sed -i s/a/b/ /etc/nginx/nginx.conf\n",
    });
    expect(said()).toContainEqual(expect.stringContaining('not "$fastcgi_read_timeout"'));
  });

  test("values next to what is filled in are still judged", () => {
    put({
      ...ROOTFS,
      "rootfs/docker-entrypoint.sh": ENTRYPOINT,
      "rootfs/etc/nginx/nginx.conf": NGINX.replace("events {}", "events {}\nworker_processes 4x;"),
      "rootfs/usr/local/etc/php-fpm.d/www.conf": `${POOL}catch_workers_output = jes\n`,
    });
    expect(said()).toEqual([
      expect.stringContaining("4x"),
      expect.stringContaining("catch_workers_output is jes"),
    ]);
  });
});
