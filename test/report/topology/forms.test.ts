import { describe, expect, test } from "vitest";
import { commandIn } from "../../support/run-command.js";
import { runs, sample } from "../../support/sample.js";
import { withTree } from "../../support/tree.js";
import { drawn, drawnAnew, HOSTILE_FILES, hostNames, likeSites, unlikeSites } from "./support/hosts.js";

/** The text, the JSON and the diagrams of `fpmlint report`. */

interface Document {
  readonly version: number;
  readonly stamp: string | null;
  readonly hosts: readonly {
    readonly name: string;
    readonly servers: readonly { readonly id: string; readonly label: string }[];
    readonly locations: readonly {
      readonly text: string;
      readonly server: string | null;
      readonly limits: string | null;
      readonly findings: readonly string[];
      readonly ways: readonly {
        readonly address: string;
        readonly pool: string | null;
        readonly limits: string | null;
      }[];
    }[];
    readonly addresses: readonly { readonly id: string; readonly text: string }[];
    readonly pools: readonly { readonly id: string; readonly name: string }[];
    readonly limits: readonly { readonly id: string }[];
  }[];
  readonly findings: readonly { readonly fingerprint: string }[];
}

const FORMATS = ["text", "json", "mermaid", "dot"] as const;

async function documentOf(name: string): Promise<Document> {
  return JSON.parse(await drawn(name, "--format", "json"));
}

describe.each(hostNames)("%s", (name) => {
  test("is drawn the same each time", async () => {
    const anew = sample(FORMATS, runs(FORMATS.length), name);
    for (const format of FORMATS) {
      const first = await drawn(name, "--format", format);
      if (anew.includes(format)) expect(await drawnAnew(name, "--format", format)).toBe(first);
      expect(first).not.toMatch(/\bundefined\b|\bNaN\b|\[object /);
    }
  });

  test("names in its document only what the document has", async () => {
    const { hosts, findings } = await documentOf(name);
    expect(hosts.length).toBeGreaterThan(0);
    const prints = new Set(findings.map(({ fingerprint }) => fingerprint));
    for (const host of hosts) {
      const ids = new Set(
        [...host.servers, ...host.addresses, ...host.pools, ...host.limits].map(({ id }) => id),
      );
      const named = host.locations.flatMap(({ server, limits, ways }) => [
        server,
        limits,
        ...ways.flatMap((way) => [way.address, way.pool, way.limits]),
      ]);
      expect(named.filter((id) => id !== null && !ids.has(id))).toEqual([]);
      expect(host.locations.flatMap((one) => one.findings).filter((one) => !prints.has(one))).toEqual([]);
    }
  });

  test("has every server, location and pool in the text and in the diagrams", async () => {
    const { hosts } = await documentOf(name);
    const text = (await drawn(name, "--format", "text")).replace(/\s+/g, " ");
    const diagram = (await drawn(name, "--format", "dot")).replaceAll("\\\\", "\\");
    for (const { servers, locations, pools } of hosts) {
      for (const { label } of servers) expect(text).toContain(label.replace(/\s+/g, " "));
      for (const one of locations) expect(text).toContain(one.text.replace(/\s+/g, " "));
      const labels = [...servers.map(({ label }) => label), ...locations.map((one) => one.text)];
      for (const label of [...labels, ...pools.map((one) => `pool [${one.name}]`)])
        expect(diagram).toContain(`label="${label.replaceAll('"', '\\"')}`);
    }
  });
});

test("a diagram has a line only between boxes that it has", async () => {
  for (const name of hostNames) {
    const dot = await drawn(name, "--format", "dot");
    const boxes = new Set([...dot.matchAll(/^\s*(h\d+_\w+) \[label=/gm)].map(([, id = ""]) => id));
    const ends = [...dot.matchAll(/^\s*(h\d+_\w+) -> (h\d+_\w+) /gm)].flatMap(([, a = "", b = ""]) => [a, b]);
    expect(ends.filter((id) => !boxes.has(id))).toEqual([]);
  }
});

test("names of a configuration are neither markup nor syntax", async () => {
  await withTree(async ({ top, put }) => {
    put(HOSTILE_FILES);
    const run = async (format: string): Promise<string> =>
      (await commandIn(top(), ["report", "--format", format, "."])).out;
    const text = await run("text");
    expect(text).not.toMatch(/\u202e|##\[/);
    const mermaid = await run("mermaid");
    const boxes = mermaid.split("\n").filter((line) => /^ {2}h1_\w+[[(]/.test(line));
    expect(boxes.length).toBeGreaterThan(4);
    // A label is all that is between its two quotes, and only our own breaks are markup in it.
    for (const line of boxes) {
      expect(line.split('"').length).toBe(3);
      expect(line.replaceAll("<br/>", "")).not.toMatch(/[<`\u202e]/);
    }
    const dot = await run("dot");
    for (const line of dot.split("\n").filter((one) => one.includes("label="))) {
      const strings = line.replaceAll(/"(?:[^"\\]|\\.)*"/g, "S");
      expect(strings).not.toMatch(/["<\\]/);
    }
    expect(JSON.parse(await run("json")).hosts.length).toBe(1);
  });
});

test("beyond forty rows, sites that are alike are one row, which says how many and through which file", async () => {
  await withTree(async ({ top, put }) => {
    put(likeSites(41));
    const { out } = await commandIn(top(), ["report", "etc"]);
    expect(out).toContain("  41 sites\n    41 × location ~ \\.php$ through etc/nginx/snippets/php.conf");
    const mermaid = (await commandIn(top(), ["report", "--format", "mermaid", "etc"])).out;
    expect(mermaid).toContain("41 sites");
    expect(mermaid.split("\n").length).toBeLessThan(20);
    put({ "etc/nginx/sites-enabled/s40.conf": "" });
    const forty = (await commandIn(top(), ["report", "etc"])).out;
    expect(forty).toContain("site39.example.com");
    expect(forty).not.toContain("40 sites");
  });
});

test("a row whose limits differ says so, rather than those of its first", async () => {
  await withTree(async ({ top, put }) => {
    put(unlikeSites(60));
    const { out } = await commandIn(top(), ["report", "etc"]);
    const rows = out.split("Who gives up first")[0] ?? "";
    expect(rows).toMatch(/ × location ~ \\\.php\$ {2}read differs, body differs, header 4k/);
    expect(rows).not.toMatch(/read \d+s/);
  });
});
