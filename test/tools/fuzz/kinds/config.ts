import { rules } from "../../../../rules/index.js";
import type { Random } from "../../reality/random.js";
import { type Draw, lintAll, mutateText } from "../case.js";
import { file, filesIn } from "../tree.js";
import { HUGE_NUMBERS, PROTOTYPE_NAMES, WORKFLOW_COMMANDS } from "../words.js";

const SIZES = ["8G", "512M", "0", "1", "-1G", "1e9", "99999999999G", ""];

/** Any value of JSON. */
function anything(random: Random, depth = 0): unknown {
  const leaves = [
    null,
    true,
    false,
    0,
    -1,
    1e308,
    "",
    "a",
    "error",
    ...HUGE_NUMBERS,
    ...PROTOTYPE_NAMES,
    ...WORKFLOW_COMMANDS,
  ];
  if (depth > 3 || random.chance(0.7)) return random.pick(leaves);
  const items = Array.from({ length: random.int(0, 3) }, () => anything(random, depth + 1));
  if (random.chance(0.5)) return items;
  return Object.fromEntries(items.map((item) => [random.pick([...PROTOTYPE_NAMES, "name", "root"]), item]));
}

function setting(random: Random): unknown {
  if (random.chance(0.05)) return anything(random);
  const level = random.pick(["off", "on", "error", "warning", "info"]);
  return random.chance(0.8) ? level : [level, anything(random)];
}

function settings(random: Random): unknown {
  const name = (): string =>
    random.chance(0.97)
      ? random.pick([random.pick(rules).id, "*", `${random.pick(rules).id.split("/")[0]}/*`])
      : random.pick(PROTOTYPE_NAMES);
  return Object.fromEntries(
    Array.from({ length: random.int(0, 6) }, () => {
      const own = name();
      return [own, own.endsWith("*") && random.chance(0.95) ? "off" : setting(random)];
    }),
  );
}

const PATTERNS = ["*", "**", "etc", "etc/**/*.conf", "{a,b}{c,d}", "[a-", "**/**/**/a", "\\", "*.conf"];

function document(paths: readonly string[], random: Random): unknown {
  const path = (): string =>
    random.chance(0.9) && paths.length > 0
      ? random.pick(paths)
      : random.pick(["/x", "../x", "a/../../b", ""]);
  const patterns = (): readonly string[] =>
    Array.from({ length: random.int(1, 3) }, () => (random.chance(0.5) ? path() : random.pick(PATTERNS)));
  const some = (chance: number, name: string, value: () => unknown) =>
    random.chance(chance) ? [[name, random.chance(0.95) ? value() : anything(random)] as const] : [];
  const host = () =>
    Object.fromEntries([
      ["name", random.pick(["web", "", ".", ...PROTOTYPE_NAMES, ...WORKFLOW_COMMANDS])],
      // Never the machine's own root: what it holds is not made from the seed.
      ["root", random.pick([".", "./", "etc", "no", "no/../.", "/no/such/root", "a\0b"])],
      ...some(0.7, "nginx", path),
      ...some(0.7, "fpm", () => [path(), path()].slice(0, random.int(0, 2))),
      ...some(0.2, "memory", () => random.pick(SIZES)),
      ...some(0.2, "workerSize", () => random.pick(SIZES)),
    ]);
  return Object.fromEntries([
    ...some(0.2, "$schema", () => "x"),
    ...some(0.2, "failOn", () => random.pick(["error", "warning", "info", "never"])),
    ...some(0.7, "rules", () => settings(random)),
    ...some(0.3, "overrides", () =>
      Array.from({ length: random.int(0, 3) }, () => ({ files: patterns(), rules: settings(random) })),
    ),
    ...some(0.2, "ignore", patterns),
    ...some(0.1, "extends", () => random.pick([path(), "fpmlint.json", "..", "/etc/passwd", "a\0b"])),
    ...some(0.2, "nginxVersion", () => random.pick(["1.18.0", "1.29.1", "1.22"])),
    ...some(0.2, "phpVersion", () => random.pick(["5.6", "8.3", "8"])),
    ...some(0.4, "hosts", () => Array.from({ length: random.int(0, 3) }, host)),
    ...some(0.3, "memory", () => random.pick(SIZES)),
    ...some(0.2, "reserve", () => random.pick(SIZES)),
    ...some(0.2, "headroom", () => random.pick(["20%", "0", "100%", "x"])),
    ...some(0.03, random.pick(PROTOTYPE_NAMES), () => 1),
  ]);
}

/** A `fpmlint.json` of any content in a tree. */
export const config: Draw = (random, { fixtures }) => {
  const tree = fixtures.pick(random);
  const plain = JSON.stringify(document(filesIn(tree), random), null, random.pick([0, 2]));
  const text = random.chance(0.2) ? plain.replaceAll(/(?<=[,[{])\n/g, ' // a comment, "}\n') : plain;
  tree.set("fpmlint.json", file(random.chance(0.2) ? mutateText(text, random) : text));
  if (random.chance(0.75)) return lintAll(tree, random);
  return { tree, run: { kind: "capacity", words: [".", "--ram", "4G", "--format", "json"] }, stdin: "" };
};
