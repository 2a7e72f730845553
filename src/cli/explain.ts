import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { outsideTopics } from "../causes/outside-causes.js";
import { type Recognised, recognise } from "../causes/recognise.js";
import { symptomNames, symptomTopic } from "../causes/symptoms.js";
import { decidedBy } from "../diagnose/decided.js";
import { join } from "../diagnose/join.js";
import { predicting } from "../diagnose/predicted.js";
import type { Rule } from "../engine/rule.js";
import { unwrapped } from "../logs/docker.js";
import { MessageLines } from "../logs/messages.js";
import { explainLine, type InFiles } from "../report/diagnose/line.js";
import { explainRule } from "../report/explain/rule.js";
import { explainSymptom } from "../report/explain/symptom.js";
import { chooseColor, chooseUnicode } from "../report/terminal/color.js";
import { decodeBytes } from "../source/bytes.js";
import { nearest } from "../source/spelling.js";
import { columnsOf } from "./columns.js";
import { wallClock } from "./diagnose/clock.js";
import { type JudgedHosts, judgedHosts } from "./diagnose/hosts.js";
import { refusalOf } from "./input-text.js";
import { UsageError } from "./usage.js";
import type { World } from "./world.js";

/** Wider pages of prose are hard to read. */
const MOST_COLUMNS = 100;

/** No symptom's name has more words; what has more was meant as a line of a log. */
const LONGEST_NAME = 4;

/** What is shorter, and names a symptom, is no line of a log. */
const SHORTEST_LINE = 40;

/** Lines that are counted, of those that are not explained. */
const MOST_COUNTED = 1000;

/** Lines of standard input that are explained; the same line again is not another one. */
const MOST_LINES = 20;

/**
 * Writes a rule's page, every cause of what users see (`502`, `blank page`), or the causes of a log line, and of the
 * lines of standard input for `-`. A path behind a line says which files it came from. Throws UsageError for anything
 * else.
 */
export function explain(words: readonly string[], color: "auto" | "always" | "never", world: World): void {
  const isTTY = world.stdout.isTTY === true;
  const options = {
    color: chooseColor({ flag: color, env: world.env, isTTY }),
    unicode: chooseUnicode(world.env),
    width: Math.min(columnsOf(world).width, MOST_COLUMNS),
  };
  const topic = words.join(" ").trim();
  const rule = world.rules.find(({ id }) => id === topic);
  if (rule !== undefined) {
    world.stdout.write(explainRule(rule, options));
    return;
  }
  const { lines, paths, left = "" } = linesOf(words, world);
  if (lines.length > 0) {
    const judged = paths.length === 0 ? null : judgedHosts(paths, undefined, world);
    const pages = lines.map(({ text, found }) =>
      explainLine(found, text, world.rules, inFiles(found, judged), options),
    );
    world.stdout.write(`${pages.join("\n")}${left}`);
    return;
  }
  const symptom = symptomTopic(topic);
  const page = symptom === null ? null : explainSymptom(world.rules, symptom, options);
  if (page === null) throw new UsageError(unknownTopic(topic, world.rules));
  world.stdout.write(page);
}

interface Input {
  readonly lines: readonly Line[];
  /** What is said of the lines that were not explained; empty: nothing. */
  readonly left: string;
}

interface Line {
  readonly text: string;
  readonly found: Recognised;
}

/** The log lines that are meant, and the paths behind them; no line: the words are something else. Throws UsageError. */
function linesOf(
  words: readonly string[],
  world: World,
): Pick<Input, "lines"> & { readonly paths: readonly string[]; readonly left?: string } {
  if (words[0] === "-") return { ...linesOfInput(world), paths: words.slice(1) };
  const path = words.at(-1) ?? "";
  const exists = words.length > 1 && path.includes("/") && existsSync(resolve(world.workingDirectory, path));
  const isPath = exists || pathIsMeant(words, world);
  const paths = isPath ? [path] : [];
  const text = words.slice(0, words.length - paths.length).join(" ");
  // A word or two are a symptom's name; a line has the daemon's own words.
  const found = text.includes(" ") ? recognise(text, wallClock(world)) : null;
  return found === null ||
    (symptomTopic(text) !== null && found.line === null && text.length < SHORTEST_LINE && paths.length === 0)
    ? { lines: [], paths: [] }
    : { lines: [{ text, found }], paths };
}

/** Whether one word comes after a whole line in quotes: that is a path, and a misspelt one is an error. */
function pathIsMeant([line = "", path = "", ...others]: readonly string[], world: World): boolean {
  return (
    path !== "" &&
    !/\s/.test(path) &&
    others.length === 0 &&
    line.includes(" ") &&
    (line.length >= SHORTEST_LINE || symptomTopic(`${line} ${path}`) === null) &&
    recognise(line, wallClock(world)) !== null
  );
}

/** Throws UsageError where no line is known. */
function linesOfInput(world: World): Input {
  const opened = world.standardInput();
  if (opened.kind === "refused") throw new UsageError(`standard input: ${refusalOf(opened)}`);
  const now = wallClock(world);
  const known = new Map<string, Line>();
  const more = new Set<string>();
  let read = 0;
  let unknown = 0;
  for (const text of messagesOf(decodeBytes(opened.bytes))) {
    read += 1;
    const found = recognise(text, now);
    if (found === null) unknown += 1;
    else if (known.size < MOST_LINES) known.set(keyOf(found), known.get(keyOf(found)) ?? { text, found });
    else if (!known.has(keyOf(found)) && more.size < MOST_COUNTED) more.add(keyOf(found));
  }
  if (read === 0) throw new UsageError("standard input is empty; expected lines of a log");
  if (known.size === 0)
    throw new UsageError(`none of the ${read} lines of standard input is a log line that is known`);
  return { lines: [...known.values()], left: leftOf(read, unknown, more.size) };
}

/** What was not explained, under the pages; empty: nothing. */
function leftOf(read: number, unknown: number, more: number): string {
  const left = [
    ...(more > 0
      ? [
          `${MOST_LINES} lines are explained at a time; ${more === MOST_COUNTED ? "at least " : ""}${more} more ${more === 1 ? "says" : "say"} something else`,
        ]
      : []),
    ...(unknown > 0
      ? [`${unknown} of ${read} lines ${unknown === 1 ? "is none" : "are none"} that fpmlint knows`]
      : []),
  ];
  return left.length === 0 ? "" : `\n${left.join("; ")}\n`;
}

/** The messages of a text, without what containers put around their lines. */
function messagesOf(text: string): readonly string[] {
  const messages = new MessageLines();
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return [...lines.flatMap((line) => messages.add(unwrapped(line))), ...messages.end()];
}

/** Lines that say the same of the same address and server are explained once. */
function keyOf({ match, line }: Recognised): string {
  const { request } = line ?? { request: null };
  return JSON.stringify([match.signature.id, request?.upstream, request?.server, match.parts.get("pool")]);
}

/** What the files say of a line: on the host that has the server, the address or the pool; the first one where none does. */
function inFiles({ match, line }: Recognised, judged: JudgedHosts | null): InFiles | null {
  if (judged === null) return null;
  const { parts, signature } = match;
  const address = parts.get("socket") ?? parts.get("address") ?? null;
  const all = judged.hosts.map(({ host }) => {
    const named = {
      request: line?.request ?? null,
      address: socketOr(address, parts.has("socket")),
      pool: parts.get("pool") ?? null,
    };
    const joined = join(host, named);
    return {
      joined,
      findings: predicting(judged.findings, signature, joined),
      decided: decidedBy(signature, joined),
    };
  });
  const known = ({ joined }: InFiles): boolean => joined.bindings.length > 0 || joined.pools.length > 0;
  return all.find(known) ?? all.find(({ joined }) => joined.server !== null) ?? all[0] ?? null;
}

function socketOr(address: string | null, isSocket: boolean): string | null {
  return address === null || !isSocket ? address : `unix:${address}`;
}

function unknownTopic(topic: string, rules: readonly Rule[]): string {
  const names = symptomNames(rules, outsideTopics);
  const symptom = symptomTopic(topic);
  if (symptom !== null)
    return `nothing is known about ${symptom.title}; known symptoms are ${names.join(", ")}`;
  const meant = nearest(topic, [...rules.map(({ id }) => id), ...names]);
  const unknown =
    topic.split(/\s+/).length > LONGEST_NAME
      ? `"${topic}" is no line of a log that fpmlint knows, and names no rule or symptom`
      : `no rule and no symptom named "${topic}"`;
  return `${unknown}${
    meant === null
      ? `; fpmlint rules lists the rules, symptoms are ${names.join(", ")}`
      : `; did you mean ${meant}?`
  }`;
}
