import { casesOf, type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { Symptom } from "../../src/engine/rule.js";
import { nginxDown } from "../../src/evidence/nginx-lines.js";
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
import { markdown } from "../../src/source/markdown.js";

const start = (log: string): Symptom => ({ when: "start", status: null, log });

const CASES = {
  missing: [NO_SUCH_FILE, "an include of a file that the host does not have"],
  "no-directory": [NOT_A_DIRECTORY, "an include of a path that leads through a file"],
  directory: [IS_A_DIRECTORY, "an include of a directory"],
  loop: [TOO_MANY_FILES, "a file that includes itself, directly or through others"],
  "link-loop": [TOO_MANY_LINKS, "an include of a symlink that leads back to itself"],
} as const satisfies Record<string, readonly [log: string, summary: string]>;

type Case = keyof typeof CASES;

const NAMES = Object.keys(CASES) as readonly Case[];

export const missingInclude = defineRule({
  id: "nginx/missing-include",
  about: "host",
  alike: true,
  asksDisk: true,
  cases: casesOf(CASES, ([log, summary]) => ({ severity: "error", symptom: start(log), summary })),
  docs: {
    title: "an include of something that nginx cannot read",
    fires: [
      markdown`
        an \`include\` names a file that a whole host does not have (a host is whole when the root is
        \`/\`, or when it has \`etc/passwd\`)
      `,
      "a wildcard matches a dangling link",
      "an `include` names or matches a directory",
      "a file includes itself, directly or through others",
    ],
    silent: [
      "a wildcard matches nothing, which nginx allows",
      markdown`
        nginx's packages ship the file (\`mime.types\`, \`fastcgi_params\`,
        \`snippets/fastcgi-php.conf\` …)
      `,
      "the path is below a directory such as `/home` and the tree has nothing of that directory",
    ],
    what: markdown`
      In a tree that is only a part of a host, a missing file is listed as not read. The same goes
      everywhere for files that fpmlint may not open.
    `,
    why: markdown`
      nginx opens every file when it starts or reloads, and stops at the first one that it cannot read.
      A wildcard brings in whatever it matches: links whose site is gone, directories, an editor's
      files. A file that leads back to itself is opened again and again until no more files may be open.
    `,
    instead: markdown`
      Remove the \`include\`, or the dangling link from \`sites-enabled\`. Relative paths start at the
      directory of \`nginx.conf\`, wherever the \`include\` is. For a file that may be absent, use a
      wildcard: \`include snippets/local[.]conf;\`. To keep directories and leftovers out, write the
      extension: \`include conf.d/*.conf;\`.
    `,
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
      message: index === 0 ? "the circle starts here" : "and continues here",
    })),
    effect: nginxDown,
    help: help(name, include, problem),
    names: [include.pattern, problem.path],
  };
}

/** What would make it certain; `null` when it is. */
function settling(host: Host, name: Case, { loop }: IncludeProblem): string | null {
  if (name === "loop") {
    // When no more files may be opened, a wildcard matches nothing, and nginx continues with what it has.
    return loop.some(({ file, start, end }) => isGlob(file.text.slice(start, end)))
      ? "Because a wildcard is part of the circle, nginx may still start, after reading everything in it hundreds of times."
      : null;
  }
  // Not everything in a part of a host has to be deployed.
  return host.whole ? null : "It is certain if the tree is all that nginx reads, not just a part of it.";
}

function message(name: Case, { pattern }: NginxInclude, { path }: IncludeProblem): string {
  const matched = isGlob(pattern) ? `, which ${pattern} matches,` : "";
  switch (name) {
    case "missing":
      return matched === "" ? `${path} is not there` : `${path}${matched} is a dangling link`;
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
  if (name === "loop") return inWords("remove one of the include lines of the circle");
  if (name === "directory")
    return isGlob(pattern)
      ? inWords("write the extension of the files:", inDirectory(pattern, "*.conf"))
      : inWords("write which files in it are meant:", inDirectory(`${pattern}/`, "*.conf"));
  if (isGlob(pattern)) return inWords(`remove the link ${path}`);
  const optional = `${pattern.slice(0, -1)}[${pattern.slice(-1)}]`;
  return inWords(
    "put the file there, or remove the line; if the file may be absent, use a wildcard, which nginx accepts:",
    `include ${optional};`,
  );
}

function inDirectory(pattern: string, files: string): string {
  return `include ${pattern.slice(0, pattern.lastIndexOf("/") + 1)}${files};`;
}
