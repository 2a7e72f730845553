import * as fs from "node:fs";
import * as path from "node:path";

/** Reads the lines of a help (`src/help/edit.ts`) and does what they say, as somebody with an editor would. */

export interface Step {
  readonly verb: "replace" | "add" | "remove";
  readonly spots: readonly Spot[];
  readonly lines: readonly string[];
}

export interface Spot {
  readonly where: "below" | "behind" | "above" | "before" | null;
  /** `null`: whole lines. */
  readonly text: string | null;
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

export interface Way {
  readonly steps: readonly Step[];
  /** Lines whose place only a person knows. */
  readonly byHand: readonly string[];
}

export interface Help {
  readonly ways: readonly Way[];
  readonly notes: readonly string[];
}

interface Draft {
  readonly steps: { verb: Step["verb"]; spots: readonly Spot[]; lines: string[] }[];
  readonly byHand: string[];
}

/** Throws at a line that has none of the forms. */
export function readHelp(help: string): Help {
  const ways: Draft[] = [];
  const notes: string[] = [];
  let lines: string[] | null = null;
  for (const line of help.split("\n")) {
    if (line.startsWith("  ")) {
      if (lines === null) throw new Error(`code without a place: ${JSON.stringify(line)}`);
      lines.push(line.slice(2));
      continue;
    }
    const [, joint, verb, rest = ""] = /^(or |and )?(replace|add|remove|in) (.*)$/.exec(line) ?? [];
    const ended = verb === "remove" ? rest : (/^(.*?)(?: with)?:$/.exec(rest)?.[1] ?? null);
    const spots = verb === "in" || ended === null ? [] : readSpots(ended);
    if (verb === undefined || ended === null || (verb !== "in" && spots.length === 0)) {
      if (line.endsWith(":") || line.trim() === "")
        throw new Error(`not a form of help: ${JSON.stringify(line)}`);
      notes.push(line);
      lines = null;
      continue;
    }
    let way = ways[ways.length - 1];
    if (way === undefined || joint !== "and ") {
      way = { steps: [], byHand: [] };
      ways.push(way);
    }
    if (verb === "in") lines = way.byHand;
    else {
      lines = [];
      way.steps.push({ verb: verb as Step["verb"], spots, lines });
    }
  }
  return { ways, notes };
}

function readSpots(text: string): readonly Spot[] {
  const pattern = /(?:(below|behind|above|before) )?(?:"(.*?)" in )?([^\s"]+):(\d+)(?:-(\d+))?(?: and |$)/gy;
  const found = [...text.matchAll(pattern)];
  if (found.map(([all]) => all).join("") !== text) return [];
  return found.map(([, where, quoted, file = "", from = "", to]) => ({
    where: (where ?? null) as Spot["where"],
    text: quoted ?? null,
    file,
    from: Number(from),
    to: Number(to ?? from),
  }));
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Makes the changes of several ways in a host; what two of them have alike is done once. */
export function applyWays(root: string, ways: readonly Way[]): void {
  const files = new Map<string, Map<string, Change>>();
  for (const { verb, spots, lines } of ways.flatMap(({ steps }) => steps)) {
    for (const spot of spots) {
      const file = path.join(root, spot.file);
      const change = changeOf(fs.readFileSync(file, "utf8"), verb, spot, lines.join("\n"));
      const changes = files.get(file) ?? new Map<string, Change>();
      files.set(file, changes.set(JSON.stringify(change), change));
    }
  }
  for (const [file, changes] of files) {
    const sorted = [...changes.values()].sort((a, b) => b.start - a.start || b.end - a.end);
    const text = sorted.reduce(
      (before, { start, end, text }) => before.slice(0, start) + text + before.slice(end),
      fs.readFileSync(file, "utf8"),
    );
    fs.writeFileSync(file, text);
  }
}

function changeOf(text: string, verb: Step["verb"], spot: Spot, lines: string): Change {
  const [first, last] = [spanOf(text, spot.from), spanOf(text, spot.to)];
  const { start, end } =
    spot.text === null ? { start: first.start, end: last.end } : find(text, first, spot.text);
  const rest = text.slice(end, last.end).trim();
  switch (spot.where) {
    case "below":
      if (!/^(?:[#;].*)?$/.test(rest))
        throw new Error(`${spot.file}:${spot.from} has more than ${spot.text}`);
      return { start: last.end, end: last.end, text: `\n${lines}` };
    case "behind":
      return { start: end, end, text: `\n${lines}\n` };
    case "above":
      return { start: first.start, end: first.start, text: `${lines}\n` };
    case "before":
      return { start, end: start, text: `${lines}\n` };
    case null: {
      const alone = text.slice(first.start, start).trim() === "" && rest === "";
      if (verb === "remove")
        return alone ? { start: first.start, end: last.end + 1, text: "" } : { start, end, text: "" };
      return { start, end, text: lines + (rest === "" ? "" : "\n") };
    }
  }
}

function spanOf(text: string, line: number): { readonly start: number; readonly end: number } {
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return { start, end: start + (lines[line - 1]?.length ?? 0) };
}

function find(text: string, line: { readonly start: number; readonly end: number }, words: string) {
  const start = text.indexOf(words, line.start);
  if (start === -1 || start + words.length > line.end)
    throw new Error(`${JSON.stringify(words)} is not in its line`);
  if (text.slice(start + 1, line.end).includes(words))
    throw new Error(`${JSON.stringify(words)} is twice in its line`);
  return { start, end: start + words.length };
}
