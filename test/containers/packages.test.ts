import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { packagedFiles } from "../../src/containers/packages.js";
import { lintWith } from "../../src/lint.js";
import { validators } from "../../src/validators.js";
import { hostsIn, POOL, SITE, waysIn } from "./support/stack.js";

/** PHP-FPM of a distribution's package in an image that a Dockerfile builds. */

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-packages-"));
});

afterEach(() => rmSync(top, { recursive: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), text);
  }
}

/** An image with both daemons of packages, and what the Dockerfile does besides. */
function image(from: string, run: string, pass: string, more = ""): void {
  const sites = from.startsWith("nginx:")
    ? "/etc/nginx/conf.d"
    : /alpine/.test(from)
      ? "/etc/nginx/http.d"
      : "/etc/nginx/sites-enabled";
  put({
    "site.conf": SITE(pass),
    Dockerfile: `FROM ${from}\n${run}\nCOPY site.conf ${sites}/default.conf\n${more}CMD ["supervisord"]\n`,
  });
}

const ways = (): readonly string[] => waysIn(top);
const said = (): readonly string[] => {
  const outcome = lintWith(rules, validators, { paths: ["."], workingDirectory: top });
  return outcome.kind === "refused"
    ? []
    : outcome.result.findings.map(({ rule, severity }) => `${severity} ${rule}`);
};

const APT = "RUN apt-get update && apt-get install -y --no-install-recommends nginx php8.2-fpm supervisor";

describe("packages", () => {
  test.each([
    ["debian:12", APT, "/run/php/php8.2-fpm.sock"],
    ["debian:bookworm-slim", "RUN apt-get install -y nginx php-fpm", "/run/php/php8.2-fpm.sock"],
    ["debian:12.5-slim", "RUN apt -y install nginx php-fpm", "/run/php/php8.2-fpm.sock"],
    [
      "ubuntu:24.04",
      "RUN DEBIAN_FRONTEND=noninteractive apt-get -qq install nginx php-fpm",
      "/run/php/php8.3-fpm.sock",
    ],
    [
      "ubuntu:22.04",
      "ENV PHP=7.4\nRUN apt-get install -y nginx php$PHP-fpm=7.4.*",
      "/run/php/php7.4-fpm.sock",
    ],
  ] as const)("%s: %s", (from, run, socket) => {
    image(from, run, `unix:${socket}`);
    expect(ways()).toEqual([`unix:${socket} → www ${socket}`]);
    expect(said().filter((one) => !one.startsWith("info"))).toEqual([]);
  });

  test.each([
    ["alpine:3.19", "RUN apk add --no-cache nginx php82-fpm supervisor"],
    ["alpine", "RUN apk --no-cache add nginx php82 php82-fpm~=8.2"],
  ])("%s: %s", (from, run) => {
    image(from, run, "127.0.0.1:9000");
    expect(ways()).toEqual(["127.0.0.1:9000 → www 127.0.0.1:9000"]);
    const [host] = hostsIn(top);
    expect(host?.pools[0]?.settings.find(({ key }) => key === "user")?.value).toBe("nobody");
    expect(host?.masters[0]?.phpVersion).toBe("8.2");
  });

  test("another address is a mismatch, one level lower", () => {
    image("debian:12", APT, "127.0.0.1:9000");
    expect(said()).toContain("warning connect/listen-mismatch");
    put({ "www.conf": POOL("/run/php/other.sock") });
    image("nginx:1.27.4", APT, "127.0.0.1:9000");
    expect(said()).toContain("warning connect/listen-mismatch");
    image("nginx:1.27.4", APT, "127.0.0.1:9000", "COPY www.conf /etc/php/8.2/fpm/pool.d/www.conf\n");
    expect(said()).toContain("error connect/listen-mismatch");
  });

  test.each([
    [
      "a command that changes the pool",
      "debian:12",
      `${APT}\nRUN sed -i 's/a/b/' /etc/php/*/fpm/pool.d/www.conf`,
    ],
    [
      "a command that works there",
      "debian:12",
      `${APT}\nRUN cd /etc/php/8.2/fpm && sed -i s/a/b/ pool.d/www.conf`,
    ],
    ["a here-document", "debian:12", `${APT}\nRUN <<EOF\nsed -i s/a/b/ x\nEOF`],
    ["an image with who knows what in it", "example/base:1", APT],
    ["a socket that is opened by hand", "debian:12", `${APT}\nRUN chmod 666 /run/php/php8.2-fpm.sock`],
    ["a base that a variable names", "$BASE", APT],
    ["a release that is not known", "debian:sid", "RUN apt-get install -y nginx php-fpm"],
    ["a version that a variable names", "debian:12", "RUN apt-get install -y nginx php$V-fpm"],
    ["a package that is removed", "debian:12", "RUN apt-get remove -y nginx php8.2-fpm"],
    ["the name of another package", "debian:12", "RUN apt-get install -y nginx php8.2-fpm-dbgsym php8.2-cli"],
  ])("%s tells nothing", (_, from, run) => {
    image(from, run, "unix:/run/php/php8.2-fpm.sock");
    expect(ways().filter((way) => !way.endsWith("→ nobody"))).toEqual([]);
  });

  test.each([
    ["that is copied", "COPY prepare.sh /usr/local/bin/prepare\n", "prepare.sh"],
    ["that is started", 'COPY start /start\nENTRYPOINT ["/start"]\n', "start"],
    ["in a directory that is copied", 'COPY bin /app/bin\nENTRYPOINT ["/app/bin/start"]\n', "bin/start"],
  ])("a script %s may change them", (_, more, script) => {
    put({ [script]: "#!/bin/sh\nexec supervisord\n" });
    image("debian:12", APT, "unix:/run/php/php8.2-fpm.sock", more);
    expect(ways()).toEqual(["unix:/run/php/php8.2-fpm.sock → www /run/php/php8.2-fpm.sock"]);
    put({ [script]: "#!/bin/sh\nsed -i s/a/b/ /etc/php/8.2/fpm/pool.d/www.conf\nexec supervisord\n" });
    expect(ways()).toEqual(["unix:/run/php/php8.2-fpm.sock → nobody"]);
  });

  test("nginx of its own image runs as another user than the socket allows", () => {
    image("nginx:1.27.4", APT, "unix:/run/php/php8.2-fpm.sock");
    expect(said()).toContain("warning socket/permission-denied");
    image("nginx:1.27.4", `${APT}\nRUN usermod -aG www-data nginx`, "unix:/run/php/php8.2-fpm.sock");
    expect(said().filter((one) => one.includes("socket/permission"))).toEqual([]);
  });

  test("in a container beside nginx's", () => {
    put({
      "site.conf": SITE("php:9000"),
      "php/Dockerfile": "FROM alpine:3.19\nRUN apk add php82-fpm\n",
      "compose.yml":
        "services:\n  web:\n    image: nginx:1.27.4\n    volumes: ['./site.conf:/etc/nginx/conf.d/default.conf']\n  php:\n    build: php\n",
    });
    // It listens for its own container alone.
    expect(ways()).toEqual(["php:9000 → nobody"]);
    expect(said().filter((one) => one.includes("connect/"))).toEqual(["warning connect/other-container"]);
  });

  test("names of Object.prototype install nothing", () => {
    const base = { repository: "constructor", tag: "__proto__" };
    expect(packagedFiles(base, ["php8.2-fpm"], []).size).toBe(0);
    expect(packagedFiles({ ...base, repository: "debian" }, ["php-fpm", "constructor"], []).size).toBe(0);
  });

  describe("the main file of nginx's package", () => {
    const limit = (from: string, run: string, more = ""): readonly string[] => {
      put({
        site: SITE("unix:/run/php/php8.2-fpm.sock"),
        "x.ini": "post_max_size = 2G\n",
        Dockerfile: `FROM ${from}\n${run}\nCOPY site /etc/nginx/sites-available/default\nCOPY x.ini /etc/php/8.2/fpm/conf.d/99-x.ini\n${more}`,
      });
      return said().filter((one) => one.includes("body-limit"));
    };
    const found = ["info buffer/body-limit-mismatch"];

    test.each(["debian:12", "ubuntu:24.04"])("sets no limit on bodies: %s", (from) => {
      expect(limit(from, APT)).toEqual(found);
      expect(limit(from, APT.replace(" nginx ", " nginx-light "))).toEqual(found);
    });

    test.each([
      ["nginx is not installed", "debian:12", APT.replace(" nginx ", " "), ""],
      ["another image, which may have another file", "shop/base:1", APT, ""],
      [
        "a command changes it",
        "debian:12",
        `${APT}\nRUN sed -i 's/sendfile on;/&\\nclient_max_body_size 2g;/' /etc/nginx/nginx.conf`,
        "",
      ],
      [
        "the package of another source",
        "debian:12",
        `RUN echo "deb https://nginx.org/packages/debian bookworm nginx" > /etc/apt/sources.list.d/n.list\n${APT}`,
        "",
      ],
      ["a script changes it", "debian:12", APT, "COPY run.sh /run.sh\n"],
      ["the site sets it", "debian:12", APT, "COPY site.set /etc/nginx/sites-available/default\n"],
    ])("nothing is said where %s", (_, from, run, more) => {
      put({
        "run.sh": "sed -i s/a/b/ /etc/nginx/nginx.conf\n",
        "site.set": SITE("unix:/run/php/php8.2-fpm.sock").replace(
          "listen 80;",
          "listen 80; client_max_body_size 2g;",
        ),
      });
      expect(limit(from, run, more)).toEqual([]);
    });
  });
});
