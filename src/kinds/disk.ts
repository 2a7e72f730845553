import type { Entry, HostFilesystem, Outline } from "../host/filesystem.js";
import { directoryOf } from "../host/path.js";
import { ACCOUNT_FILES } from "../model/accounts.js";
import type { Member } from "./find.js";
import type { Watched } from "./watched.js";
import type { Parted } from "./whole.js";
import { NAME } from "./words.js";

/** Whether the disk says the same of members that are alike. */

/**
 * The members for which the disk has another answer to what was asked about the first of their kind; `null`: what
 * was read there names one of them.
 */
export function unlikeOnDisk(
  fs: HostFilesystem,
  { asked }: Watched,
  parted: readonly Parted[],
): readonly Member[] | null {
  const firsts = new Map(parted.flatMap((one) => one.first.names.map((name) => [name, one] as const)));
  const hiddenNames = new Set(parted.flatMap(({ hidden }) => hidden.flatMap(({ names }) => names)));
  const own = new Set(parted.flatMap(({ first }) => first.files.map(({ file }) => file.path)));
  const questions = new Map<Parted, Question[]>();
  for (const [path, { listed, read }] of asked) {
    const entry = fs.entry(path);
    if (entry.kind === "file" && own.has(entry.path)) continue;
    const whose = new Set(namesIn(path).flatMap((name) => firsts.get(name) ?? []));
    if (whose.size > 1) return null;
    const [one] = whose;
    // Where a directory around all of them is missing, it is for every member; and the names in one are compared.
    if (one !== undefined && (isMissingForAll(path, entry, firsts) || isListed(path, entry, asked))) continue;
    if (one === undefined) {
      // Accounts were compared, and these are read for all.
      const text = read && !ACCOUNTS.has(path) ? textOf(entry) : null;
      if (text !== null && namesIn(text).some((name) => hiddenNames.has(name))) return null;
      continue;
    }
    const list = questions.get(one) ?? [];
    questions.set(one, list);
    list.push({ path, entry, listed, read });
  }
  return [...questions].flatMap(([{ first, stay, hidden }, list]) => {
    const others = [...stay.slice(1), ...hidden];
    const unlike = others.filter((member) => !answersAlike(fs, list, first, member));
    return unlike.length * 2 > others.length ? [first] : unlike;
  });
}

function isMissingForAll(path: string, entry: Entry, names: ReadonlyMap<string, unknown>): boolean {
  if (entry.kind !== "missing" || entry.dangling || !path.startsWith(`${entry.path}/`)) return false;
  return !namesIn(entry.path).some((name) => names.has(name));
}

/** Whether the names in its directory tell that it is not there. */
function isListed(path: string, entry: Entry, asked: Watched["asked"]): boolean {
  return (
    entry.kind === "missing" &&
    !entry.dangling &&
    entry.path === path &&
    asked.get(directoryOf(path))?.listed === true
  );
}

interface Question {
  readonly path: string;
  readonly entry: Entry;
  readonly listed: boolean;
  readonly read: boolean;
}

function namesIn(text: string): readonly string[] {
  return text.match(NAME) ?? [];
}

const ACCOUNTS: ReadonlySet<string> = new Set(ACCOUNT_FILES);

function textOf(entry: Outline): string | null {
  const answer = entry.kind === "file" ? entry.read() : null;
  return answer !== null && "text" in answer ? answer.text : null;
}

/** Whether the disk says the same of a member, in its names. */
function answersAlike(
  fs: HostFilesystem,
  questions: readonly Question[],
  first: Member,
  member: Member,
): boolean {
  const names = new Map(first.names.map((name, at) => [name, member.names[at] ?? name]));
  const inItsNames = (text: string): string => text.replace(NAME, (word) => names.get(word) ?? word);
  return questions.every(({ path, entry, listed, read }) => {
    const its = inItsNames(path);
    const other = listed || fs.outline === undefined ? fs.entry(its) : fs.outline(its);
    if (other.kind !== entry.kind) return false;
    if (other.path !== (entry.path === path ? its : inItsNames(entry.path))) return false;
    switch (entry.kind) {
      case "missing":
        return other.kind === "missing" && other.dangling === entry.dangling;
      case "unreadable":
        return other.kind === "unreadable" && other.reason === entry.reason && other.made === entry.made;
      case "outside":
        return other.kind === "outside" && other.target === inItsNames(entry.target);
      case "directory":
        return (
          !listed ||
          (other.kind === "directory" &&
            other.names !== undefined &&
            sorted(other.names) === sorted(entry.names.map(inItsNames)))
        );
      case "file": {
        if (!read) return true;
        const text = textOf(entry);
        return text === null ? textOf(other) === null : textOf(other) === inItsNames(text);
      }
      default:
        return true;
    }
  });
}

function sorted(names: readonly string[]): string {
  return [...names].sort().join("/");
}
