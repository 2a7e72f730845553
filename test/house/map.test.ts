import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { picture } from "./picture.js";
import { rooms } from "./rooms.js";
import { checkSection } from "./section.js";
import { readSources, roomGraph } from "./sources.js";

/** The map of the house, src/README.md: its table and its picture are made from the code. */

const graph = roomGraph(readSources());

test("the map has a line for each room", () => {
  const rows = rooms
    .filter(({ name }) => graph.has(name))
    .map(({ name, what }) => `| \`${name.replace(/^src\//, "")}\` | ${what} |`);
  checkSection("src/README.md", "rooms", `${["| room | what |", "| --- | --- |", ...rows].join("\n")}\n`);
});

test("the map shows the layers as they are", () => {
  checkSection("src/README.md", "picture", `\n\`\`\`text\n${picture(graph)}\n\`\`\`\n\n`);
});

test("the files that the map names are there", () => {
  const page = readFileSync("src/README.md", "utf8").replace(/```[\s\S]*?```/g, "");
  const named = [...page.matchAll(/`((?:[\w-]+\/)+[\w-]+\.ts)`/g)].map(([, path = ""]) => path);
  const known = new Set(readSources().map(({ path }) => path.replace(/^src\//, "")));
  const missing = named.filter((path) => !known.has(path) && !existsSync(path));
  expect(named.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test("the questions that a rule may ask are functions of those files", () => {
  const page = readFileSync("rules/README.md", "utf8");
  const rows = [...page.matchAll(/^\|[^|]+\| (`[^|]+`) \| \[(src\/[^\]]+)\]/gm)];
  const missing = rows.flatMap(([, names = "", path = ""]) => {
    const text = readFileSync(path, "utf8");
    const asked = [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
    return asked.filter((name) => !new RegExp(`export (?:function\\*?|const) ${name}\\b`).test(text));
  });
  expect(rows.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});
