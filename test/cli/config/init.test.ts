import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createFile } from "../../../src/cli/write/create.js";
import { commandIn, type Ran } from "../../support/run-command.js";
import { tree } from "../../support/tree.js";
import { site } from "./support/site.js";

/** `fpmlint init`. */

const { top, put } = tree();

const run = (words: string, directory = ""): Promise<Ran> =>
  commandIn(join(top(), directory), words.split(" "));
const written = (path = "fpmlint.json"): string => readFileSync(join(top(), path), "utf8");

/** With the `//` removed from every line that is not a sentence. */
function inUse(text: string): string {
  return text.replace(/^( *)\/\/ ( *["\]{])/gm, "$1$2");
}

describe("what it writes", () => {
  test("says what it found, and changes nothing of what a run says", async () => {
    put(site());
    const before = await run("etc --format json");
    const { status, out, err } = await run("init");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toBe(
      "wrote fpmlint.json\nfound 1 host:\n  this tree: nginx, PHP-FPM 8.2\nfound 2 errors, 0 warnings, 4 infos; the rules are in the file, as comments\n",
    );
    expect(await run("etc --format json")).toEqual(before);
  });

  test("every line of it can be used", async () => {
    put({
      ...site("hosts/web1/"),
      ...site('hosts/we"b2/'),
      "hosts/web3/etc/php-fpm.conf": "[a]\nlisten = 9000\n",
    });
    await run("init");
    const text = written();
    put({ "fpmlint.json": inUse(text) });
    const { status, err } = await run(". -q");
    expect({ status, err }).toEqual({ status: 0, err: expect.stringMatching(/; 3 hosts, /) });
    for (const name of ["web1", 'we\\"b2', "web3"]) expect(text).toContain(`"name": "hosts/${name}"`);
    expect(text).toContain("the paths of this tree do not show it");
    expect(inUse(text).match(/^ *\/\/ ["{\]]/m)).toBe(null);
  });

  test("may be for another directory, which then wins over a file above it", async () => {
    put({ ...site("repo/"), "fpmlint.json": "{}" });
    const { status, out, err } = await run("init repo");
    expect({ status, err }).toEqual({
      status: 0,
      err: "fpmlint: fpmlint.json no longer holds for repo: the nearest file does\n",
    });
    expect(out).toContain("wrote repo/fpmlint.json\n");
    expect(written("repo/fpmlint.json")).toContain('"root": "."');
  });

  test("below an etc the host is around it, and is not stated", async () => {
    put(site());
    expect((await run("init etc")).status).toBe(0);
    expect(written("etc/fpmlint.json")).not.toContain('"hosts"');
    expect(written("etc/fpmlint.json")).toContain('"files": ["nginx/sites/a"]');
  });
});

describe("what it refuses", () => {
  test("to replace anything: a file, a link to nothing, a directory", async () => {
    put({ ...site(), "fpmlint.json": "{ mine" });
    const refused = {
      status: 2,
      out: "",
      err: "fpmlint: fpmlint.json: is there already, and stays as it is\n",
    };
    expect(await run("init")).toEqual(refused);
    expect(written()).toBe("{ mine");
    symlinkSync("nowhere", join(top(), "etc/fpmlint.json"));
    expect(await run("init", "etc")).toEqual(refused);
    mkdirSync(join(top(), "etc/nginx/fpmlint.json"));
    expect(await run("init", "etc/nginx")).toEqual(refused);
    expect(existsSync(join(top(), "etc/nowhere"))).toBe(false);
  });

  test.each([
    ["init nothing", "nothing: no such directory"],
    ["init etc/nginx/nginx.conf", "is no directory"],
    ["init etc etc", "Unknown argument: etc"],
    ["init etc -- etc", "give one directory at a time"],
    ["init empty", "no nginx or PHP-FPM configuration found below empty"],
    ["inti", 'did you mean "fpmlint init"?'],
  ])("%s", async (words, said) => {
    put(site());
    mkdirSync(join(top(), "empty"));
    const { status, out, err } = await run(words);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(said);
    expect(existsSync(join(top(), "empty/fpmlint.json"))).toBe(false);
  });

  test("a directory that is gone, or may not be written", () => {
    expect(() => createFile(join(top(), "gone/x"), "gone/x", "")).toThrow(
      "gone/x: no such file or directory",
    );
    expect(() => createFile("/proc/x", "/proc/x", "")).toThrow("/proc/x: ");
  });
});
