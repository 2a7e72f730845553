import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { diskFilesystem } from "../../../src/host/disk.js";
import { isGlob } from "../../../src/host/glob.js";
import { TOO_MANY_FILES } from "../../../src/nginx/tree/files.js";
import { childrenNamed } from "../../../src/nginx/tree/nodes.js";
import { type NginxTree, readTree } from "../../../src/nginx/tree/tree.js";
import { position, type Span } from "../../../src/source/file.js";
import { ask, type Verdict } from "./oracle.js";

/** A directory of files that include each other, as paths below it. A link begins with `->`. */
type Tree = Readonly<Record<string, string>>;

const NAMES = [
  "a.conf",
  "B.conf",
  "10.conf",
  "9.conf",
  ".hidden.conf",
  "ä.conf",
  "a b.conf",
  "x[1].conf",
  "x1.conf",
];
const MORE = ["a", "a.conf~", "_z.conf", "b.conf.off", "é.conf", "-.conf", "a.b.conf"];

/** Files of one include those of the next, so that few trees are loops. */
const DIRECTORIES = ["", "conf.d/", "sites/", "sites/deep/", "snip/"];

const MATCHES = [
  ...[
    "*.conf",
    "*",
    "?.conf",
    "[ab].conf",
    "[!a]*.conf",
    "[^a]*",
    "[0-9]*.conf",
    "*.con[f]",
    "[a-z].conf",
    "[z-a]*",
  ],
  ...[
    "x[[]1].conf",
    "x\\[1].conf",
    "\\a.conf",
    ".*.conf",
    "*é*",
    "??.conf",
    "[]x]*",
    "a?b.conf",
    "[a.conf",
    "*.*.*",
  ],
  ...["[[:digit:]]*", "[!].]*", "[a-]*", "*[!f]", "[ä]*", "{a,b}.conf", "none*", "x[1].conf"],
];

/** A line that nginx warns of when it is not the first one: so the order shows. */
const MARK = "gzip_types text/mark;\n";

function patterns(level: number): fc.Arbitrary<string> {
  const deeper = DIRECTORIES.slice(level + 1);
  const directory = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...(deeper.length === 0 ? ["none/"] : deeper)) },
    { weight: 1, arbitrary: fc.constantFrom(...DIRECTORIES, "*/", "s*/", "none/", "link/", "[cs]*/") },
  );
  const spelled = fc.constantFrom("", "", "", "./", "conf.d/../", "@/", "@//", ".//");
  const name = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...MATCHES) },
    { weight: 2, arbitrary: fc.constantFrom(...NAMES, ...MORE) },
  );
  return fc.tuple(spelled, directory, name).map((parts) => parts.join(""));
}

function texts(level: number): fc.Arbitrary<string> {
  const include = patterns(level).map((pattern) => `include "${pattern.replaceAll("\\", "\\\\")}";\n`);
  const line = fc.oneof({ weight: 2, arbitrary: fc.constant(MARK) }, { weight: 1, arbitrary: include });
  return fc.array(line, { maxLength: 4 }).map((lines) => lines.join(""));
}

const links = fc.constantFrom(
  "->a.conf",
  "->../conf.d/a.conf",
  "->@/snip/a.conf",
  "->none",
  "->../snip",
  "->l.conf",
);

const file: fc.Arbitrary<readonly [string, string]> = fc
  .integer({ min: 1, max: DIRECTORIES.length - 1 })
  .chain((level) =>
    fc.tuple(
      fc.constantFrom(...NAMES, ...NAMES, ...MORE, "l.conf").map((name) => `${DIRECTORIES[level]}${name}`),
      fc.oneof({ weight: 12, arbitrary: texts(level) }, { weight: 1, arbitrary: links }),
    ),
  );

/** `@` stands for the directory of the main file, `nginx.conf`. */
export const trees: fc.Arbitrary<Tree> = fc
  .tuple(
    texts(0),
    patterns(0),
    fc.uniqueArray(file, { selector: ([name]) => name, minLength: 1, maxLength: 12 }),
  )
  .map(([text, first, files]) => {
    const http = `${MARK}${text}include "${first.replaceAll("\\", "\\\\")}";\n`;
    return { ...Object.fromEntries(files), "nginx.conf": `events {}\nhttp {\n${http}}\n` };
  });

/** Writes the tree into an empty directory. */
function plant(tree: Tree, directory: string): void {
  for (const [name, text] of Object.entries(tree)) {
    const full = path.join(directory, name);
    const content = text.replaceAll("@", directory);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    if (content.startsWith("->")) fs.symlinkSync(content.slice(2), full);
    else fs.writeFileSync(full, content);
  }
}

/** The order of the marked lines and of the files, or the refusal, against nginx's; `null` when they agree. */
export async function treeDifference(tree: Tree, lane: string): Promise<string | null> {
  const directory = fs.mkdtempSync(path.join(lane, "tree-"));
  plant(tree, directory);
  const main = path.join(directory, "nginx.conf");
  const theirs = await ask(main, "-T");
  const disk = diskFilesystem({ root: "/", workingDirectory: directory });
  const ours = readTree({ fs: disk, whole: true }, main);
  if (ours === null) return "ours is not read";
  // Without a file to spare a wildcard matches nothing, so that nginx gets out of the loop.
  const loops = ours.includes.flatMap(({ problems }) => problems.flatMap(({ loop }) => loop));
  if (loops.some(({ file, start, end }) => isGlob(file.text.slice(start, end)))) return null;
  const refusals = ours.includes.flatMap(({ place, problems }) =>
    problems.flatMap(({ log }) => (log === null ? [] : [{ log, at: spot(place.span, directory) }])),
  );
  if (!theirs.accepted) return refusalDifference(theirs, refusals, directory);
  const expected = {
    order: theirs.warnings.map((place) => realSpot(place, directory)),
    files: [...new Set(theirs.files.map(real))],
    refusals: [],
  };
  // The first mark repeats nothing.
  const got = {
    order: marksOf(ours, directory).slice(1),
    files: ours.texts.map(({ file }) => file.path),
    refusals,
  };
  const [left, right] = [JSON.stringify(expected), JSON.stringify(got)];
  return left === right ? null : `nginx ${left}, ours ${right}`;
}

interface Refusal {
  readonly log: string;
  readonly at: string;
}

function refusalDifference(theirs: Verdict, refusals: readonly Refusal[], directory: string): string | null {
  const { message, file, line } = theirs;
  // `events` of the main file that a pattern matches.
  if (!/^(?:open|pread)\(\)/.test(message)) return null;
  // In a loop any of the files may be one too many.
  if (message.includes(TOO_MANY_FILES) && refusals.some(({ log }) => log === TOO_MANY_FILES)) return null;
  const at = file === null ? null : realSpot(`${file}:${line}`, directory);
  const named = refusals.some((one) => message.includes(one.log) && (at === null || one.at === at));
  return named ? null : `nginx ${message} at ${at}, ours ${JSON.stringify(refusals)}`;
}

/** nginx names files by the way it took. */
function real(file: string): string {
  return fs.realpathSync(Buffer.from(file, "latin1").toString());
}

function realSpot(place: string, directory: string): string {
  const colon = place.lastIndexOf(":");
  return real(place.slice(0, colon)).slice(directory.length) + place.slice(colon);
}

function marksOf(tree: NginxTree, directory: string): readonly string[] {
  const [http] = childrenNamed(tree.root, "http");
  const nodes = http === undefined ? [] : childrenNamed(http, "gzip_types");
  return nodes.map(({ file, directive }) =>
    spot({ file, start: directive.start, end: directive.end }, directory),
  );
}

function spot({ file, start }: Span, directory: string): string {
  return `${file.path.slice(directory.length)}:${position(file, start).line}`;
}
