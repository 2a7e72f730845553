import type { Random } from "../../reality/random.js";
import { type Draw, isConfiguration, mutateFiles, mutateText, textAt } from "../case.js";
import { filesIn, type Tree } from "../tree.js";
import { HUGE_NUMBERS, PROTOTYPE_NAMES, WORKFLOW_COMMANDS } from "../words.js";

const PATHS = [
  ...["/", "/index.php", "/index.php/a/b?x=1", "/cart", "/a/b/", "/style.css", "/.env", "/a.php%00.jpg"],
  ...["/a/../../b", "//a//b/", "/%2e%2e/a", "/a%2fb", "/%", "/%zz", "/a?", "/a?b=%20&c", "/\u00e9", "/%ff"],
];

/** A name or a location that the files have. */
function fromTree(tree: Tree, random: Random, pattern: RegExp): string | null {
  const files = filesIn(tree).filter(isConfiguration);
  if (files.length === 0) return null;
  const found = [...textAt(tree, random.pick(files)).matchAll(pattern)].map(([, word = ""]) => word);
  return found.length === 0 ? null : random.pick(found);
}

function url(tree: Tree, random: Random): string {
  const location = random.chance(0.5)
    ? fromTree(tree, random, /location[ \t]+(?:\S+[ \t]+)?(\/[^\s{]*)/g)
    : null;
  const odd = [...PROTOTYPE_NAMES.map((name) => `/${name}`), ...WORKFLOW_COMMANDS.map((word) => `/${word}`)];
  const path =
    (location ?? random.pick(random.chance(0.1) ? odd : PATHS)) +
    (random.chance(0.2) ? random.pick(PATHS) : "");
  if (random.chance(0.2)) return path;
  const name =
    (random.chance(0.6) ? fromTree(tree, random, /server_name[ \t]+([^\s;]+)/g) : null) ?? "shop.example.com";
  const port = random.chance(0.2) ? `:${random.pick(["80", "443", "8080", ...HUGE_NUMBERS])}` : "";
  return `${random.pick(["http", "http", "https"])}://${name}${port}${path}`;
}

function words(random: Random): readonly string[] {
  const some = (chance: number, name: string, values: readonly string[]): readonly string[] =>
    random.chance(chance) ? [`--${name}=${random.pick(random.chance(0.04) ? HUGE_NUMBERS : values)}`] : [];
  return [
    ...some(0.3, "method", ["POST", "HEAD", "PUT", "OPTIONS", "TRACE", "get"]),
    ...some(0.2, "header", [
      "Cookie: a=b",
      "X-Forwarded-Proto: https",
      "Host: other.example",
      "User-Agent: ",
    ]),
    ...some(0.2, "body-size", ["0", "1k", "20m", "3G"]),
    ...some(0.2, "http", ["1.0", "2", "3"]),
    ...some(0.2, "from", ["127.0.0.1", "192.0.2.1", "::1"]),
    ...some(0.2, "exists", ["/var/www/html/index.php", "/srv/a/", "/"]),
    ...some(0.2, "missing", ["/var/www/html/index.php", "/srv"]),
  ];
}

/** `fpmlint trace` of any URL on changed trees. */
export const trace: Draw = (random, { fixtures }) => {
  const tree = fixtures.pick(random);
  if (random.chance(0.6)) mutateFiles(tree, random, mutateText);
  return { tree, run: { kind: "trace", words: [...words(random), "--", url(tree, random), "."] }, stdin: "" };
};
