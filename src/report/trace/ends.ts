import type { Assumption } from "../../model/request/resolve/types.js";
import type { Note } from "../../trace/notes.js";
import type { Traced, TracedWay } from "../../trace/trace.js";
import { count } from "../coverage.js";
import { answerText, outcomeText } from "./outcomes.js";
import type { Page } from "./page.js";
import { conditionText } from "./steps.js";

/** The first screen: how a request ends, on what that rests, and what one should know before. */

/** More ways than this are counted, not shown. */
const MOST_SHOWN = 6;

/** The ways that are shown, in order: the likely ones, or where none is likely the first. */
export function shownWays({ ways }: Traced): readonly TracedWay[] {
  const likely = ways.filter(({ unlikely }) => !unlikely);
  return (likely.length > 0 ? likely : ways.slice(0, 1)).slice(0, MOST_SHOWN);
}

interface End {
  /** Which way, from 0. */
  readonly way: number;
  readonly text: string;
  readonly rests: readonly Assumption[];
}

export function endsOf(page: Page, traced: Traced): void {
  const shown = shownWays(traced);
  const ends = shown.flatMap((way, index) => endsOfWay(way, index, traced.request.method));
  const [only] = ends;
  const all = traced.ways.reduce((sum, { pools }) => sum + Math.max(1, pools.length), 0);
  const hidden = all - ends.length;
  if (only !== undefined && ends.length === 1 && hidden === 0) {
    page.item(`${page.arrow} `, withCondition(only.text, [only.rests]));
  } else {
    page.title(`${page.arrow} it depends:`);
    for (const [label, text, rests] of labelled(ends, shown.length > 1))
      page.item(`  ${label}  `, withCondition(text, rests));
    if (hidden > 0)
      page.item(
        "  ",
        `and ${count(hidden, "way")} that ${hidden === 1 ? "is" : "are"} less likely (--format json has all)`,
      );
  }
  for (const note of traced.notes) page.item("  ", noteText(note));
  const presumed = innermost(traced.presumed);
  if (presumed.length > 0)
    page.item(
      "  ",
      `Taken for granted: ${presumed.join(", ")} ${presumed.length === 1 ? "is a directory" : "are directories"}.`,
    );
  if (traced.supposed)
    page.item(
      "  ",
      "Taken for granted: the parts of nginx's files that were not read change nothing on this way.",
    );
}

/** Of directories in each other those that are in no other's way: who has a docroot has what is around it. */
function innermost(paths: readonly string[]): readonly string[] {
  const around = new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/"))));
  return paths.filter((path) => !around.has(path));
}

/** Ends with one text are told once, with the numbers of their ways; a way with several ends has letters. */
function labelled(
  ends: readonly End[],
  several: boolean,
): readonly (readonly [label: string, text: string, rests: readonly (readonly Assumption[])[]])[] {
  const byText = new Map<
    string,
    { readonly labels: Set<string>; readonly rests: (readonly Assumption[])[] }
  >();
  for (const [index, { way, text, rests }] of ends.entries()) {
    const own = ends.filter((end) => end.way === way);
    const letter = own.length === 1 ? "" : LETTERS.charAt(own.indexOf(ends[index] as End));
    const one = byText.get(text) ?? { labels: new Set(), rests: [] };
    byText.set(text, one);
    one.labels.add(`${way + 1}${letter}`);
    one.rests.push(rests);
  }
  return [...byText].map(([text, { labels, rests }]) => [
    several ? [...labels].join(", ") : "-",
    text,
    rests,
  ]);
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

function withCondition(text: string, rests: readonly (readonly Assumption[])[]): string {
  const conditions = [...new Set(rests.map(conditionText))].filter((one) => one !== "");
  return conditions.length === 0 ? text : `${text}, if ${conditions.join("; or if ")}`;
}

/** How a way ends; several where several pools may take the request, or where its script may not be there. */
function endsOfWay({ way, pools }: TracedWay, index: number, method: string): readonly End[] {
  const { outcome, rests } = way;
  if (outcome.kind !== "php") return [{ way: index, text: outcomeText(outcome), rests }];
  const likely = pools.filter(({ unlikely }) => !unlikely);
  return (likely.length > 0 ? likely : pools).map((one) => ({
    way: index,
    text: answerText(outcome, one, method),
    rests: [...rests, ...one.rests],
  }));
}

const MOST_NAMES = 5;

/** A note as one or two sentences. */
export function noteText(note: Note): string {
  switch (note.kind) {
    case "port": {
      const { others, open } = note;
      const ports = others.map(({ port, tls }) => `${port}${tls ? " (TLS)" : ""}`).join(", ");
      const filled = open === 0 ? "" : ` A template fills in the address of ${count(open, "server")}.`;
      const there = others.length === 0 ? "" : ` Its servers listen on ${ports}.`;
      return `No server of this nginx listens on port ${note.port}.${there}${filled}`;
    }
    case "name": {
      const { name, port, near, elsewhere, names } = note;
      const meant = near === null ? "" : ` Did you mean ${near}?`;
      const other =
        elsewhere === null
          ? ""
          : ` A server on port ${elsewhere.port}${elsewhere.tls ? " with TLS" : ""} has it.`;
      const shown = names.slice(0, MOST_NAMES).join(", ");
      const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
      const there = names.length === 0 ? "" : ` The names there: ${shown}${more}.`;
      return `No server on port ${port} has the name ${name}, so the default server takes it.${meant}${other}${there}`;
    }
    case "form":
      return `The body of ${note.shown} is larger than post_max_size, so $_POST and $_FILES are empty.`;
  }
}
