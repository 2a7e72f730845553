/** `DEV_HOST` and the like: words that an installer replaces, in files that say that they are templates. */
import type { Range } from "./ranges.js";

/** What a file is, and so which words are ordinary in it. `host`: of a whole host, whose daemons read it as it is. */
export type Wording = "host" | "usual" | "template";

/** The path says that the file is made into another one. */
const TEMPLATE_PATH =
  /(?:^|[/._-])(?:stubs?|templates?|tpl|skel|skeletons?|samples?|examples?|dist)(?:[/._-]|$)/i;

/** `whole`: the file belongs to a whole host. */
export function wordingOf(path: string, whole: boolean): Wording {
  if (whole) return "host";
  return TEMPLATE_PATH.test(path) ? "template" : "usual";
}

const BARE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;
/** Nobody calls a placeholder by a longer name. */
const LONGEST = 100;

/** Directives and settings whose values are such words. */
const ORDINARY =
  /^\s*(?:#|;|\w+_param\s|env[\s[]|if\s|map\s|geo\s|log_format\s|add_header\s|more_\w+\s|ssl_\w+\s|\w*_cache\w*\s|limit_\w+\s|upstream\s|set\s|perl\w*\s|php_\w+\[)/;

const DEFINED = /(?:\bupstream\s+|zone=|\blog_format\s+)([A-Z][A-Z0-9_]*)/g;

/** The words of a template's text that stand for values, in order. */
export function bareWords(text: string): readonly Range[] {
  const found: Range[] = [];
  const defined = new Set([...text.matchAll(DEFINED)].map(([, name]) => name));
  for (const { 0: word, index } of text.matchAll(/\w+/g)) {
    if (word.length > LONGEST || !BARE.test(word) || !isFree(text, index, index + word.length)) continue;
    if (defined.has(word) || ORDINARY.test(text.slice(startOf(text, index), index))) continue;
    found.push({ start: index, end: index + word.length });
  }
  return found;
}

/** Whether nothing around a word makes it the name of something else: a variable, an option, a group. */
function isFree(text: string, start: number, end: number): boolean {
  return !/[$%@{<.\-?\\[(]/.test(text.charAt(start - 1)) && !/[%@}>(-]/.test(text.charAt(end));
}

/** The longest directive that is looked through for its name. */
const FARTHEST = 500;

/** Where the directive or the line of an offset begins. */
function startOf(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && offset - at < FARTHEST && !/[;{}\n]/.test(text.charAt(at - 1))) at -= 1;
  return at;
}

/** `{name}`, `<NAME>` and `#{NAME}`, as scripts replace them. */
export function isBraced(word: string): boolean {
  return /^(?:#?\{[\w.-]+\}|<[\w -]+>)$/.test(word);
}
