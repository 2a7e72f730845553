import { position, type SourceFile } from "../../source/file.js";
import { factsOf } from "../facts/directives.js";
import type { Directive, Word } from "../types.js";

/**
 * The argument that was meant to be the next directive: it begins a later line, it is the name of a
 * directive, and with it there are more arguments than the directive takes. `null` also if nginx
 * accepts the number, as it does after `index` or `server_name`: then nginx says nothing.
 */
export function swallowedDirective(file: SourceFile, directive: Directive): Word | null {
  const { name, args, block } = directive;
  if (block !== null) return null;
  const takes = takesOf(name.text);
  if (takes === null || takes(args.length)) return null;
  return firstOfLaterLine(file, [name, ...args], takes);
}

const known = new Map<string, (count: number) => boolean>();

/** Whether a directive of that name and without a block takes so many arguments; `null`: there is none. */
function takesOf(name: string): ((count: number) => boolean) | null {
  const before = known.get(name);
  if (before !== undefined) return before;
  const rows = factsOf(name).filter((fact) => !fact.block);
  if (rows.length === 0) return null;
  const answers: boolean[] = [];
  const takes = (count: number): boolean => {
    if (count >= MOST_REMEMBERED) return rows.some((fact) => fact.accepts(count));
    answers[count] ??= rows.some((fact) => fact.accepts(count));
    return answers[count];
  };
  known.set(name, takes);
  return takes;
}

/** Arguments that more than a few directives have. */
const MOST_REMEMBERED = 16;

/**
 * The first word of a later line that is the name of a directive. `meant`: whether the directive is
 * complete with that many arguments.
 */
export function firstOfLaterLine(
  file: SourceFile,
  words: readonly Word[],
  meant: (count: number) => boolean,
): Word | null {
  for (const [index, word] of words.entries()) {
    const before = words[index - 1];
    if (before === undefined || word.quote !== null || !meant(index - 1)) continue;
    const nextLine = position(file, word.start).line > position(file, before.end - 1).line;
    if (nextLine && factsOf(word.text).length > 0) return word;
  }
  return null;
}
