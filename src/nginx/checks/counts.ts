import type { DirectiveFact } from "../facts/directives.js";
import { swallowedDirective } from "../syntax/swallowed.js";
import type { Directive, NginxText, Node } from "../types.js";
import { holdsMark } from "./maps.js";
import { type Refusal, refused } from "./refusal.js";

/** How many arguments a directive takes. */

/** `null` also where a missing `;` is the cause: nginx/syntax reports that. */
export function wrongCount(node: Node, rows: readonly DirectiveFact[]): Refusal | null {
  if (swallowedDirective(node.file, node.directive) !== null) return null;
  return countRefusal(node.directive, rows.map(({ counts }) => counts).join(","));
}

function countRefusal({ name, args }: Directive, counts: string): Refusal {
  const log = `invalid number of arguments in "${name.text}" directive`;
  const given = args.length === 0 ? "none" : String(args.length);
  const message = `${name.text} takes ${shownCounts(counts)}, and has ${given}`;
  const more = args.length > Number(/\d+/.exec(counts)?.[0] ?? "0");
  const help = more
    ? "remove what is too much, quote a value that contains spaces, or end the line with ;"
    : `${name.text} …;`;
  return refused("arguments", log, args[args.length - 1] ?? name, message, help);
}

/** `1-3` → `1 to 3 arguments`. */
function shownCounts(counts: string): string {
  const [first = ""] = counts.split(",");
  if (counts === "0") return "no argument";
  if (counts === "1") return "one argument";
  const words = [...new Set(counts.split(","))].map((one) =>
    one.endsWith("+")
      ? `${one.slice(0, -1)} or more`
      : one.replace(
          /^(\d)-(\d)$/,
          (_, least, most) => `${least} ${Number(most) - Number(least) === 1 ? "or" : "to"} ${most}`,
        ),
  );
  return words.length === 1 && first.endsWith("+") && first !== "1+"
    ? `${words[0]} arguments`
    : `${words.join(" or ")} argument${counts === "1+" ? "" : "s"}`;
}

/** The tree has no `include` lines, because they are opened; so they are read from the texts. */
export function* wrongIncludes(
  texts: readonly NginxText[],
): Generator<{ readonly node: Node; readonly refusal: Refusal }> {
  for (const text of texts) yield* inBlock(text, text.directives, "");
}

/** Blocks that read `include` in their own way. */
const OWN_LINES = new Set(["map", "geo"]);

function* inBlock(
  text: NginxText,
  directives: readonly Directive[],
  block: string,
): Generator<{ readonly node: Node; readonly refusal: Refusal }> {
  for (const directive of directives) {
    const { name, args } = directive;
    if (
      name.text === "include" &&
      directive.block === null &&
      args.length !== 1 &&
      block !== "split_clients"
    ) {
      const marked = holdsMark(args) || swallowedDirective(text.file, directive) !== null;
      const refusal = OWN_LINES.has(block) ? lineRefusal(directive, block) : countRefusal(directive, "1");
      if (!marked) yield { node: standIn(text, directive), refusal };
    }
    if (directive.block !== null) yield* inBlock(text, directive.block, name.text);
  }
}

function lineRefusal({ name, args }: Directive, block: string): Refusal {
  const log = `invalid number of the ${block} parameters`;
  const message = `include takes one file, and has ${args.length === 0 ? "none" : args.length}`;
  return refused("map-line", log, args[args.length - 1] ?? name, message, "include file.map;");
}

function standIn({ file }: NginxText, directive: Directive): Node {
  const { branch } = directive;
  return {
    directive,
    file,
    name: directive.name.text,
    parent: null,
    children: [],
    via: [],
    partial: false,
    branch,
  };
}
