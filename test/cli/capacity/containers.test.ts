import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { capacity } from "../../../src/library/capacity.js";
import { POOL, SITE, WEB } from "../../containers/support/stack.js";
import { commandIn } from "../../support/run-command.js";

/** `fpmlint capacity` of containers of which each has memory of its own. */

const MIB = 1024 * 1024;
let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-capacity-containers-"));
  put("site.conf", SITE("shop:9000"));
  for (const name of ["shop", "blog"]) put(`${name}.conf`, POOL("9000"));
});

afterEach(() => rmSync(top, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), text);
}

function service(name: string, more: string, build = "image: php:8.2-fpm"): string {
  return `  ${name}:\n    ${build}\n    volumes: ['./${name}.conf:/usr/local/etc/php-fpm.d/zzz.conf']\n${more}`;
}

const compose = (...services: readonly string[]): void =>
  put("compose.yml", `services:\n${WEB}${services.join("")}`);
const LIMIT = "    mem_limit: 1g\n";
const DEPLOY = "    deploy: {resources: {limits: {memory: 512M}}}\n";
const run = (...words: readonly string[]) => commandIn(top, ["capacity", ".", ...words]);

async function sizes(...words: readonly string[]) {
  const { out } = await run("--worker-size", "60M", "--format", "json", ...words);
  const document = JSON.parse(out);
  return (document.hosts ?? [document]).map(
    ({
      host,
      memory,
      pools,
    }: {
      host: string;
      memory: { total: number; source: string; reserved: number };
      pools: readonly { name: string; recommended: Readonly<Record<string, number>> }[];
    }) => [
      host,
      memory.total / MIB,
      memory.source,
      memory.reserved / MIB,
      ...pools.map(({ name, recommended }) => `${name} ${recommended["pm.max_children"]}`),
    ],
  );
}

describe("containers with limits of their own", () => {
  test("each limit is for the pools of its container", async () => {
    compose(service("shop", LIMIT), service("blog", DEPLOY));
    expect(await sizes()).toEqual([
      ["compose.yml (service shop)", 1024, "mem_limit of service shop", 0, "www 13"],
      ["compose.yml (service blog)", 512, "deploy.resources.limits.memory of service blog", 0, "www 6"],
    ]);
    const { out, status } = await run();
    expect(status).toBe(0);
    expect(out).toContain("compose.yml (service shop): pool www of PHP-FPM in 1 GiB of memory");
  });

  test("a file of the image is nothing to write to, and what to do is said once", async () => {
    compose(service("shop", LIMIT), service("blog", DEPLOY));
    for (const word of ["--write", "--diff"]) {
      const { err, status } = await run("--worker-size", "60M", word);
      expect(status).toBe(2);
      expect(err.split("\n").filter((line) => line.includes("(of the image"))).toEqual([
        expect.stringMatching(
          /www\.conf \(of the image php:8\.2-fpm\): there is no such file here to change: write one with these numbers, and copy it over that path in a Dockerfile, or mount it there$/,
        ),
      ]);
      expect(err).toContain("nothing was written");
    }
  });

  test("one without a limit is named and not sized, and the others are computed", async () => {
    compose(service("shop", LIMIT), service("blog", ""));
    const { err, status } = await run();
    expect(status).toBe(3);
    expect(err).toContain(
      "compose.yml (service blog): no limit of its memory is written, so its pool is not sized: add one, or --ram for all containers together",
    );
    expect(await sizes()).toHaveLength(1);
    const answer = capacity({ paths: [top] });
    if (answer.kind === "refused") throw new Error(answer.refusal.message);
    expect(answer).toMatchObject({ kind: "computed", hosts: [{ memory: { total: 1024 * MIB } }] });
    expect(answer.kind === "computed" ? answer.incomplete.map(({ reason }) => reason) : []).toEqual([
      expect.stringContaining("(service blog): no limit of its memory is written"),
    ]);
  });

  test("without any limit, and with --ram or --what-if, they are one machine", async () => {
    compose(service("shop", LIMIT), service("blog", DEPLOY));
    expect(await sizes("--ram", "4G")).toEqual([
      ["compose.yml", 4096, "--ram", 500, expect.stringContaining("www "), expect.stringContaining("www ")],
    ]);
    expect((await run("--what-if", "2G,4G")).status).toBe(0);
    compose(service("shop", ""), service("blog", ""));
    const { err, status } = await run();
    expect([status, err]).toEqual([2, expect.stringContaining("do not say how much memory the host has")]);
  });

  test("what else may run in a container has its reserve", async () => {
    put("php/Dockerfile", 'FROM php:8.2-fpm\nCMD ["supervisord", "-n"]\n');
    compose(service("shop", "    mem_limit: 2g\n", "build: php"), service("blog", DEPLOY));
    expect((await sizes()).map(([, total, , reserved]: readonly unknown[]) => [total, reserved])).toEqual([
      [2048, 500],
      [512, 0],
    ]);
  });

  test("containers of a pod", async () => {
    const container = (name: string, memory: string, port: string): string =>
      `        - name: ${name}\n          image: php:8.2-fpm\n          resources: {limits: {memory: ${memory}}}\n          volumeMounts: [{name: conf, mountPath: /usr/local/etc/php-fpm.d/zzz.conf, subPath: ${port}.conf}]\n`;
    put(
      "k8s.yml",
      `apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data:
  default.conf: |
${SITE("127.0.0.1:9000").replace(/^/gm, "    ")}
  9000.conf: |
${POOL("9000").replace(/^/gm, "    ")}
  9001.conf: |
${POOL("9001").replace(/^/gm, "    ")}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      volumes: [{name: conf, configMap: {name: conf}}]
      containers:
        - name: web
          image: nginx:1.27.4
          resources: {limits: {memory: 64Mi}}
          volumeMounts: [{name: conf, mountPath: /etc/nginx/conf.d/default.conf, subPath: default.conf}]
${container("php", "1Gi", "9000")}${container("jobs", "256Mi", "9001")}`,
    );
    rmSync(join(top, "site.conf"));
    for (const name of ["shop", "blog"]) rmSync(join(top, `${name}.conf`));
    expect((await sizes()).map(([, total, source]: readonly unknown[]) => [total, source])).toEqual([
      [1024, "resources.limits.memory of container php"],
      [256, "resources.limits.memory of container jobs"],
    ]);
  });
});
