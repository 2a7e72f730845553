import type { FpmMaster } from "../fpm/types.js";
import { isSurelyMissing } from "../model/fpm-includes.js";
import { allMasters, type Host, type NginxHost } from "../model/host.js";
import { isSureFault } from "../model/nginx-includes.js";
import { type Place, position } from "../source/file.js";
import { attempt, failure } from "./failure.js";
import type { Incomplete } from "./finding.js";

/** `file:line`, or the file alone when all of it is meant. */
export function incompleteAt({ file, line }: Incomplete): string {
  return line === null ? file : `${file}:${line}`;
}

/** Everything of a host that was not read, each once. Never throws. */
export function incompleteOf(host: Host): readonly Incomplete[] {
  const found = attempt(() => unreadIn(host));
  return found.ok ? found.value : [failure(host.name, "listing what was not read failed", found.error)];
}

function unreadIn(host: Host): readonly Incomplete[] {
  const ofDaemons = [
    ...(host.nginx === null ? [] : nginxIncomplete(host, host.nginx)),
    ...allMasters(host).flatMap((master) => fpmIncomplete(host, master)),
  ];
  // What an include brings is said where the include is.
  const told = new Set(ofDaemons.map(({ reason }) => reason));
  const others = host.unread.flatMap(({ file, line = null, reason, expected }): Incomplete | [] =>
    told.has(`${file}: ${reason}`) ? [] : { file, line, reason, fatal: expected !== true },
  );
  const found = [...others, ...ofDaemons];
  const seen = new Set<string>();
  return found.filter(({ file, line, reason }) => {
    const key = `${file}\0${line}\0${reason}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function nginxIncomplete(host: Host, nginx: NginxHost): readonly Incomplete[] {
  const { whole } = host;
  const faults = nginx.faults.map(({ place, template }) =>
    template
      ? entry(place, "the rest of the file was not read: template", false)
      : entry(place, "what follows the syntax fault was not read", false),
  );
  const includes = nginx.includes.flatMap((include) => [
    ...include.problems.map((problem) => {
      const { path, kind, reason } = problem;
      // What nginx refuses for sure is a finding (nginx/missing-include).
      const told = isSureFault(host, problem, include.pattern);
      const fatal = kind !== "template" && (kind !== "missing" || whole);
      return entry(include.place, `${path}: ${reason}`, !told && fatal);
    }),
    ...(include.noMatch !== null &&
    !include.noMatch.directory &&
    !whole &&
    !mayBeEmpty(nginx, include.pattern)
      ? [entry(include.place, `${include.pattern}: nothing in the tree matches`, false)]
      : []),
  ]);
  return [...faults, ...templates(nginx), ...tooDeep(nginx), ...includes];
}

/** Whether a package makes the directory empty, so that a repository, which keeps no empty ones, may have all there is. */
function mayBeEmpty({ includes }: NginxHost, pattern: string): boolean {
  if (pattern.includes("modules-enabled/")) return true;
  const others = includes.some(
    (one) => one.files > 0 && /\/(?:sites|http|vhosts)[^/]*\/[^/]*\*/.test(one.pattern),
  );
  return /\/conf\.d\/\*\.conf$/.test(pattern) && others;
}

function tooDeep({ texts, ways }: NginxHost): readonly Incomplete[] {
  return texts.flatMap((text) =>
    text.tooDeep === null
      ? []
      : [
          entry(
            { span: text.tooDeep, via: ways.get(text) ?? [] },
            "blocks nested this deep were not read",
            true,
          ),
        ],
  );
}

/** Parts of templates whose blocks balance only when they are rendered. */
function templates({ texts, ways }: NginxHost): readonly Incomplete[] {
  return texts.flatMap((text) =>
    (text.template?.unread ?? []).map((span) =>
      entry({ span, via: ways.get(text) ?? [] }, "a part of the file was not read: template", false),
    ),
  );
}

function fpmIncomplete(host: Host, master: FpmMaster): readonly Incomplete[] {
  const ini = master.ini.unread.map(
    ({ file, reason, expected }): Incomplete => ({ file, line: null, reason, fatal: !expected }),
  );
  const includes = master.includes.flatMap((include) => {
    const { pattern, place, result, unread } = include;
    // Where a template leads is decided later; that is no fault of this tree.
    const rendered = /\$\{|\{\{|<%/.test(pattern);
    const hidden = unread.map((one) =>
      entry(place, `${one.path ?? pattern}: ${one.reason}`, !rendered && one.made !== true),
    );
    switch (result.kind) {
      case "missing": {
        const said =
          result.link === null
            ? `${pattern}: nothing in the tree matches`
            : `${result.link}: is a link to a file that does not exist`;
        // What is missing for sure is a finding (fpm/missing-include).
        return [entry(place, said, host.whole && !isSurelyMissing(host, master, include)), ...hidden];
      }
      case "too-deep":
        return [
          entry(place, `${pattern}: included more than 5 files deep, which PHP-FPM refuses`, false),
          ...hidden,
        ];
      default:
        return hidden;
    }
  });
  const documents = master.documents.map((place) => entry(place, OLD_XML, false));
  return [...ini, ...includes, ...documents];
}

const OLD_XML = "XML, as PHP-FPM of PHP 5.2 reads it, is not checked";

function entry(place: Place, reason: string, fatal: boolean): Incomplete {
  return {
    file: place.span.file.display,
    line: position(place.span.file, place.span.start).line,
    reason,
    fatal,
  };
}
