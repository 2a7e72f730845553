import type { FpmMaster } from "../fpm/types.js";
import type { Host, NginxHost } from "../model/host.js";
import { type Place, position } from "../source/file.js";
import type { Incomplete } from "./finding.js";

/** Everything of a host that was not read, each once. */
export function incompleteOf(host: Host): readonly Incomplete[] {
  const found = [
    ...host.unread.map(({ file, reason }): Incomplete => ({ file, line: null, reason, fatal: true })),
    ...(host.nginx === null ? [] : nginxIncomplete(host.nginx, host.whole)),
    ...host.masters.flatMap((master) => fpmIncomplete(master, host.whole)),
  ];
  const seen = new Set<string>();
  return found.filter(({ file, line, reason }) => {
    const key = `${file}\0${line}\0${reason}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function nginxIncomplete(nginx: NginxHost, whole: boolean): readonly Incomplete[] {
  const faults = nginx.faults.map(({ place, template }) =>
    template
      ? entry(place, "the rest of the file was not read: template", false)
      : entry(place, "what follows the syntax fault was not read", false),
  );
  const includes = nginx.includes.flatMap((include) => [
    ...include.problems.map(({ path, kind, reason }) =>
      entry(include.place, `${path}: ${reason}`, kind !== "missing" || whole),
    ),
    ...(include.noMatch !== null &&
    !include.noMatch.directory &&
    !whole &&
    !/modules-enabled\//.test(include.pattern)
      ? [entry(include.place, `${include.pattern}: nothing in the tree matches`, false)]
      : []),
  ]);
  return [...faults, ...includes];
}

function fpmIncomplete(master: FpmMaster, whole: boolean): readonly Incomplete[] {
  const ini = master.ini.unread.map(
    ({ file, reason, expected }): Incomplete => ({ file, line: null, reason, fatal: !expected }),
  );
  const includes = master.includes.flatMap(({ pattern, place, result }) => {
    switch (result.kind) {
      case "missing":
        return [entry(place, `${pattern}: no such file in the tree`, whole)];
      case "unread":
        // Where a template leads is decided later; that is no fault of this tree.
        return [entry(place, `${pattern}: ${result.reason}`, !/\$\{|\{\{|<%/.test(pattern))];
      case "too-deep":
        return [entry(place, `${pattern}: included more than 5 files deep, which PHP-FPM refuses`, true)];
      default:
        return [];
    }
  });
  return [...ini, ...includes];
}

function entry(place: Place, reason: string, fatal: boolean): Incomplete {
  return {
    file: place.span.file.display,
    line: position(place.span.file, place.span.start).line,
    reason,
    fatal,
  };
}
