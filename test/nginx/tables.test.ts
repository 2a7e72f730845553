import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { factsFor, factsOf, knownNames, wordsOf } from "../../src/nginx/facts/directives.js";
import { FIXED_VARIABLES, FREE_VARIABLES, VARIABLE_PREFIXES } from "../../src/nginx/facts/facts-values.js";
import { describeProofs, nginxCommand, programOf, versions } from "../daemons/available.js";
import { type Command, type Tables, tablesOf } from "./support/tables.js";

/** The facts against the tables in nginx's program and in its module files. */

/** The program, and the modules of nginx's own that lie beside it. */
function all(): readonly Tables[] {
  const program = programOf(nginxCommand ?? "");
  const homes = [join(program, "../../lib/nginx/modules")];
  const modules = homes
    .filter((home) => existsSync(home))

    .flatMap((home) =>
      readdirSync(home)
        .filter((name) => /^ngx_(?:mail|stream)_module\.so$/.test(name))
        .map((name) => join(home, name)),
    );
  return [program, ...modules].map(tablesOf);
}

const COUNTS = [0, 1, 2, 3, 4, 5, 6, 7, 12];

/** The row that holds where the command does. */
function factFor({ name, contexts, kind }: Command) {
  const rows = factsFor(name, versions.nginx);
  return (
    rows.find(
      (row) => row.contexts === "*" || [...contexts].some((letter) => row.contexts.includes(letter)),
    ) ?? (kind === "core" ? rows[0] : undefined)
  );
}

describeProofs("the tables in nginx's program", (proof) => {
  proof("have the directives of the facts, with their contexts and counts of arguments", async () => {
    const commands = all().flatMap((one) => one.commands);
    expect(commands.length).toBeGreaterThan(400);
    const wrong = commands.flatMap((command) => {
      const fact = factFor(command);
      if (fact === undefined) return [`${command.name} (${command.contexts}): not in the facts`];
      const contexts = [...command.contexts].sort().join("");
      const ours = [...fact.contexts].sort().join("");
      const counts = COUNTS.filter((count) => fact.accepts(count) !== command.accepts(count));
      return [
        ...(contexts === ours ? [] : [`${command.name}: in ${contexts}, we say ${ours}`]),
        ...(counts.length === 0
          ? []
          : [`${command.name}: counts ${counts.join(" ")}, we say ${fact.counts}`]),
        ...(command.block === fact.block ? [] : [`${command.name}: a block ${command.block}`]),
      ];
    });
    expect(wrong).toEqual([]);
  });

  proof("have the words that enumerations and lists of words take", async () => {
    const commands = all().flatMap((one) => one.commands);
    const wrong = commands.flatMap(({ name, words }) => {
      const ours = wordsOf(name, versions.nginx);
      if (words === null || ours === null) return [];
      const [theirs, known] = [words, ours].map((list) =>
        [...new Set(list.map((word) => word.toLowerCase()))].sort().join(" "),
      );
      return theirs === known ? [] : [`${name}: ${theirs}; we say ${known}`];
    });
    expect(commands.filter(({ words }) => words !== null).length).toBeGreaterThan(30);
    expect(wrong).toEqual([]);
  });

  proof("have no variable that is not in the facts, and let the same ones be defined anew", async () => {
    const [main] = all();
    const variables = main?.variables ?? [];
    expect(variables.length).toBeGreaterThan(80);
    const fixed = new Set(FIXED_VARIABLES.trim().split(/\s+/));
    const free = new Set(FREE_VARIABLES.trim().split(/\s+/));
    const prefixes = VARIABLE_PREFIXES.trim().split(/\s+/);
    const wrong = variables.flatMap(({ name, changeable, prefix }) => {
      const begins = prefixes.some((one) => name.startsWith(one));
      if (!fixed.has(name) && !free.has(name) && !begins) return [`${name}: not in the facts`];
      if (fixed.has(name) && (changeable || prefix)) return [`${name}: may be defined anew`];
      return [];
    });
    expect(wrong).toEqual([]);
  });

  proof("have what the facts say came with this version or an older one", async () => {
    const there = new Set(all().flatMap((one) => one.commands.map(({ name }) => name)));
    const http = new Set(["http", "events", "location"]);
    for (const name of http) expect(there.has(name)).toBe(true);
    const gone = knownNames().filter(
      (name) => factsFor(name, versions.nginx).length === 0 && there.has(name),
    );
    expect(gone.filter((name) => factsOf(name).length > 0)).toEqual([]);
  });
});
