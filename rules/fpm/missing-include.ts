import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { fpmDown } from "../../src/evidence/fpm-lines.js";
import { fpmPrefix } from "../../src/fpm/layout.js";
import type { FpmInclude, FpmMaster } from "../../src/fpm/types.js";
import { helpOf, inWords, remove, replace } from "../../src/help/edit.js";
import { glob, isGlob } from "../../src/host/glob.js";
import { directoryOf } from "../../src/host/path.js";
import { includedPath, isSurelyMissing } from "../../src/model/fpm-includes.js";
import type { Host } from "../../src/model/host.js";
import type { Place } from "../../src/source/file.js";

const start = (log: string) => ({ when: "start", status: null, log }) as const;

type Case = "directory" | "link" | "depth" | "nothing";

export const fpmMissingInclude = defineRule({
  id: "fpm/missing-include",
  about: "host",
  cases: {
    directory: {
      severity: "error",
      symptom: start("Unable to globalize"),
      summary: "the directory of an include with a wildcard is not there",
    },
    link: {
      severity: "error",
      symptom: start("failed to open configuration file"),
      summary: "an include that finds a link to nowhere",
    },
    depth: {
      severity: "error",
      symptom: start("failed to include more than 5 files recursively"),
      summary: "files that include each other, or more than five deep",
    },
    nothing: { severity: "warning", symptom: null, summary: "an include that finds no file" },
  },
  docs: {
    title: "an include of PHP-FPM finds nothing, or too much",
    what: "Fires on a host whose tree is whole (the root is `/`, or it has `etc/passwd`) when the directory before the first wildcard of an `include` is missing, when an include finds a link to nowhere, and, as a warning, when it finds no file at all: PHP-FPM passes over that, also for a path without wildcard. Fires anywhere when files include each other, or more than five deep.\n\nSilent where the tree is a part of a host: what is missing there is listed as not checked. Silent when the same file list leaves PHP-FPM without any pool (see `fpm/no-listen`).",
    why: "A relative path counts from PHP-FPM's prefix (`/usr` on Debian), not from the file's directory. When the directory is missing, PHP-FPM does not start; when only the files are, it logs `Nothing matches the include pattern` and runs without the pools in them, whose sites end as 502.",
    instead: "`include = /etc/php/8.2/fpm/pool.d/*.conf`: absolute, to a directory that exists.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php"],
  },
  proof: { kind: "daemons", observe: { nothing: "nothing-included" } },
  *check(host) {
    for (const master of host.masters) {
      for (const include of master.includes) {
        const found = judge(host, master, include);
        if (found !== null) yield { ...found, at: include.place, names: [include.pattern] };
      }
    }
  },
});

type Judgement = Omit<Draft<Case>, "at" | "names">;

const shared = { effect: fpmDown } as const;

function judge(host: Host, master: FpmMaster, include: FpmInclude): Judgement | null {
  const { pattern, place, result } = include;
  const relative = !pattern.startsWith("/");
  const counted = relative ? `; relative paths count from ${fpmPrefix(master.main?.path ?? null)}` : "";
  switch (result.kind) {
    case "too-deep":
      return {
        ...shared,
        case: "depth",
        message: `${pattern} is included more than 5 files deep, or by itself`,
        label: "PHP-FPM follows 5 files",
        help: removal(host, place, "and include each file once, from the main file"),
      };
    case "missing":
      return isSurelyMissing(host, master, include)
        ? missing(host, master, include, result.link, counted)
        : null;
    case "no-match":
      if (!isSurelyMissing(host, master, include)) return null;
      // Without any pool PHP-FPM does not start: see fpm/no-listen.
      if (master.pools.length === 0 && !master.partial) return null;
      return {
        ...shared,
        case: "nothing",
        message: `${pattern} finds no file${counted}`,
        label: "nothing there",
        effect: "PHP-FPM starts without what was meant to be included, and says so only in its log",
        help: mended(host, master, include) ?? removal(host, place, "or correct the path"),
      };
    default:
      return null;
  }
}

function missing(
  host: Host,
  master: FpmMaster,
  include: FpmInclude,
  link: string | null,
  counted: string,
): Judgement {
  const { pattern, place } = include;
  const path = includedPath(master, include);
  const literal = isGlob(path) ? directoryOf(`${path.slice(0, path.search(/[*?[]/))}x`) : null;
  if (literal !== null && host.fs.entry(literal).kind === "missing") {
    return {
      ...shared,
      case: "directory",
      message: `the directory ${literal} is not there${counted}`,
      label: "no such directory",
      help: mended(host, master, include) ?? removal(host, place, `or create ${literal}`),
    };
  }
  return {
    ...shared,
    case: "link",
    message: `${pattern} finds ${link === null ? "a link" : `${link}, a link`} to a file that is not there`,
    label: "PHP-FPM cannot open it",
    help: inWords("remove the link, or put its target back"),
  };
}

/** A relative path that is right when it counts from the file it stands in. */
function mended(host: Host, { main }: FpmMaster, { pattern, place }: FpmInclude): HelpDraft | null {
  if (main === null || pattern.startsWith("/")) return null;
  const whole = `${directoryOf(place.span.file.path)}/${pattern}`;
  const found = glob(host.fs, whole).some((path) => host.fs.entry(path).kind === "file");
  return found ? helpOf([[replace(host, place, `include = ${whole}`)]]) : null;
}

function removal(host: Host, place: Place, note: string): HelpDraft {
  return helpOf([[remove(host, place)]], note);
}
