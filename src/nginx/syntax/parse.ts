import { NginxParser, type NginxParseTreeNode } from "nginx-conf/dist/src/parser.js";
import type { Wording } from "../../source/bare-words.js";
import type { SourceFile } from "../../source/file.js";
import { overlapping, overlaps } from "../../source/ranges.js";
import { withPlaceholders } from "../../source/template.js";
import { factsOf } from "../facts/directives.js";
import { luaBlockEnd } from "../template/lua.js";
import { readTemplate, type Template } from "../template/template.js";
import type { Directive, NginxFault, NginxText, TemplateText, Word } from "../types.js";
import { decode, readWords, skipBlanks } from "../words.js";
import type { ClosedBlock } from "./braces.js";
import { blockFault, eofFault, strayBrace, unexpected, wordsFault } from "./faults.js";
import { Gathering, hasGap } from "./gather.js";

/**
 * What nginx-conf keeps private. The package builds the tree; which characters make a word, a
 * comment or a refusal is decided by nginx's own rules, and the package has neither those nor places.
 */
interface ParserState {
  source: string;
  index: number;
  context: NginxParseTreeNode;
  tree: NginxParseTreeNode;
  error: unknown;
  parse(source: string): void;
  parseNext(): void;
  readVerbatimBlock(): string;
}

const Base = NginxParser as unknown as new () => ParserState;

class PlacedParser extends Base {
  readonly gathering: Gathering;
  fault: NginxFault | null = null;
  /** Where the directive begins that is being read. */
  statement = 0;
  private readonly file: SourceFile;
  private readonly template: Template | null;
  private readonly wording: Wording;
  /** The Lua block that the package is about to read. */
  private lua: { readonly words: readonly Word[]; end: number; closed: boolean } | null = null;

  constructor(file: SourceFile, template: Template | null, wording: Wording) {
    super();
    this.wording = wording;
    this.file = file;
    this.template = template;
    this.gathering = new Gathering(template);
  }

  override parseNext(): void {
    this.statement = this.index;
    const skipped = skipBlanks(this.source, this.index);
    if ("tooLong" in skipped) {
      this.stop(wordsFault(this.file, [], { kind: "too-long", start: skipped.tooLong, quote: null }));
      return;
    }
    this.index = skipped.at;
    const character = this.source.charAt(this.index);
    if (character === "") this.finish();
    else if (character === ";" || character === "{") this.stop(unexpected(this.file, this.index, character));
    else if (character === "}") this.close();
    else this.directive();
  }

  private directive(): void {
    this.statement = this.index;
    const { words: plain, end } = readWords(this.source, this.index);
    const marked = withUnknown(this.file, this.template, plain);
    const words = this.wording === "template" ? withVariables(marked) : marked;
    const [name] = words;
    if (name === undefined || (end.kind !== ";" && end.kind !== "{")) {
      this.stop(wordsFault(this.file, words, end, this.openBlock()));
      return;
    }
    const refusal = blockFault(this.file, words, end, this.openBlock());
    if (refusal !== null) {
      this.stop(refusal);
      return;
    }
    const node = this.context;
    const lua = end.kind === "{" && name.text.endsWith("_by_lua_block");
    node.name = name.text;
    // The package refuses arguments before a Lua block (`set_by_lua_block $x {`).
    node.value = lua ? "" : argumentsOf(words);
    this.index = end.at;
    if (lua) this.lua = { words, end: end.at + 1, closed: false };
    const around = node.parent;
    super.parseNext();
    // The package would keep each of its nodes to the end.
    around?.children?.pop();
    if (this.lua !== null) this.gathering.verbatim(words, this.lua.end, this.lua.closed);
    else if (end.kind === ";") this.gathering.simple(words, end.at + 1);
    else this.gathering.begin(words, end.at + 1);
    this.lua = null;
  }

  /** Called by the package at the `{` of a Lua block; it steps over one character afterwards. */
  override readVerbatimBlock(): string {
    const end = luaBlockEnd(this.source, this.index);
    if (end === null || this.lua === null) {
      this.stop(eofFault(this.file, this.lua?.words[0] ?? null, true));
      return "";
    }
    const body = this.source.slice(this.index + 1, end - 1);
    this.lua.end = end;
    this.lua.closed = true;
    this.index = end - 1;
    return body;
  }

  private close(): void {
    if (this.openBlock() === null) {
      this.stop(strayBrace(this.file, this.index, this.closedBlocks()));
      return;
    }
    super.parseNext();
    this.gathering.finish(this.index);
  }

  private finish(): void {
    this.index = this.source.length;
    const open = this.openBlock();
    if (open !== null) this.stop(eofFault(this.file, open, true, this.closedBlocks()));
  }

  private closedBlocks(): readonly ClosedBlock[] {
    return this.gathering.closed(this.source);
  }

  private openBlock(): Word | null {
    return this.gathering.block();
  }

  private stop(fault: NginxFault): void {
    this.fault = fault;
    this.error = fault;
    this.index = this.source.length;
  }
}

function argumentsOf(words: readonly Word[]): string {
  return words
    .slice(1)
    .map((word) => word.text)
    .join(" ");
}

/**
 * Parses one file. Never throws: what is before a fault is there, and blocks that were open at the
 * fault are marked truncated. Accepts and refuses what `nginx -t` does as far as tokens and
 * blocks go (ngx_conf_read_token, the same from 1.18.0 to 1.31.4).
 */
export function parseNginx(file: SourceFile, wording: Wording = "usual"): NginxText {
  const template = readTemplate(file.text, wording);
  const parser = new PlacedParser(file, template, wording);
  parser.parse(template?.text ?? file.text);
  if (parser.fault === null) parser.parseNext();
  const fault = parser.fault ?? byteOrderMark(file);
  const { gathering } = parser;
  gathering.finishAll();
  const { directives, tooDeep } = gathering;
  return {
    file,
    directives,
    fault,
    template: templateText(file, template, directives, parser),
    tooDeep: tooDeep === null ? null : { file, start: tooDeep.start, end: tooDeep.end },
  };
}

/** The words as the file has them; those that a template makes are marked. */
function withUnknown(file: SourceFile, template: Template | null, words: readonly Word[]): readonly Word[] {
  if (template === null) return words;
  return words.map((word) => {
    const masked = overlapping(template.placeholders, word);
    if (masked.length === 0) return word;
    const quotes = word.quote === null ? 0 : 1;
    const raw = file.text.slice(word.start + quotes, word.end - quotes);
    const text = decode(withPlaceholders(raw, masked, word.start + quotes));
    return { text, start: word.start, end: word.end, quote: word.quote, placeholder: true };
  });
}

/** In a template the variable where nginx takes none is one that a script replaces. */
function withVariables(words: readonly Word[]): readonly Word[] {
  const [name, ...args] = words;
  if (name === undefined || !args.some(({ text }) => /^\$\w+$/.test(text)) || !isPlain(name.text))
    return words;
  return [name, ...args.map((word) => (/^\$\w+$/.test(word.text) ? { ...word, placeholder: true } : word))];
}

/** Whether nginx reads no variables in the values of a directive. */
function isPlain(name: string): boolean {
  return PLAIN_NAMES.has(name) || factsOf(name).some(({ type }) => PLAIN_TYPES.has(type));
}

const PLAIN_NAMES: ReadonlySet<string> = new Set(["listen", "user", "worker_processes"]);

const PLAIN_TYPES: ReadonlySet<string> = new Set([
  "access",
  "bitmask",
  "enum",
  "flag",
  "number",
  "number+size",
  "offset(k,m,g)",
  "size(k,m)",
  "time-msec",
  "time-sec",
]);

function templateText(
  file: SourceFile,
  template: Template | null,
  directives: readonly Directive[],
  { fault, statement }: PlacedParser,
): TemplateText | null {
  if (template === null) return null;
  const { gaps, unread, placeholders, changesText } = template;
  const filled =
    fault !== null &&
    overlaps(placeholders, { start: statement, end: Math.max(fault.span.end, statement + 1) });
  return {
    gap: hasGap(gaps, { start: 0, end: Infinity }, directives),
    unread: unread.map(({ start, end }) => ({ file, start, end })),
    excuses: changesText || filled,
    changesText,
  };
}

function byteOrderMark(file: SourceFile): NginxFault | null {
  if (!file.text.startsWith("\uFEFF")) return null;
  return {
    span: { file, start: 0, end: 1 },
    message:
      "the file starts with a byte order mark, which nginx reads as part of the first directive's name",
    log: 'unknown directive "\uFEFF',
    help: "save the file as UTF-8 without a byte order mark",
    other: null,
  };
}
