import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { fpmDown } from "../../src/evidence/fpm-lines.js";
import type { FpmInclude, FpmMaster } from "../../src/fpm/types.js";
import { helpOf, inWords, remove, replace } from "../../src/help/edit.js";
import { glob, isGlob } from "../../src/host/glob.js";
import { directoryOf, withParents } from "../../src/host/path.js";
import { includedPath, isSurelyMissing } from "../../src/model/fpm-includes.js";
import type { Host } from "../../src/model/host.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { olderThan } from "../../src/source/version.js";

const start = (log: string) => ({ when: "start", status: null, log }) as const;

/** PHP from here on passes over a wildcard in a directory that does not exist, with the warning of one that matches nothing. */
const PASSES_OVER_SINCE = "8.5";

type Case = "directory" | "link" | "depth" | "nothing";

export const fpmMissingInclude = defineRule({
  id: "fpm/missing-include",
  about: "master",
  alike: true,
  asksDisk: true,
  cases: {
    directory: {
      severity: "error",
      symptom: start("Unable to globalize"),
      summary: "an include with a wildcard in a directory that does not exist",
    },
    link: {
      severity: "error",
      symptom: start("failed to open configuration file"),
      summary: "an include that finds a dangling link",
    },
    depth: {
      severity: "error",
      symptom: start("failed to include more than 5 files recursively"),
      summary: "files that include each other, or that are more than five deep",
    },
    nothing: { severity: "warning", symptom: null, summary: "an include that finds no file" },
  },
  docs: {
    title: "an include of PHP-FPM finds nothing, or too much",
    fires: [
      markdown`
        the directory before the first wildcard of an \`include\` is missing, on a whole host (a host is
        whole when the root is \`/\`, or when it has \`etc/passwd\`). PHP 8.5 and newer start
        nevertheless, so there it is a warning
      `,
      "an include finds a dangling link, on a whole host",
      markdown`
        an include finds no file at all, on a whole host, which is a warning: PHP-FPM ignores that, even
        for a path without a wildcard
      `,
      "files include each other, or are more than five deep, on any tree",
    ],
    silent: [
      "the tree is a part of a host: what is missing there is listed as not checked",
      markdown`
        the path is relative and the master runs on this machine, perhaps with another prefix (\`php-fpm -p\`): what
        it has open, its workers or its unit tell which, otherwise the path is listed as not checked
      `,
      "the same list of files leaves PHP-FPM without any pool (see `fpm/no-listen`)",
    ],
    why: markdown`
      A relative path counts from PHP-FPM's prefix (\`/usr\` on Debian), not from the directory of the
      file. When the directory is missing, PHP-FPM before 8.5 does not start. Otherwise it
      logs \`Nothing matches the include pattern\` and runs without their pools, and the sites of those
      pools answer 502.
    `,
    instead: "Write an absolute path to a directory that exists: `include = /etc/php/8.2/fpm/pool.d/*.conf`.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php"],
  },
  proof: { kind: "daemons", observe: { nothing: "nothing-included" } },
  *check(master, host) {
    for (const include of master.includes) {
      const found = judge(host, master, include);
      if (found !== null) yield { ...found, at: include.place, names: [include.pattern] };
    }
  },
});

type Judgement = Omit<Draft<Case>, "at" | "names">;

const shared = { effect: fpmDown } as const;

function judge(host: Host, master: FpmMaster, include: FpmInclude): Judgement | null {
  const { pattern, place, result } = include;
  const relative = !pattern.startsWith("/");
  const counted = relative ? `; relative paths count from ${master.prefix}` : "";
  switch (result.kind) {
    case "too-deep":
      return {
        ...shared,
        case: "depth",
        message: `${pattern} is included more than 5 files deep, or by itself`,
        label: "PHP-FPM stops at 5 files",
        help: removal(host, place, "and include each file once, from the main file"),
      };
    case "missing":
      return isSurelyMissing(host, master, include)
        ? missing(host, master, include, result.link, counted)
        : null;
    case "no-match":
      return isSurelyMissing(host, master, include) ? nothing(host, master, include, counted) : null;
    default:
      return null;
  }
}

function nothing(host: Host, master: FpmMaster, include: FpmInclude, counted: string): Judgement | null {
  // Without any pool PHP-FPM does not start: see fpm/no-listen.
  if (master.pools.length === 0 && !master.partial) return null;
  return {
    ...shared,
    case: "nothing",
    message: `${include.pattern} finds no file${counted}`,
    label: "nothing there",
    settle: startedElsewhere(host, master, include),
    effect: "PHP-FPM starts without what should have been included, and only its log says so",
    help: relocated(host, master, include) ?? removal(host, include.place, "or correct the path"),
  };
}

function missing(
  host: Host,
  master: FpmMaster,
  include: FpmInclude,
  link: string | null,
  counted: string,
): Judgement | null {
  const { pattern, place } = include;
  const { phpVersion } = master;
  const path = includedPath(master, include);
  const literal = isGlob(path) ? directoryOf(`${path.slice(0, path.search(/[*?[]/))}x`) : null;
  if (literal !== null && host.fs.entry(literal).kind === "missing") {
    if (phpVersion !== null && !olderThan(phpVersion, PASSES_OVER_SINCE))
      return nothing(host, master, include, counted);
    return {
      ...shared,
      case: "directory",
      settle:
        startedElsewhere(host, master, include) ??
        (phpVersion === null
          ? `PHP ${PASSES_OVER_SINCE} and newer start nevertheless: --php-version says which one it is.`
          : null),
      message: `the directory ${literal} does not exist${counted}`,
      label: "no such directory",
      help: relocated(host, master, include) ?? removal(host, place, `or create ${literal}`),
    };
  }
  return {
    ...shared,
    case: "link",
    message: `${pattern} finds ${link === null ? "a link" : `${link}, a link`} to a file that does not exist`,
    label: "PHP-FPM cannot open it",
    help: inWords("remove the link, or put its target back"),
  };
}

/** Who keeps the main file where no package has it may start PHP-FPM with a prefix; `null`: no directory around it is one. */
function startedElsewhere(host: Host, { main }: FpmMaster, { pattern }: FpmInclude): string | null {
  if (main === null || pattern.startsWith("/") || /^\/(?:etc|usr)\//.test(main.path)) return null;
  const prefix = withParents(directoryOf(main.path)).find((directory) =>
    findsFile(host, `${directory}/${pattern}`),
  );
  return prefix === undefined
    ? null
    : `Whether PHP-FPM is started with -p ${prefix}, from where it is found, would settle it.`;
}

function findsFile(host: Host, pattern: string): boolean {
  return glob(host.fs, pattern).some((path) => host.fs.entry(path).kind === "file");
}

/**
 * The absolute path, if the relative one is right when it counts from the file that it is in; `null`: it
 * is not.
 */
function relocated(host: Host, { main }: FpmMaster, { pattern, place }: FpmInclude): HelpDraft | null {
  if (main === null || pattern.startsWith("/")) return null;
  const whole = `${directoryOf(place.span.file.path)}/${pattern}`;
  return findsFile(host, whole) ? helpOf([[replace(host, place, `include = ${whole}`)]]) : null;
}

function removal(host: Host, place: Place, note: string): HelpDraft {
  return helpOf([[remove(host, place)]], note);
}
