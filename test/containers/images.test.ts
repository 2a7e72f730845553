import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { imageOf } from "../../src/containers/images.js";
import { readMaster } from "../../src/fpm/pools.js";
import { setting } from "../../src/fpm/settings/lookup.js";
import { memoryFilesystem } from "../../src/host/memory.js";
import { describeProofs, fpmCommand } from "../daemons/available.js";

const MAIN = "/usr/local/etc/php-fpm.conf";
const WWW = "/usr/local/etc/php-fpm.d/www.conf";

/** The files of an image, with another www.conf where there is one. */
function filesOf(name: string, www?: string): ReadonlyMap<string, string> {
  return new Map([...(imageOf(name)?.files ?? []), ...(www === undefined ? [] : [[WWW, www] as const])]);
}

function listenOf(name: string, www?: string): string | null {
  const pool = readMaster(memoryFilesystem(filesOf(name, www)), MAIN).pools[0];
  const listen = pool === undefined ? null : setting(pool, "listen");
  return listen?.kind === "set" ? listen.value : null;
}

/**
 * docker-library/php: f26909c ("Move fpm listen for easier config override", 2026-01-09) with the limits of
 * its Dockerfile-linux.template, which 168b429 removed; f2999de removed 7.4, 9cf5f24 removed 8.1, both before
 * it.
 */
const TIMES: readonly (readonly [image: string, moved: boolean])[] = [
  ["php:5.6-fpm", true],
  ["php:7.4.33-fpm-alpine", true],
  ["php:8.1-fpm", true],
  ["php:8.2.30-fpm", true],
  ["php:8.2.31-fpm-bookworm", false],
  ["php:8.3.29-fpm", true],
  ["php:8.3.30-fpm", false],
  ["php:8.4.16-fpm", true],
  ["php:8.4.17-fpm-alpine3.22", false],
  ["php:8.5.1-fpm", true],
  ["php:8.5.2-fpm", false],
  ["php:8.6-rc-fpm", false],
  // Images of both times have this tag.
  ["php:8.3-fpm", true],
  ["php:fpm-alpine", true],
];

test.each(TIMES)("%s moves a pool of www.conf to port 9000: %s", (image, moved) => {
  expect(listenOf(image)).toBe("9000");
  expect(listenOf(image, "[www]\nlisten = /run/a.sock\n")).toBe(moved ? "9000" : "/run/a.sock");
});

test("only a tag that fits images of both times says so", () => {
  const moved = (name: string) => imageOf(name)?.listenMovedIn;
  expect(["php:8.3-fpm", "php:8.2-fpm-alpine", "php:fpm", "php:8-fpm"].map(moved)).toEqual([
    "8.3.30",
    "8.2.31",
    "8.5.2",
    "8.5.2",
  ]);
  expect(
    ["php:8.3.30-fpm", "php:8.1-fpm", "php:8.6-rc-fpm", "php:8.3-fpm@sha256:ab", "php:8.3-cli"].map(moved),
  ).toEqual([null, null, null, null, null]);
});

describe("names of images", () => {
  test.each([
    ["php:8.3-fpm-alpine", "php-fpm", "8.3", null],
    ["docker.io/library/php:8.3.4-fpm", "php-fpm", "8.3", null],
    ["public.ecr.aws/docker/library/php:7.4-fpm", "php-fpm", "7.4", null],
    ["php:8.3-cli", null, "8.3", null],
    ["php:8.3-apache", null, "8.3", null],
    ["wordpress:6-php8.2-fpm", "php-fpm", "8.2", null],
    ["nextcloud:fpm-alpine", "php-fpm", null, null],
    ["nginx", "nginx", null, null],
    ["nginx:1.27.4-alpine", "nginx", null, "1.27.4"],
    ["nginx:stable", "nginx", null, null],
    ["nginxinc/nginx-unprivileged:1.27.4", "nginx", null, "1.27.4"],
  ] as const)("%s", (name, runs, php, nginx) => {
    expect(imageOf(name)).toMatchObject({ runs, phpVersion: php, nginxVersion: nginx });
  });

  test.each([
    "",
    ":",
    "php:",
    "example.com/php:8.3-fpm",
    "my/php:8.3-fpm",
    "wordpress:6",
    "my/nextcloud:fpm",
    "constructor",
    "php-fpm:8.3",
    "a:b:c",
  ])("nothing is known of %j", (name) => {
    expect(imageOf(name)?.runs ?? null).toBeNull();
  });
});

test("PHP before 7.3 has neither log_limit nor decorate_workers_output", () => {
  const docker = (name: string): string => filesOf(name).get("/usr/local/etc/php-fpm.d/docker.conf") ?? "";
  expect(docker("php:7.2-fpm")).not.toMatch(/log_limit|decorate/);
  expect(docker("php:7.3-fpm")).toMatch(/log_limit.*decorate/s);
});

/** The log of an image is its standard error, which is no file here. */
function withPlaces(text: string, top: string): string {
  return text
    .replace("include=etc", `include=${join(top, "usr/local/etc")}`)
    .replaceAll("/proc/self/fd/2", join(top, "log"));
}

describeProofs("PHP-FPM reads the files of an image as we do", (proof) => {
  for (const [image, moved] of TIMES)
    proof(image, async () => {
      const top = mkdtempSync(join(tmpdir(), "fpmlint-image-"));
      try {
        for (const [path, text] of filesOf(
          image,
          "[www]\nuser = www-data\nlisten = /run/a.sock\npm = static\npm.max_children = 2\n",
        )) {
          const at = join(top, path);
          mkdirSync(dirname(at), { recursive: true });
          writeFileSync(at, withPlaces(text, top));
        }
        const shown = execFileSync("sh", ["-c", `${fpmCommand} -tt -y "$0" 2>&1`, join(top, MAIN)], {
          encoding: "utf8",
        });
        expect(shown).toContain(`listen = ${moved ? "9000" : "/run/a.sock"}`);
      } finally {
        rmSync(top, { recursive: true });
      }
    });
});
