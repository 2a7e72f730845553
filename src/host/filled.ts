/** Files whose words a script of the tree fills in before a daemon reads them. */
import { bareWords } from "../source/bare-words.js";
import { lazily, once } from "../source/memo.js";
import { deployedName } from "../source/template-names.js";
import type { Entry, FileEntry, HostFilesystem } from "./filesystem.js";
import { directoryOf, nameOf } from "./path.js";

/** Tells of a file, by the paths under which it is known, whether something fills its text in. */
export type Fillers = (paths: readonly string[], text: string) => boolean;

/** Names of files that may hold commands: scripts, and what builds or starts images. */
const SCRIPT =
  /\.(?:sh|bash|ash|zsh|pl|py|rb|mk|[Dd]ockerfile)$|^(?:[Dd]ockerfile|[Cc]ontainerfile|[Mm]akefile)|^(?:start|run|init|install|setup|bootstrap|configure)$|entrypoint/;

/** Directories whose files are run when a container starts. */
const OF_SCRIPTS: ReadonlySet<string> = new Set([
  "cont-init.d",
  "docker-entrypoint.d",
  "entrypoint.d",
  "init.d",
  "my_init.d",
]);

/** Commands with which scripts put values into files, and names that functions for it have. */
const FILLS = /\b(?:sed|envsubst|perl|awk|gomplate|dockerize|confd|tmpl|ep)\b|replace|render|subst/i;

/** As many scripts, of as many characters, as are looked through. */
const MOST_SCRIPTS = 500;
const LONGEST = 64 * 1024;

/** Whether a line of a file is a setting or a directive whose value has a variable. */
function hasVariable(line: string): boolean {
  if (!line.includes("$")) return false;
  const text = line.trim();
  return /^\w+\s+\$\w+\s*;/.test(text) || /^[\w.[\]]+\s*=[^;]*\$[A-Za-z_]/.test(text);
}

/** Lines of a Dockerfile that bring files and do not change them. */
const BRINGS = /^\s*(?:COPY|ADD|FROM|#)/;

/** The names and words of a script that fills something in; `null`: it fills in nothing. */
function wordsOf(text: string): ReadonlySet<string> | null {
  const lines = text.slice(0, LONGEST).split("\n");
  const commands = lines.filter((line) => !BRINGS.test(line)).join("\n");
  return FILLS.test(commands) ? new Set(commands.match(/[\w.-]+/g) ?? []) : null;
}

/** `paths`: the files of the tree, in which scripts are looked for when a file has something to fill in. */
export function fillersOf(fs: HostFilesystem, paths: readonly string[]): Fillers {
  const scripts = lazily(() =>
    paths
      .filter((path) => SCRIPT.test(nameOf(path)) || OF_SCRIPTS.has(nameOf(directoryOf(path))))
      .slice(0, MOST_SCRIPTS)
      .flatMap((path): readonly ReadonlySet<string>[] => {
        const entry = fs.entry(path);
        const answer = entry.kind === "file" ? entry.read() : null;
        const words = answer !== null && "text" in answer ? wordsOf(answer.text) : null;
        return words === null ? [] : [words];
      }),
  );
  return (known, text) => {
    const bare = bareWords(text).map(({ start, end }) => text.slice(start, end));
    if (bare.length === 0 && !text.split("\n").some(hasVariable)) return false;
    const words = [...bare, ...known.flatMap((path) => [nameOf(path), deployedName(nameOf(path))])];
    return scripts().some((script) => words.some((word) => script.has(word)));
  };
}

/** The file system, whose files know whether they are filled in. */
export function withFillers(fs: HostFilesystem, fillers: Fillers): HostFilesystem {
  const asked = new Map<string, boolean>();
  const marked = (entry: FileEntry): Entry => ({
    ...entry,
    filledIn: (path) =>
      once(asked, `${entry.path}\0${path}`, () => {
        const answer = entry.read();
        return "text" in answer && fillers([entry.path, path], answer.text);
      }),
  });
  const { deployed, children, outline } = fs;
  return {
    ...(deployed === undefined ? {} : { deployed: withFillers(deployed, fillers) }),
    ...(children === undefined ? {} : { children: (path) => children.call(fs, path) }),
    ...(outline === undefined ? {} : { outline: (path) => outline.call(fs, path) }),
    entry: (path) => {
      const entry = fs.entry(path);
      return entry.kind === "file" ? marked(entry) : entry;
    },
    display: (path) => fs.display(path),
  };
}
