import { describe, expect, test } from "vitest";
import { tree } from "../support/tree.js";
import { hostsIn, POOL, SITE, WEB, waysIn } from "./support/stack.js";

const { put, top, lint, link } = tree();

const hosts = () => hostsIn(top());
const ways = () => waysIn(top());
const rulesOf = (): readonly string[] =>
  lint(["."]).findings.map(({ rule, severity }) => `${severity} ${rule}`);

describe("compose", () => {
  test("a service is reached by its name, its container's, its host's, an alias and a link", () => {
    for (const [name, more] of [
      ["php", ""],
      ["shop-php", "    container_name: shop-php\n"],
      ["runner", "    hostname: runner\n"],
      ["fpm.local", "    networks: {default: {aliases: [fpm.local]}}\n"],
    ] as const) {
      put({
        "site.conf": SITE(`${name}:9000`),
        "compose.yml": `services:\n${WEB}  php:\n    image: php:8.2.10-fpm\n${more}`,
      });
      expect(ways()).toEqual([`${name}:9000 → www 9000`]);
    }
    put({
      "site.conf": SITE("linked:9000"),
      "compose.yml": `services:\n${WEB}    links: ['php:linked']\n  php:\n    image: php:8.2.10-fpm\n`,
    });
    expect(ways()).toEqual(["linked:9000 → www 9000"]);
  });

  test("the name of a container without PHP-FPM, and one that no container has, lead to nobody", () => {
    put({
      "site.conf": SITE("db:9000"),
      "compose.yml": `services:\n${WEB}  db:\n    image: mysql:8\n  php:\n    image: php:8.2-fpm\n`,
    });
    expect(ways()).toEqual(["db:9000 → nobody"]);
    put({ "site.conf": SITE("elsewhere:9000") });
    expect(ways()).toEqual(["elsewhere:9000 → nobody"]);
  });

  test("one network is shared by network_mode, and by nothing else", () => {
    const php = "  php:\n    image: php:8.2.10-fpm\n";
    put({ "site.conf": SITE("127.0.0.1:9000"), "compose.yml": `services:\n${WEB}${php}` });
    expect(ways()).toEqual(["127.0.0.1:9000 → nobody"]);
    expect(rulesOf()).toContain("error connect/listen-mismatch");
    put({ "compose.yml": `services:\n${WEB}${php}    network_mode: service:web\n` });
    expect(ways()).toEqual(["127.0.0.1:9000 → www 9000"]);
  });

  test("a socket is one file where both containers mount a volume, under whatever path", () => {
    const pool = "./www.conf:/usr/local/etc/php-fpm.d/zz-www.conf";
    put({
      "site.conf": SITE("unix:/sock/php.sock"),
      "www.conf": POOL("/run/php/php.sock"),
      "compose.yml": `services:\n${WEB.replace("']", "', 'run:/sock']")}  php:\n    image: php:8.2-fpm\n    volumes: ['${pool}', 'run:/run/php']\n`,
    });
    put({ "www.conf": `${POOL("/run/php/php.sock")}` });
    // The image's zz-docker.conf is read before zz-www.conf.
    expect(ways()).toEqual(["unix:/sock/php.sock → www /run/php/php.sock"]);
  });

  test("variables have the values of .env and their defaults; without one the image is unknown", () => {
    const php = `  php:\n    image: \${IMAGE:-php}:\${TAG}-fpm\n`;
    put({ ".env": "TAG=8.1.2\n", "site.conf": SITE("php:9000"), "compose.yml": `services:\n${WEB}${php}` });
    expect(hosts()[0]?.masters.map(({ phpVersion }) => phpVersion)).toEqual(["8.1"]);
    put({ ".env": "OTHER=1\n" });
    expect(hosts()[0]?.masters).toEqual([]);
  });

  test("an override file adds, and extends brings what another file says", () => {
    put({
      "site.conf": SITE("php:9000"),
      "www.conf": POOL("9001"),
      "base.yml": "services:\n  fpm:\n    image: php:8.2.10-fpm\n    mem_limit: 256m\n",
      "docker-compose.yml": `services:\n${WEB}  php:\n    extends: {file: base.yml, service: fpm}\n`,
      "docker-compose.override.yml":
        "services:\n  php:\n    volumes: ['./www.conf:/usr/local/etc/php-fpm.d/zzz.conf']\n",
    });
    expect(ways()).toEqual(["php:9000 → nobody"]);
    expect(hosts()[0]?.memory).toMatchObject({ bytes: 256 * 1024 ** 2, source: "mem_limit of service php" });
    expect(rulesOf()).toContain("error connect/other-container");
  });

  test("anchors, merge keys and include are followed", () => {
    put({
      "site.conf": SITE("b:9000"),
      "more/php.yml":
        "x-php: &php\n  image: php:8.2.10-fpm\nservices:\n  a: *php\n  b:\n    <<: *php\n    hostname: bee\n",
      "compose.yaml": `include: [more/php.yml]\nservices:\n${WEB}`,
    });
    expect(ways()).toEqual(["b:9000 → www 9000"]);
  });

  test("files that include each other, and services that mount what others mount, are read once each", () => {
    const twelve = (name: string): string => Array(12).fill(name).join(", ");
    put({
      "site.conf": SITE("php:9000"),
      "more.yml": `include: [${twelve("compose.yaml")}]\nservices:\n  php:\n    image: php:8.2-fpm\n`,
      "compose.yaml": `include: [${twelve("more.yml")}]\nservices:\n${WEB}    volumes_from: [${twelve("web")}, ${twelve("side")}]\n  side:\n    image: nginx\n    volumes_from: [${twelve("web")}, side]\n`,
    });
    expect(ways()).toEqual(["php:9000 → www 9000"]);
  });

  test("a limit of one container is the memory of the host, and each of several is judged by its own", () => {
    const php = (name: string, memory = "128M"): string =>
      `  ${name}:\n    image: php:8.2-fpm\n    deploy: {resources: {limits: {memory: ${memory}}}}\n`;
    put({ "site.conf": SITE("a:9000"), "compose.yml": `services:\n${WEB}${php("a")}` });
    expect(hosts()[0]?.memory?.bytes).toBe(128 * 1024 ** 2);
    put({ "compose.yml": `services:\n${WEB}${php("a")}${php("b")}` });
    expect(hosts()[0]?.memory).toBeNull();
    const said = (): readonly string[] =>
      lint(["."]).findings.flatMap(({ rule, message }) =>
        rule === "pool/memory-oversubscribed" ? [message] : [],
      );
    // Five workers of 63M each, as the image ships them.
    put({ "compose.yml": `services:\n${WEB}${php("a", "512M")}${php("b", "512M")}` });
    expect(said()).toEqual([]);
    put({
      "compose.yml": `services:\n${WEB}${php("a", "512M")}${php("b", "256M")}  c:\n    image: php:8.2-fpm\n`,
    });
    expect(said()).toEqual([
      expect.stringContaining("and service b has 256 MiB (deploy.resources.limits.memory): 5 × 63 MiB"),
    ]);
    put({
      "www.conf":
        "[www]\nuser = www-data\nlisten = 9000\npm = static\npm.max_children = 9\nphp_admin_value[memory_limit] = 100M\n",
      "compose.yml": `services:\n${WEB}${php("a", "512M")}${php("b", "256M")}    volumes: ['./www.conf:/usr/local/etc/php-fpm.d/www.conf']\n`,
    });
    const limits = (): readonly string[] =>
      lint(["."]).findings.flatMap(({ rule, message }) =>
        rule === "pool/memory-limit-overcommit" ? [message] : [],
      );
    const has = "256 MiB (deploy.resources.limits.memory)";
    expect(limits()).toEqual([expect.stringContaining(`and service b has ${has}: 9 × 100 MiB`)]);
    put({
      "www.conf":
        "[www]\nlisten = 9000\npm = static\npm.max_children = 9\nphp_admin_value[memory_limit] = -1\n",
    });
    expect(limits()).toEqual([expect.stringContaining(`may take all of service b's ${has}`)]);
  });

  test("the entrypoint of nginx makes sites of templates, from where and to where its variables say", () => {
    const web = (more: string): string =>
      `services:\n  web:\n    image: nginx:1.27\n    volumes: ['./t:/etc/nginx/templates']\n${more}  php:\n    image: php:8.2-fpm\n`;
    put({ "t/default.conf.template": SITE("php:9000"), "compose.yml": web("") });
    expect(ways()).toEqual(["php:9000 → www 9000"]);
    put({
      "t/site.conf.in": SITE("php:9000"),
      "t/default.conf.template": "",
      "compose.yml": web("    environment: {NGINX_ENVSUBST_TEMPLATE_SUFFIX: .in}\n"),
    });
    expect(ways()).toEqual(["php:9000 → www 9000"]);
  });

  test("a second file changes single keys of build, and its paths count from the first one", () => {
    put({
      "site.conf": SITE("php:9000"),
      "docker/www.conf": POOL("9000"),
      "docker/php/Dockerfile":
        "FROM php:8.2.10-fpm AS base\nCOPY docker/www.conf /usr/local/etc/php-fpm.d/.\nFROM base AS dev\nFROM scratch\n",
      "docker-compose.yml": `services:\n${WEB}  php:\n    build: {context: ., dockerfile: docker/php/Dockerfile}\n`,
      "docker-compose.override.yml": "services:\n  php:\n    build: {target: dev}\n",
    });
    expect(ways()).toEqual(["php:9000 → www 9000"]);
    put({ "docker-compose.override.yml": "services:\n  php:\n    build: {target: none}\n" });
    expect(ways()).toEqual(["php:9000 → www 9000 (guess)"]);
  });

  test("a service of an unknown image may have the one pool of the tree that fits; a database has none", () => {
    put({
      "site.conf": SITE("app:9000"),
      "pool/www.conf": POOL("9000"),
      "compose.yml": `services:\n${WEB}  app:\n    image: example/app\n`,
    });
    expect(ways()).toEqual(["app:9000 → www 9000 (guess)"]);
    put({ "compose.yml": `services:\n${WEB}  app:\n    image: mariadb:11\n` });
    expect(ways()).toEqual(["app:9000 → nobody"]);
  });

  test("a Dockerfile in other letters is found, and PWD is the directory of the project", () => {
    put({
      "site.conf": SITE("php:9000"),
      "php/dockerfile": "FROM php:8.2.10-fpm\n",
      "compose.yml": `services:\n${WEB}  php:\n    build: ./php\n    volumes: ['\${PWD}/www.conf:/usr/local/etc/php-fpm.d/zzz.conf']\n`,
      "www.conf": POOL("9001"),
    });
    expect(ways()).toEqual(["php:9000 → nobody"]);
    expect(rulesOf()).toContain("error connect/other-container");
    expect(lint(["."]).summary.notCompared).toEqual([]);
  });

  test("where something is mounted at a place that a variable names, nothing is surely missing", () => {
    const at = (target: string): void => {
      put({
        "site.conf": SITE("php:9000"),
        "src/index.php": "<?php",
        "compose.yml": `services:\n${WEB.replace("']", "', './src:/srv/app']")}  php:\n    image: php:8.2.10-fpm\n    volumes: ['./src:${target}']\n`,
      });
    };
    at("/var/www");
    expect(rulesOf()).toContain("error fastcgi/container-path");
    at("$WHERE");
    expect(rulesOf()).not.toContain("error fastcgi/container-path");
  });

  test("a line without a section is part of the image's pool, as it is meant", () => {
    const files = {
      "site.conf": SITE("php:9000"),
      "more.conf": "pm.max_requests = 500\n",
      "compose.yml": `services:\n${WEB}  php:\n    image: php:8.2.10-fpm\n    volumes: ['./more.conf:/usr/local/etc/php-fpm.d/more.conf']\n`,
    };
    put(files);
    expect(rulesOf()).not.toContain("warning fpm/lost-section");
    put({
      "a.conf": "[other]\nuser = www-data\nlisten = 9001\npm = static\npm.max_children = 1\n",
      "compose.yml": files["compose.yml"].replace(
        "['./more",
        "['./a.conf:/usr/local/etc/php-fpm.d/a.conf', './more",
      ),
    });
    expect(rulesOf()).toContain("warning fpm/lost-section");
  });

  test("broken YAML is listed with its line and fails the run, and the rest is read; a template is listed alone", () => {
    put({
      "nginx.conf": `events {}\nhttp {\n${SITE("php:9000")}}\n`,
      "docker-compose.yml": "services:\n  php: [php-fpm\n  b: c\n",
    });
    const { incomplete } = lint(["."]).summary;
    expect(incomplete.map(({ file, fatal }) => `${file} ${fatal}`)).toContain("docker-compose.yml true");
    put({ "docker-compose.yml": "services:\n  php:\n    image: {{ php }}\n  {% if nginx %}\n" });
    expect(lint(["."]).summary.incomplete.map(({ file, fatal }) => `${file} ${fatal}`)).toContain(
      "docker-compose.yml false",
    );
  });

  test("what leads out of the tree is not opened, and said", () => {
    put({
      "tree/site.conf": SITE("php:9000"),
      "secret.yml": "services:\n  php:\n    image: php:8.2-fpm\n",
      "pool.conf": POOL("9000"),
    });
    put({
      "tree/compose.yml": `services:\n${WEB}  php:\n    extends: {file: ../secret.yml, service: php}\n    volumes: ['../pool.conf:/usr/local/etc/php-fpm.d/www.conf']\n`,
    });
    const { incomplete } = lint(["tree"]).summary;
    expect(incomplete.map(({ reason }) => reason)).toContain(
      "../secret.yml is outside of the tree and was not read",
    );
    link("../secret.yml", "tree/docker-compose.prod.yml");
    expect(
      lint(["tree"]).summary.incomplete.some(({ file }) => file.includes("docker-compose.prod.yml")),
    ).toBe(true);
  });
});

describe("Dockerfiles", () => {
  test("stages, ARG, COPY into directories and removed files make the image's files", () => {
    put({
      "site.conf": SITE("php:9000"),
      "docker/php/Dockerfile": `ARG VERSION=8.2.10\nFROM php:\${VERSION}-fpm-alpine AS base\nRUN rm /usr/local/etc/php-fpm.d/zz-docker.conf \\\n  && mkdir -p /run/php\nFROM base\nCOPY --chown=root:root docker/php/pools/*.conf /usr/local/etc/php-fpm.d/\n`,
      "docker/php/pools/shop.conf": POOL("9000").replace("[www]", "[shop]"),
      "compose.yml": `services:\n${WEB}  php:\n    build: {context: ., dockerfile: docker/php/Dockerfile}\n`,
    });
    expect(ways()).toEqual(["php:9000 → shop 9000"]);
    const [host] = hosts();
    expect(host?.masters[0]?.files.map(({ path }) => path)).toEqual([
      "/usr/local/etc/php-fpm.conf",
      "/usr/local/etc/php-fpm.d/docker.conf",
      "/usr/local/etc/php-fpm.d/shop.conf",
      "/usr/local/etc/php-fpm.d/www.conf",
    ]);
  });

  test("a file that a command changes is unknown, and does not fail the run", () => {
    put({
      "site.conf": SITE("php:9000"),
      "php/Dockerfile":
        "FROM php:8.2.40-fpm\nRUN sed -i 's/9000/9001/' /usr/local/etc/php-fpm.d/docker.conf\n",
      "compose.yml": `services:\n${WEB}  php:\n    build: php\n`,
    });
    expect(lint(["."]).findings.filter(({ severity }) => severity === "error")).toEqual([]);
    const { incomplete } = lint(["."]).summary;
    expect(incomplete.map(({ reason, fatal }) => [/php\/Dockerfile:2/.test(reason), fatal])).toEqual([
      [true, false],
    ]);
  });

  test("a command changes a file that a variable names", () => {
    const files = (run: string) => ({
      "site.conf": SITE("php:9000"),
      "php/Dockerfile": `FROM php:8.2.31-fpm\nENV POOL=/usr/local/etc/php-fpm.d/docker.conf\nRUN ${run}\n`,
      "compose.yml": `services:\n${WEB}  php:\n    build: php\n`,
    });
    put(files("cat $POOL"));
    expect(ways()).toEqual(["php:9000 → www 9000"]);
    expect(lint(["."]).summary.incomplete).toEqual([]);
    put(files("sed -i 's/9000/9001/' $POOL"));
    expect(lint(["."]).summary.incomplete.map(({ fatal }) => fatal)).toEqual([false]);
  });

  test("ln, cp, mv and echo with literal words make files of nginx", () => {
    for (const made of [
      "ln -s /etc/nginx/sites-available/shop.conf /etc/nginx/sites-enabled/shop",
      "cp /etc/nginx/sites-available/shop.conf /etc/nginx/sites-enabled/",
      "mv /etc/nginx/sites-available/shop.conf /etc/nginx/sites-enabled/shop.conf",
    ]) {
      put({
        "nginx.conf":
          "events {}\nhttp {\n  include /etc/nginx/conf.d/*.conf;\n  include /etc/nginx/sites-enabled/*;\n}\n",
        "shop.conf": SITE("backend"),
        Dockerfile: `FROM debian:12\nRUN apt-get install -y nginx\nCOPY nginx.conf /etc/nginx/\nCOPY shop.conf /etc/nginx/sites-available/\nRUN ${made} && echo "upstream backend { server php:9000; }" > /etc/nginx/conf.d/upstream.conf\n`,
        "compose.yml": "services:\n  web:\n    build: .\n  php:\n    image: php:8.2.10-fpm\n",
      });
      expect(ways(), made).toEqual(["backend → www 9000"]);
    }
  });

  test("a site that a program brings in its own directory of etc is read at rest", () => {
    put({
      Dockerfile: "FROM alpine:3.20\nRUN apk add nginx php83-fpm\nCOPY conf/etc/ /etc/\n",
      "conf/etc/nginx/nginx.conf": "events {}\nhttp {\n  include /etc/nginx/http.d/*.conf;\n}\n",
      "conf/etc/tracker/nginx.conf": SITE("unix:/tmp/php.sock"),
      "conf/etc/php83/php-fpm.d/tracker.conf": POOL("/tmp/php.sock").replace("[www]", "[tracker]"),
    });
    expect(ways()).toEqual(["unix:/tmp/php.sock → tracker /tmp/php.sock"]);
    // The package's www.conf comes after it, and has the pool of this name listen elsewhere.
    put({ "conf/etc/php83/php-fpm.d/tracker.conf": POOL("/tmp/php.sock") });
    expect(ways()).toEqual(["unix:/tmp/php.sock → nobody"]);
    put({
      Dockerfile:
        "FROM alpine:3.20\nRUN apk add nginx php83-fpm && rm /etc/php83/php-fpm.d/www.conf\nCOPY conf/etc/ /etc/\n",
    });
    expect(ways()).toEqual(["unix:/tmp/php.sock → www /tmp/php.sock"]);
  });

  test("-R in a file that starts PHP-FPM allows root", () => {
    const files = (options: string) => ({
      "www.conf": POOL("9000").replace("www-data", "root"),
      "run.sh": `#!/bin/sh\nphp-fpm -F${options}\n`,
      Dockerfile: "FROM php:7.3-fpm-alpine\nCOPY www.conf /usr/local/etc/php-fpm.d/\nCOPY run.sh /run.sh\n",
    });
    put(files("R"));
    expect(rulesOf()).not.toContain("warning fpm/root-user");
    put(files(""));
    expect(rulesOf()).toContain("warning fpm/root-user");
  });

  test("-R of a command line allows root, in any folder", () => {
    const pool = POOL("9000").replace("www-data", "root");
    put({ "php/www.conf": pool, "php/dockerfile": 'FROM php:7.3-fpm-alpine\nCMD ["php-fpm", "-F", "-R"]\n' });
    expect(rulesOf()).not.toContain("warning fpm/root-user");
    put({ "php/dockerfile": 'FROM php:7.3-fpm-alpine\nCMD ["php-fpm", "-F"]\n' });
    expect(rulesOf()).toContain("warning fpm/root-user");
  });

  test.each([
    ["a sed that puts it into a file", `RUN sed -i "s|@CMD@|/usr/sbin/php-fpm -F -R|" /etc/supervisord.conf`],
    ["an echo", `RUN echo 'exec php-fpm -FR' > /start && chmod +x /start`],
    ["a here-document of RUN", "RUN cat <<EOF > /start\nexec php-fpm -F -R\nEOF"],
    ["a here-document of COPY", "COPY <<EOF /start\nexec php-fpm --allow-to-run-as-root\nEOF"],
  ])("-R in %s allows root", (_, line) => {
    const image = (text: string): Record<string, string> => ({
      Dockerfile: `FROM php:7.3-fpm-alpine\n${text}\nCOPY www.conf /usr/local/etc/php-fpm.d/\nCMD ["/start"]\n`,
      "www.conf": POOL("9000").replace("www-data", "root"),
    });
    put(image(line));
    expect(rulesOf()).not.toContain("warning fpm/root-user");
    put(image(line.replace(/ -R|R(?=')| --allow-to-run-as-root/, "")));
    expect(rulesOf()).toContain("warning fpm/root-user");
    put(image("RUN chown -R www-data /usr/local/etc/php-fpm.d\nRUN apk add php-fpm\nRUN chmod -R a+r /srv"));
    expect(rulesOf()).toContain("warning fpm/root-user");
  });

  test("nginx and PHP-FPM of one image are on one machine", () => {
    put({
      Dockerfile:
        "FROM alpine:3.20\nRUN apk add nginx php83-fpm\nCOPY nginx.conf /etc/nginx/nginx.conf\nCOPY www.conf /etc/php83/php-fpm.d/www.conf\n",
      "nginx.conf": `events {}\nhttp {\n${SITE("127.0.0.1:9000")}}\n`,
      "www.conf": POOL("127.0.0.1:9000"),
    });
    expect(ways()).toEqual(["127.0.0.1:9000 → www 127.0.0.1:9000"]);
    expect(hosts()[0]?.masters[0]?.phpVersion).toBe("8.3");
  });
});

describe("Kubernetes", () => {
  const MAP = `apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data:
  default.conf: |
${SITE("127.0.0.1:9000").replace(/^/gm, "    ").trimEnd()}
`;
  const POD = (php: string): string => `---
kind: Deployment
metadata: {name: shop}
spec:
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          volumeMounts: [{name: conf, mountPath: /etc/nginx/conf.d}]
        - name: php
          image: php:8.2.10-fpm
${php}      volumes: [{name: conf, configMap: {name: web}}]
`;

  test("containers of a pod share a network, and a ConfigMap is files", () => {
    put({ "k8s/shop.yaml": MAP + POD("          resources: {limits: {memory: 64Mi}}\n") });
    expect(ways()).toEqual(["127.0.0.1:9000 → www 9000"]);
    expect(hosts()[0]?.memory?.bytes).toBe(64 * 1024 ** 2);
  });

  test("findings in a ConfigMap have their lines in the manifest", () => {
    put({ "k8s/shop.yaml": MAP.replace("listen 80;", "listen 80 nowhere;") + POD("") });
    const found = lint(["."]).findings.find(
      ({ at }) => at.span.file.display === "k8s/shop.yaml" && at.span.start > 0,
    );
    const { file, start } = found?.at.span ?? { file: null, start: 0 };
    expect(file?.text.slice(start)).toMatch(/^(?:listen|nowhere)/);
    expect(file?.lineStarts.filter((offset) => offset <= start).length).toBe(7);
  });

  test("a service leads to the pods that its selector fits", () => {
    put({
      "k8s/all.yaml": `${MAP.replace("127.0.0.1:9000", "php.default.svc.cluster.local:9000")}---
kind: Deployment
spec: {template: {spec: {containers: [{name: web, image: "nginx:1.27", volumeMounts: [{name: c, mountPath: /etc/nginx/conf.d/default.conf, subPath: default.conf}]}], volumes: [{name: c, configMap: {name: web}}]}}}
---
kind: Deployment
spec: {template: {metadata: {labels: {app: php}}, spec: {containers: [{name: php, image: "php:8.2.10-fpm"}]}}}
---
kind: Service
metadata: {name: php}
spec: {selector: {app: php}, ports: [{port: 9000}]}
`,
    });
    expect(ways()).toEqual(["php.default.svc.cluster.local:9000 → www 9000"]);
  });

  test("what is behind a port of a service is the port of the pod, by number or by name", () => {
    const cluster = (service: string, pass = "php:9001") => ({
      "k8s/all.yaml": `${MAP.replace("127.0.0.1:9000", pass)}---
kind: Deployment
spec: {template: {spec: {containers: [{name: web, image: "nginx:1.27", volumeMounts: [{name: c, mountPath: /etc/nginx/conf.d/default.conf, subPath: default.conf}]}], volumes: [{name: c, configMap: {name: web}}]}}}
---
kind: Deployment
spec: {template: {metadata: {labels: {app: php}}, spec: {containers: [{name: php, image: "php:8.2.10-fpm", ports: [{name: fpm, containerPort: 9000}]}]}}}
---
kind: Service
metadata: {name: php}
spec: {selector: {app: php}, ${service}}
`,
    });
    for (const port of ["9000", "fpm"]) {
      put(cluster(`ports: [{port: 9001, targetPort: ${port}}]`));
      expect(ways(), port).toEqual(["php:9001 → www 9000"]);
    }
    put(cluster("ports: [{port: 9001, targetPort: 9002}]"));
    expect(ways()).toEqual(["php:9001 → nobody"]);
    expect(lint(["."]).findings.find(({ rule }) => rule === "connect/other-container")?.message).toBe(
      "nginx passes requests to php:9001 (port 9002 there), but pool [www] of container php listens on 9000",
    );
    // A port that the service does not have leads nowhere that is known.
    put(cluster("ports: [{port: 9001, targetPort: 9000}]", "php:9000"));
    expect(ways()).toEqual(["php:9000 → nobody"]);
    expect(rulesOf()).not.toContain("error connect/other-container");
    put(cluster("clusterIP: None, ports: [{port: 9001, targetPort: 9000}]", "php:9000"));
    expect(ways()).toEqual(["php:9000 → www 9000"]);
  });
});

test("without a description of containers a service name means the one pool on its port, as a guess", () => {
  put({ "nginx.conf": `events {}\nhttp {\n${SITE("php:9000")}}\n`, "www.conf": POOL("0.0.0.0:9000") });
  expect(ways()).toEqual(["php:9000 → www 0.0.0.0:9000 (guess)"]);
});

describe("what a docroot of the tree proves", () => {
  const LOOP =
    "server {\n  listen 80;\n  root /app;\n  index index.php;\n  location / { try_files $uri /index.php?$args; }\n  location ~ \\.php$ {\n    try_files $uri /index.php?$args;\n    include fastcgi_params;\n    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\n    fastcgi_pass php:9000;\n  }\n}\n";
  const stack = (volume: string) => ({
    "site.conf": LOOP,
    "compose.yml": `services:\n  web:\n    image: nginx:1.27\n    volumes: ['./site.conf:/etc/nginx/conf.d/default.conf', '${volume}:/app']\n  php:\n    build: ./app\n    volumes: ['${volume}:/app']\nvolumes: {data: }\n`,
    "app/Dockerfile": "FROM php:8.2-fpm\n",
  });

  test("a directory with nothing but what builds an image says nothing of index.php", () => {
    put({ ...stack("./app"), "app/.gitkeep": "", "app/README.md": "" });
    expect(rulesOf()).not.toContain("error request/redirect-cycle");
    put(stack("data"));
    expect(rulesOf()).not.toContain("error request/redirect-cycle");
  });

  test("a site that is mounted and has no index.php goes round", () => {
    put({ ...stack("./app"), "app/about.html": "" });
    expect(rulesOf()).toContain("error request/redirect-cycle");
    put({ ...stack("./app"), "app/index.php": "" });
    expect(rulesOf()).not.toContain("error request/redirect-cycle");
  });

  test.each([
    ["a bare image", "FROM nginx:1.27\n", true],
    ["an image with an application of its own", "FROM shop/nginx:1\n", false],
    ["a command that brings one", "FROM nginx:1.27\nRUN curl -L example.com | tar xz -C /app\n", false],
  ])("what is copied into %s", (_, from, round) => {
    put({
      ...stack("data"),
      "compose.yml": "services:\n  web:\n    build: .\n  php:\n    image: php:8.2-fpm\n",
      Dockerfile: `${from}COPY nginx.conf /etc/nginx/nginx.conf\nCOPY health /app\n`,
      "nginx.conf": `events {}\nhttp {\n${LOOP}}\n`,
      "health/health.html": "",
    });
    expect(rulesOf().includes("error request/redirect-cycle")).toBe(round);
  });
});
