import { casesOf, type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { Symptom } from "../../src/engine/rule.js";
import { inWords } from "../../src/help/edit.js";
import { isGlob } from "../../src/host/glob.js";
import type { Host } from "../../src/model/host.js";
import { isSureFault } from "../../src/model/nginx-includes.js";
import {
  IS_A_DIRECTORY,
  NO_SUCH_FILE,
  NOT_A_DIRECTORY,
  TOO_MANY_FILES,
  TOO_MANY_LINKS,
} from "../../src/nginx/tree/files.js";
import type { IncludeProblem, NginxInclude } from "../../src/nginx/types.js";

const start = (log: string): Symptom => ({ when: "start", status: null, log });

const CASES = {
  missing: [NO_SUCH_FILE, "an include of a file that the host does not have"],
  "no-directory": [NOT_A_DIRECTORY, "an include of a path that leads through a file"],
  directory: [IS_A_DIRECTORY, "an include of a directory"],
  loop: [TOO_MANY_FILES, "a file that includes itself, directly or through others"],
  "link-loop": [TOO_MANY_LINKS, "an include of a link that leads back to itself"],
} as const satisfies Record<string, readonly [log: string, summary: string]>;

type Case = keyof typeof CASES;

const NAMES = Object.keys(CASES) as readonly Case[];

export const missingInclude = defineRule({
  id: "nginx/missing-include",
  about: "host",
  cases: casesOf(CASES, ([log, summary]) => ({ severity: "error", symptom: start(log), summary })),
  docs: {
    title: "an include of something nginx cannot read",
    what: "Fires on an `include` of a file that a whole host (root `/`, or one that has `etc/passwd`) does not have, on a link to nothing among what a wildcard matches, on a directory, and on a file that includes itself, directly or through others.\n\nSilent about wildcards that match nothing, which nginx allows, about the files that nginx's packages ship (`mime.types`, `fastcgi_params`, `snippets/fastcgi-php.conf` …), and about paths below a directory like `/home` of which the tree holds nothing. In a tree that is only a part of a host a missing file is listed as not read; so is everywhere what fpmlint may not open.",
    why: "nginx opens every file when it starts or reloads and stops at the first one that it cannot read. A wildcard brings whatever it matches: links whose site is gone, directories, files of editors. A file that leads back to itself is opened again and again until no more files may be open.",
    instead:
      "Remove the `include`, or the dead link from `sites-enabled`. Relative paths count from the directory of `nginx.conf`, wherever the `include` stands. For a file that need not be there, use a wildcard: `include snippets/local[.]conf;`. Against directories and leftovers, name the ending: `include conf.d/*.conf;`.",
    references: ["https://nginx.org/en/docs/ngx_core_module.html#include"],
    twins: { bad: "bad-missing", ok: "ok-wildcard" },
  },
  *check(host) {
    const circles = new Set<string>();
    for (const include of host.nginx?.includes ?? []) {
      for (const problem of include.problems) {
        if (!isSureFault(host, problem, include.pattern)) continue;
        const circle = problem.loop.map(({ file }) => file.path);
        // A circle of files is one cause, wherever nginx would enter it and however it goes on.
        if (circle.some((path) => circles.has(path))) continue;
        for (const path of circle) circles.add(path);
        yield report(host, include, problem);
      }
    }
  },
});

function report(host: Host, include: NginxInclude, problem: IncludeProblem): Draft<Case> {
  const name = NAMES.find((one) => CASES[one][0] === problem.log) ?? "missing";
  const settle = settling(host, name, problem);
  return {
    case: name,
    settle,
    message: message(name, include, problem),
    at: include.place,
    label: `nginx stops here: ${CASES[name][0]}`,
    // The last one is the line that is marked.
    related: problem.loop.slice(0, -1).map((span, index) => ({
      place: { span, via: include.place.via.slice(0, include.place.via.indexOf(span)) },
      message: index === 0 ? "the circle begins here" : "and goes on here",
    })),
    effect: "nginx does not start, and a reload goes on with the old configuration",
    help: help(name, include, problem),
    names: [include.pattern, problem.path],
  };
}

/** What would make it certain; `null` when it is. */
function settling(host: Host, name: Case, { loop }: IncludeProblem): string | null {
  if (name === "loop") {
    // Without a file to spare, a wildcard matches nothing, and nginx goes on with what it has read until then.
    return loop.some(({ file, start, end }) => isGlob(file.text.slice(start, end)))
      ? "Because a wildcard is part of the circle, nginx may also start, with everything in it read hundreds of times."
      : null;
  }
  // What stands in a part of a host need not all be deployed.
  return host.whole ? null : "It is settled when the tree is what nginx reads, and not a part of it.";
}

function message(name: Case, { pattern }: NginxInclude, { path }: IncludeProblem): string {
  const matched = isGlob(pattern) ? `, which ${pattern} matches,` : "";
  switch (name) {
    case "missing":
      return matched === "" ? `${path} is not there` : `${path}${matched} is a link to nothing`;
    case "no-directory":
      return `${path} leads through a file, not a directory`;
    case "directory":
      return `${path}${matched} is a directory`;
    case "loop":
      return `${path} is included again while nginx is still reading it`;
    case "link-loop":
      return `${path}${matched} is a link that leads back to itself`;
  }
}

function help(name: Case, { pattern }: NginxInclude, { path }: IncludeProblem): HelpDraft {
  if (name === "loop") return inWords("take one of the include lines of the circle out");
  if (name === "directory")
    return isGlob(pattern)
      ? inWords("name the ending of the files:", inDirectory(pattern, "*.conf"))
      : inWords("name the files in it:", inDirectory(`${pattern}/`, "*.conf"));
  if (isGlob(pattern)) return inWords(`remove the link ${path}`);
  const optional = `${pattern.slice(0, -1)}[${pattern.slice(-1)}]`;
  return inWords(
    "put the file there, or take the line out; if the file may be absent, a wildcard makes nginx accept that:",
    `include ${optional};`,
  );
}

function inDirectory(pattern: string, files: string): string {
  return `include ${pattern.slice(0, pattern.lastIndexOf("/") + 1)}${files};`;
}
