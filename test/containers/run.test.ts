import { describe, expect, test } from "vitest";
import { tree } from "../support/tree.js";
import { hostsIn, POOL, SITE, WEB, waysIn } from "./support/stack.js";

/** What the commands of a Dockerfile do to the files of the daemons. */

const { put, top, lint } = tree();

const MAIN = `[global]\ninclude=/usr/local/etc/php-fpm.d/*.conf\n`;
const OWN = `[www]\nuser = www-data\nlisten = 9000\npm = ondemand\npm.max_children = 7\n`;

const said = (): readonly string[] => lint(["."]).findings.map(({ rule, severity }) => `${severity} ${rule}`);
const notChecked = (): readonly string[] =>
  lint(["."]).summary.incomplete.map(({ file, reason }) => `${file}: ${reason}`);

describe("what RUN does to the pools of an image", () => {
  /** The last value of `pm.max_children`, and whether it is that of the image. */
  const children = (): readonly unknown[] =>
    hostsIn(top()).flatMap(({ masters }) =>
      masters.flatMap(({ pools }) =>
        pools.map(({ settings }) => settings.findLast(({ key }) => key === "pm.max_children")?.value),
      ),
    );

  const pools = "/usr/local/etc/php-fpm.d";

  test.each([
    ["the directory", `rm -rf ${pools}`],
    ["it and another one", `rm -rf /tmp/x ${pools} /var/cache/y && mkdir -p ${pools}`],
    ["with options apart", `rm -r -f ${pools}/`],
    ["with options in another order", `rm -fr ${pools}`],
    ["with a capital letter", `rm -Rf ${pools}`],
    ["all in it", `rm -rf ${pools}/*`],
    ["what a wildcard takes", `rm ${pools}/*.conf`],
    ["each by its name", `rm -f ${pools}/www.conf ${pools}/docker.conf ${pools}/zz-docker.conf`],
    ["below the directory that a cd leads to", `cd ${pools} && rm -f www.conf docker.conf zz-docker.conf`],
    ["a wildcard there", `cd ${pools}; rm *.conf`],
    ["by a path with dots", "rm -rf /usr/local/etc/php/../php-fpm.d"],
    ["by a variable of the image", "rm -rf $PHP_INI_DIR/../php-fpm.d"],
    ["where it is there", `if [ -d ${pools} ]; then rm -rf ${pools}; fi`],
    ["with sudo", `sudo rm -rf ${pools}`],
    ["moved away", `mv ${pools} ${pools}.bak`],
    ["moved away one by one", `mv ${pools}/*.conf /tmp/`],
    ["find with -delete", `find ${pools} -type f -delete`],
    ["find with names", `find ${pools} -name '*.conf' -delete`],
    ["find with rm", `find ${pools} -name "*.conf" -exec rm -f {} \\;`],
    ["find with xargs", `find ${pools} -type f -print0 | xargs -0 rm -f`],
  ])("removed: %s", (_, run) => {
    put({ Dockerfile: `FROM php:8.2-fpm\nRUN ${run}\nCOPY php-fpm.conf /usr/local/etc/php-fpm.conf\n` });
    put({ "php-fpm.conf": OWN.replace(/^/, MAIN.split("include")[0] ?? "") + MAIN.split("\n")[1] });
    expect(children()).toEqual(["7"]);
    expect(said()).not.toContain("warning fpm/overridden-setting");
  });

  test.each([
    ["another directory", "rm -rf /usr/local/etc/php/conf.d"],
    ["names that are not there", `find ${pools} -name '*.ini' -delete`],
    ["files are only listed", `find ${pools} -type f`],
    ["files change hands", `find ${pools} -type f -exec chown root {} +`],
    ["a directory whose name begins alike", `rm -rf ${pools}-old`],
  ])("still there: %s", (_, run) => {
    put({ Dockerfile: `FROM php:8.2-fpm\nRUN ${run}\nCOPY php-fpm.conf /usr/local/etc/php-fpm.conf\n` });
    put({ "php-fpm.conf": OWN.replace(/^/, MAIN.split("include")[0] ?? "") + MAIN.split("\n")[1] });
    expect(children()).toEqual(["5"]);
    expect(said()).toContain("warning fpm/overridden-setting");
  });

  test.each([
    ["emptied", `> ${pools}/www.conf`],
    ["emptied with a colon", `: > ${pools}/www.conf`],
    ["emptied from /dev/null", `cat /dev/null > ${pools}/www.conf`],
    ["copied from /dev/null", `cp /dev/null ${pools}/www.conf`],
    ["cut", `truncate -s 0 ${pools}/www.conf`],
  ])("%s: what it set is set no more", (_, run) => {
    put({ Dockerfile: `FROM php:8.2-fpm\nRUN ${run}\nCOPY php-fpm.conf /usr/local/etc/php-fpm.conf\n` });
    put({ "php-fpm.conf": `[global]\n${OWN}include=/usr/local/etc/php-fpm.d/*.conf\n` });
    expect(children()).toEqual(["7"]);
  });

  test("what is removed under a condition may be there", () => {
    put({
      Dockerfile: `FROM php:8.2-fpm\nARG X\nRUN if [ "$X" = 1 ]; then rm -f ${pools}/www.conf; fi\nCOPY php-fpm.conf /usr/local/etc/php-fpm.conf\n`,
      "php-fpm.conf": `[global]\n${OWN}include=/usr/local/etc/php-fpm.d/*.conf\n`,
    });
    expect(said()).toEqual([]);
    expect(notChecked().join("\n")).toContain("is changed in Dockerfile:3");
  });

  test("what is copied after the removal is there", () => {
    put({
      Dockerfile: `FROM php:8.2.10-fpm\nRUN rm -rf ${pools} && mkdir ${pools}\nCOPY www.conf ${pools}/\n`,
      "www.conf": POOL("9000"),
    });
    expect(children()).toEqual(["2"]);
  });
});

describe("what RUN does to the sites of an image", () => {
  const image = (run: string): string =>
    `FROM debian:12\nRUN apt-get update && apt-get install -y nginx php8.2-fpm\n${run}\n`;
  const socket = "unix:/run/php/php8.2-fpm.sock";
  const enabled = "/etc/nginx/sites-enabled";
  const available = "/etc/nginx/sites-available";

  test.each([
    ["a link", `ln -s ${available}/shop.conf ${enabled}/shop`],
    ["a link into the directory", `ln -sf ${available}/shop.conf ${enabled}/`],
    ["a link that counts from its own directory", `ln -s ../sites-available/shop.conf ${enabled}/shop.conf`],
    ["a link in the directory of a cd", `cd ${enabled} && ln -s ${available}/shop.conf`],
    ["links to all", `ln -sf ${available}/* ${enabled}/`],
    ["a copy", `cp ${available}/shop.conf ${enabled}/`],
    ["all moved", `mv ${available}/*.conf ${enabled}`],
  ])("%s: the site is read, and nothing is said to be left out", (_, run) => {
    put({
      Dockerfile: image(`ADD shop.conf ${available}/\nRUN ${run}`),
      "shop.conf": SITE(socket),
    });
    expect(waysIn(top())).toEqual([`${socket} → www /run/php/php8.2-fpm.sock`]);
    expect(notChecked()).toEqual([]);
  });

  test("a link may be made before what it leads to", () => {
    put({
      Dockerfile: image(`RUN ln -s ${available}/shop.conf ${enabled}/shop\nADD shop.conf ${available}/`),
      "shop.conf": SITE(socket),
    });
    expect(waysIn(top())).toHaveLength(1);
    expect(notChecked()).toEqual([]);
  });

  test("links that lead to each other end", () => {
    const site = "/etc/nginx/conf.d";
    put({
      Dockerfile: `FROM nginx:1.27\nCOPY shop.conf ${site}/shop.conf\nRUN ln -s ${site}/a.conf ${site}/b.conf && ln -s ${site}/b.conf ${site}/a.conf\n`,
      "shop.conf": SITE(socket),
    });
    expect(waysIn(top())).toHaveLength(1);
    expect(notChecked().join("\n")).toContain("Too many levels of symbolic links");
  });

  test("a site that is removed is not read", () => {
    for (const run of [`rm -rf ${enabled}`, `rm ${enabled}/default`, `unlink ${enabled}/default`]) {
      put({
        Dockerfile: image(`COPY nginx /etc/nginx\nRUN ${run}\nCOPY shop.conf ${enabled}/shop.conf`),
        "nginx/sites-enabled/default": SITE("127.0.0.1:9999"),
        "shop.conf": SITE(socket),
      });
      expect(waysIn(top())).toEqual([`${socket} → www /run/php/php8.2-fpm.sock`]);
      expect(notChecked()).toEqual([]);
    }
  });

  test("what a mount hides did not disappear", () => {
    put({
      Dockerfile: "FROM nginx:1.27\nCOPY vh.conf /etc/nginx/conf.d/default.conf\n",
      "vh.conf": SITE("php:9000"),
      "conf.d/site.conf": SITE("php:9000"),
      "compose.yml": `services:\n${WEB.replace("image: nginx:1.27.4", "build: .").replace("./site.conf:/etc/nginx/conf.d/default.conf", "./conf.d:/etc/nginx/conf.d")}  php:\n    image: php:8.2.10-fpm\n`,
    });
    expect(waysIn(top())).toEqual(["php:9000 → www 9000"]);
    expect(notChecked()).toEqual([]);
  });

  test("what a mount hides together with its directory did not disappear either", () => {
    put({
      Dockerfile: "FROM nginx:1.27\nCOPY vh.conf /etc/nginx/conf.d/default.conf\n",
      "vh.conf": SITE("php:9000"),
      "web/nginx.conf": `events {}\nhttp { server { listen 80; } }\n`,
      "compose.yml": `services:\n${WEB.replace("image: nginx:1.27.4", "build: .").replace("./site.conf:/etc/nginx/conf.d/default.conf", "./web:/etc/nginx")}`,
    });
    expect(hostsIn(top()).map(({ container }) => container?.label)).toEqual(["service web"]);
    expect(notChecked()).toEqual([]);
  });

  test("what was copied and then removed with its directory did not disappear either", () => {
    put({
      Dockerfile:
        "FROM nginx:1.27\nCOPY a.conf /etc/nginx/conf.d/a.conf\nRUN rm -rf /etc/nginx/conf.d/*\nCOPY b.conf /etc/nginx/conf.d/b.conf\n",
      "a.conf": SITE("php:9001"),
      "b.conf": SITE("php:9000"),
    });
    expect(waysIn(top())).toEqual(["php:9000 → nobody"]);
    expect(notChecked()).toEqual([]);
  });
});
