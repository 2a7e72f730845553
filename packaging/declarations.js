// Makes dist/index.d.mts: the declarations of the library in one file, with what they need and nothing else.
// Reads what tsc made of each source, in which every declaration begins at the start of a line.
//
//   node packaging/declarations.js              make it
//   node packaging/declarations.js --if-stale   make it only when what it is made of is newer

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isStale } from "./stale.js";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const ENTRY = "src/library/index.d.ts";

const RESULT = "dist/index.d.mts";
const FILES = ["packaging/declarations.js", "tsconfig.json", "tsconfig.types.json", "package-lock.json"];

if (!process.argv.includes("--if-stale") || isStale([RESULT], ["src"], FILES)) make();

function make() {
  const scratch = mkdtempSync(join(top, "dist/types-"));
  try {
    const tsc = join(top, "node_modules/typescript/bin/tsc");
    const words = [tsc, "-p", join(top, "tsconfig.types.json"), "--outDir", scratch];
    const { status } = spawnSync(process.execPath, words, { stdio: ["ignore", 2, 2] });
    if (status !== 0) {
      process.exitCode = status ?? 1;
      return;
    }
    const text = join(scratch, "index.d.ts");
    writeFileSync(text, rolledUp(join(scratch, ENTRY)));
    renameSync(text, join(top, RESULT));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The text of all declarations that the exports of a file need, those of the exports first. */
function rolledUp(entry) {
  const files = new Map();
  const wanted = [...moduleOf(entry, files).exports.keys()].map((name) => [name, found(entry, name, files)]);
  const names = new Map(wanted.map(([name, { key }]) => [key, name]));
  const pending = wanted.map(([, one]) => one);
  const all = [];
  const seen = new Set();
  for (let one = pending.shift(); one !== undefined; one = pending.shift()) {
    if (seen.has(one.key)) continue;
    seen.add(one.key);
    const uses = usesOf(one, files);
    all.push({ ...one, uses });
    pending.push(...uses.values());
  }
  for (const { key, name } of all) if (!names.has(key)) names.set(key, free(name, new Set(names.values())));
  const texts = all.map((one) =>
    written(
      one,
      names,
      wanted.some(([, { key }]) => key === one.key),
    ),
  );
  return `${texts.join("\n\n")}\n\nexport {};\n`;
}

/** A name that no other declaration has. */
function free(name, taken) {
  let candidate = name;
  for (let n = 2; taken.has(candidate); n += 1) candidate = `${name}${n}`;
  return candidate;
}

function moduleOf(path, files) {
  const known = files.get(path);
  if (known !== undefined) return known;
  const module = { declared: new Map(), imported: new Map(), exports: new Map() };
  files.set(path, module);
  for (const statement of statements(readFileSync(path, "utf8"))) read(statement, path, module);
  return module;
}

/** Declarations with the comment above them. */
function statements(text) {
  const found = [];
  let lines = [];
  for (const line of text.split("\n")) {
    lines.push(line);
    const whole = lines.join("\n");
    const code = bare(whole);
    const open = [...code].reduce(
      (depth, one) => depth + ("{([".includes(one) ? 1 : "})]".includes(one) ? -1 : 0),
      0,
    );
    // Of all that tsc writes only an interface ends without a semicolon.
    const end = /^\s*(?:export )?interface /.test(code) ? /[;}]\s*$/ : /;\s*$/;
    if (open !== 0 || !end.test(code) || /\/\*(?!.*\*\/)/.test(line)) continue;
    found.push(whole.trim());
    lines = [];
  }
  if (bare(lines.join("\n")).trim() !== "") throw new Error(`a declaration without end: ${lines.join("\n")}`);
  return found;
}

/** Without comments and strings. */
function bare(text) {
  return text.replace(/\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, (piece) =>
    piece.startsWith("/") ? "" : '""',
  );
}

function read(statement, path, module) {
  const code = statement.replace(/^(?:\/\*[\s\S]*?\*\/\s*)+/, "");
  const from = /\bfrom "([^"]+)";$/.exec(code)?.[1];
  const list = /^(?:import|export)(?: type)? \{([\s\S]*?)\}/.exec(code)?.[1];
  if (list !== undefined) {
    for (const item of list.split(",").map((one) => one.trim().replace(/^type /, ""))) {
      const [name = "", alias = name] = item.split(/ as /);
      if (name === "") continue;
      const target = from === undefined ? { path, name } : { path: fileOf(path, from), name };
      (code.startsWith("import") ? module.imported : module.exports).set(alias, target);
    }
    return;
  }
  const declared = /^(export )?(?:declare )?(?:interface|type|function|const) ([A-Za-z_$][\w$]*)/.exec(code);
  if (declared === null) throw new Error(`${path}: not understood: ${code.split("\n", 1)[0]}`);
  const [, exported, name] = declared;
  module.declared.set(name, statement);
  if (exported !== undefined) module.exports.set(name, { path, name });
}

function fileOf(path, from) {
  if (!from.startsWith(".")) throw new Error(`${path}: the types of ${from} are in another package`);
  const file = resolve(dirname(path), from.replace(/\.js$/, ".d.ts"));
  if (!existsSync(file)) throw new Error(`${path}: there is no ${file}`);
  return file;
}

/** The declaration that a name of a file means. */
function found(path, name, files) {
  const { declared, imported, exports } = moduleOf(path, files);
  if (declared.has(name)) return { key: `${path} ${name}`, path, name, text: declared.get(name) };
  const target = imported.get(name) ?? exports.get(name);
  if (target === undefined || (target.path === path && target.name === name))
    throw new Error(`${path}: nothing declares ${name}`);
  return found(target.path, target.name, files);
}

/** What a declaration mentions, by the name that it has there. */
function usesOf({ path, name, text }, files) {
  const { declared, imported } = moduleOf(path, files);
  const words = new Set(bare(text).match(/(?<![.\w$])[A-Za-z_$][\w$]*/g));
  const known = [...words].filter((word) => word !== name && (declared.has(word) || imported.has(word)));
  return new Map(known.map((word) => [word, found(path, word, files)]));
}

function written({ key, name, text, uses }, names, isPublic) {
  const renamed = new Map([
    [name, names.get(key)],
    ...[...uses].map(([word, one]) => [word, names.get(one.key)]),
  ]);
  // Comments and strings are left as they are; so are the names of properties.
  const pieces = text.match(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|[A-Za-z_$][\w$]*|[\s\S]/g) ?? [];
  const out = pieces.map((piece, at) =>
    /^\??:/.test(pieces.slice(at + 1, at + 3).join("")) ? piece : (renamed.get(piece) ?? piece),
  );
  const plain = out.join("").replace(/^((?:\/\*[\s\S]*?\*\/\s*)*)export /, "$1");
  return isPublic ? plain.replace(/^((?:\/\*[\s\S]*?\*\/\s*)*)/, "$1export ") : plain;
}
