import type { Random } from "../../reality/random.js";
import { type Draw, filesToPlant, versions } from "../case.js";
import type { TreeNode } from "../tree.js";
import { file } from "../tree.js";
import { CONTROLS, PROTOTYPE_NAMES, WORKFLOW_COMMANDS } from "../words.js";

const DIRECTORIES = [
  ...["etc", "nginx", "php", "php/8.2/fpm", "pool.d", "sites-enabled", "conf.d", "php-fpm.d", "etc/nginx"],
  ...[
    "usr/local/etc",
    "node_modules",
    ".git",
    "vendor",
    "templates",
    "docker",
    "a",
    "b",
    "web/etc",
    "etc/etc",
  ],
];
const NAMES = [
  ...[
    "nginx.conf",
    "php-fpm.conf",
    "www.conf",
    "default",
    "site.conf",
    "php.ini",
    "passwd",
    "group",
    "Dockerfile",
  ],
  ...[
    "docker-compose.yml",
    "fpmlint.json",
    "default.conf.template",
    "x.service",
    "fastcgi_params",
    "10-a.ini",
  ],
];
const TARGETS = [
  ".",
  "..",
  "/",
  "/etc",
  "../..",
  "a",
  "/dev/null",
  "/dev/zero",
  "/etc/shadow",
  "no",
  "x/../x",
  "/proc/self/environ",
];

function name(random: Random): string {
  if (random.chance(0.85)) return random.pick(NAMES);
  const odd = [
    ...CONTROLS,
    ...PROTOTYPE_NAMES,
    ...WORKFLOW_COMMANDS.map((word) => word.replaceAll("/", "")),
    " ",
    "-",
    "--x",
    "*",
    "[a",
  ];
  return (
    (random.pick(odd) + random.pick(["", ".conf", "nginx.conf"])).replaceAll("\0", "").slice(0, 200) || "x"
  );
}

function path(random: Random): string {
  const above = Array.from({ length: random.int(0, 3) }, () =>
    random.chance(0.9) ? random.pick(DIRECTORIES) : name(random),
  );
  return [...above, name(random)].join("/");
}

function node(texts: readonly TreeNode[], paths: readonly string[], random: Random): TreeNode {
  const kind = random.int(0, 99);
  if (kind < 72) return random.pick(texts);
  if (kind < 88)
    return { kind: "link", target: random.chance(0.5) ? random.pick(TARGETS) : random.pick([...paths, "a"]) };
  if (kind < 91) return { kind: "fifo" };
  if (kind < 95) return { kind: "directory", mode: random.pick([0o755, 0o000, 0o111, 0o444]) };
  const own = random.pick(texts);
  return own.kind === "file" ? { ...own, mode: random.pick([0o000, 0o200, 0o444]) } : file("");
}

/** Trees of any shape: names, links, FIFOs, what cannot be read, `etc` in `etc`. */
export const discovery: Draw = (random, sources) => {
  const tree = random.chance(0.4) ? sources.fixtures.pick(random) : new Map<string, TreeNode>();
  const texts = filesToPlant(sources.fixtures.pick(random));
  for (let left = random.int(2, 14); left > 0; left -= 1)
    tree.set(path(random), node(texts, [...tree.keys()], random));
  // What a typed link leads to is read wherever it is, and outside the tree nothing is made from the seed.
  const links = [...tree].flatMap(([at, one]) => (one.kind === "link" ? [at] : []));
  const real = [...tree.keys()].filter((at) => !links.some((link) => `${at}/`.startsWith(`${link}/`)));
  const paths = random.chance(0.7) ? ["."] : [random.pick([...real, "no"]), "."].slice(0, random.int(1, 2));
  const given = paths.map((one) => (one.startsWith("-") ? `./${one}` : one));
  const shut = [...tree.values()].some((one) => "mode" in one);
  return { tree, run: { kind: "lint", paths: given, ...versions(random) }, stdin: "", unprivileged: shut };
};
