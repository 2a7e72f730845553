import { type Draft, defineRule } from "../../../src/engine/define.js";
import type { Edit } from "../../../src/engine/help.js";
import { alsoPools, andMore, type PoolValue } from "../../../src/evidence/alike.js";
import { withLostScript } from "../../../src/evidence/lost-script.js";
import { namesOf } from "../../../src/evidence/pairs.js";
import { addAfter, helpOf, inPlace, replace } from "../../../src/help/edit.js";
import { directoryOf, isWithin } from "../../../src/host/path.js";
import { inContainer } from "../../../src/model/container.js";
import type { Host } from "../../../src/model/host.js";
import { type FpmUnit, unitOf, wordsOf } from "../../../src/model/machine/fpm-unit.js";
import { isLiveHost } from "../../../src/model/machine/live.js";
import { headPlace } from "../../../src/nginx/tree/nodes.js";
import { groupBy } from "../../../src/source/collect.js";
import { oncePerPlace, placeKey } from "../../../src/source/file.js";
import { markdown } from "../../../src/source/markdown.js";
import { looksFilledIn } from "../../../src/source/template-names.js";
import { covers, type Guard, guardsOf, mountedIn, realPath, writableIn } from "./guards.js";
import { type Scripts, scriptsOf } from "./scripts.js";
import { type Written, writtenBy } from "./written.js";

type Case = "php" | "fpm" | "scripts";

export const protectedPath = defineRule({
  id: "fpm/protected-path",
  about: "master",
  alike: true,
  reads: ["directory"],
  asksDisk: true,
  cases: {
    php: {
      severity: "warning",
      symptom: null,
      summary: "a path that PHP writes, and that the systemd unit makes read-only or hides",
    },
    fpm: {
      severity: "warning",
      symptom: { when: "start", status: null, log: "Read-only file system (30)" },
      summary:
        "a log, the socket or the pid file of PHP-FPM below a directory that the systemd unit makes read-only or hides",
    },
    scripts: {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "the scripts of a location are in a directory that the systemd unit hides",
    },
  },
  docs: {
    title: "a path to write to that the systemd unit protects",
    fires: [
      markdown`
        the unit that starts this PHP-FPM has \`ProtectSystem\` or \`ProtectHome\`, and below what it protects is
        \`session.save_path\`, \`upload_tmp_dir\`, \`sys_temp_dir\` or \`error_log\` of PHP, or PHP-FPM's own
        \`error_log\`, \`slowlog\` (with \`request_slowlog_timeout\`), \`access.log\`, \`pid\` or \`listen\`
      `,
      markdown`
        the same with \`ReadOnlyPaths\` and \`InaccessiblePaths\`
      `,
      markdown`
        a location's scripts are below what \`ProtectHome\` (true or tmpfs), \`InaccessiblePaths\` or
        \`TemporaryFileSystem\` hides (an error)
      `,
      markdown`
        \`ProtectSystem=true\` protects \`/usr\`, \`/boot\` and \`/efi\`, \`full\` also \`/etc\`, \`strict\` all but
        \`/dev\`, \`/proc\` and \`/sys\`; \`ProtectHome\` protects \`/home\`, \`/root\` and \`/run/user\`
      `,
      markdown`
        the tree holds neither the path nor the directory above it, so that a link may lead elsewhere: then
        it is a guess
      `,
    ],
    silent: [
      markdown`
        \`ReadWritePaths\`, \`StateDirectory\`, \`LogsDirectory\` or their like name the path or a directory above it,
        or it is below \`/tmp\` and the unit has \`PrivateTmp\`
      `,
      "the path leads through a link to a directory that may be written to",
      "`BindPaths` or `BindReadOnlyPaths` bring the scripts back",
      "sessions are not kept in files, or the pool has a chroot",
      "the tree does not hold the one unit that starts this PHP-FPM, or the unit mounts directories of its own",
      "PHP-FPM runs in a container",
    ],
    why: markdown`
      systemd mounts what is protected read-only for this service, whatever the permissions of the files say. PHP
      gets \`Read-only file system (30)\`, while the same path can be written to from a shell. Sessions are then
      lost without an error page, and messages are not in the log where somebody looks for them. PHP-FPM does not
      start when it cannot open one of its own logs. What is hidden is an empty directory for it: nginx finds the
      script and sends its files, and PHP-FPM answers 404 \`File not found.\`
    `,
    instead: markdown`
      Write below \`/var/lib\` or \`/var/log\`, or let the service write there: \`systemctl edit php8.2-fpm\`, with
      \`ReadWritePaths=/usr/share/app/data\` below \`[Service]\`.
    `,
    references: [
      "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#ProtectSystem=",
      "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#ReadWritePaths=",
    ],
  },
  proof: {
    kind: "none",
    reason:
      "systemd, which mounts directories read-only for a service, does not run where the tests do; systemd.exec(5) documents it.",
  },
  *check(master, host) {
    if (inContainer(host)) return;
    const unit = unitOf(host, master);
    const guards = unit === null ? [] : guardsOf(unit);
    const free = unit === null || guards.length === 0 ? null : writableIn(unit, host.fs);
    if (unit === null || free === null) return;
    const found = [...writtenBy(master)].filter(({ value }) => !looksFilledIn(value.value));
    for (const group of groupBy(found, ({ value }) => placeKey(value.place))) {
      const [first, ...others] = group;
      const seen = realPath(host.fs, first.path);
      const guard = guards.find((one) => seen !== null && covers(one, seen.path));
      if (seen === null || guard === undefined) continue;
      if ([seen.path, first.path].some((path) => free.some((one) => isWithin(one, path)))) continue;
      yield report(
        host,
        unit,
        { ...first, path: seen.path },
        guard,
        others,
        seen.certain || isLiveHost(host),
      );
    }
    const mounted = mountedIn(unit, host.fs);
    const hiding = mounted === null ? [] : guards.filter(({ how }) => how === "hidden");
    for (const group of hiding.length === 0
      ? []
      : groupBy(scriptsOf(host, master), ({ place }) => placeKey(place))) {
      const [first] = group;
      const seen = realPath(host.fs, first.path);
      const guard = hiding.find((one) => seen !== null && covers(one, seen.path));
      if (
        seen === null ||
        guard === undefined ||
        mounted === null ||
        [seen.path, first.path].some((path) => mounted.some((one) => isWithin(one, path)))
      )
        continue;
      yield hiddenScripts(host, unit, guard, group, seen);
    }
  },
});

function hiddenScripts(
  host: Host,
  unit: FpmUnit,
  { line, directories }: Guard,
  group: readonly [Scripts, ...Scripts[]],
  seen: { readonly path: string; readonly certain: boolean },
): Draft<Case> {
  const [{ binding, path, place }, ...others] = group;
  const hidden = directories.find((one) => isWithin(one, seen.path)) ?? "/";
  const where = seen.path === path ? path : `${path}, a link to ${seen.path}`;
  return {
    case: "scripts",
    settle: seen.certain || isLiveHost(host) ? null : `\`readlink -f ${path}\` would settle it.`,
    message: `the scripts of ${binding.label} are in ${where}, and ${line.key}=${line.value} of ${unit.name} hides ${hidden} for PHP-FPM`,
    at: place,
    label: "PHP-FPM does not see it",
    related: [
      { place: line.place, message: `hides ${hidden}` },
      ...oncePerPlace(others, (one) => headPlace(one.binding.location)).map((one) => ({
        place: headPlace(one.binding.location),
        message: `also ${one.binding.label}`,
      })),
    ],
    ...withLostScript(
      "every request to these scripts ends as 404 File not found",
      group.map((one) => one.binding),
    ),
    help: helpOf([[show(host, unit, line, seen.path)]]),
    names: namesOf(binding),
  };
}

function report(
  host: Host,
  unit: FpmUnit,
  { case: name, key, pool, value, path, directory, effect }: Written,
  { line, directories, how }: Guard,
  others: readonly Written[],
  certain: boolean,
): Draft<Case> {
  const also = others.flatMap((one): readonly PoolValue[] =>
    one.pool === null ? [] : [{ ...one, pool: one.pool }],
  );
  const of = pool === null ? "" : ` of pool [${pool.name}]${andMore(also)}`;
  const kept = directories.find((one) => isWithin(one, path)) ?? "/";
  return {
    case: name,
    // Where all is protected, a link leads to no other place.
    settle: certain || kept === "/" ? null : `\`readlink -f ${path}\` would settle it.`,
    message: `${key}${of} is ${path}, and ${line.key}=${line.value} of ${unit.name} ${how === "hidden" ? `hides ${kept}` : `makes ${kept} read-only`} for PHP-FPM`,
    at: value.place,
    label: how === "hidden" ? "PHP-FPM does not see it" : "cannot be written to",
    related: [
      { place: line.place, message: how === "hidden" ? `hides ${kept}` : `${kept} is read-only` },
      ...alsoPools(also),
    ],
    effect,
    help:
      how === "hidden"
        ? helpOf([], `write a path outside ${kept}, for instance below /var/lib or /var/log`)
        : helpOf([[allow(host, unit, line, directory ? path : directoryOf(path))]]),
    names: [pool?.name ?? "global", key],
  };
}

/** What lets PHP-FPM see a directory again. */
function show(host: Host, unit: FpmUnit, line: Guard["line"], path: string): Edit {
  const { key } = line;
  const own = line.place.span.file.path.startsWith("/etc/");
  const dropIn = (...lines: readonly string[]): Edit =>
    inPlace(`a drop-in (systemctl edit ${unit.name})`, "[Service]", ...lines);
  if (key === "ProtectHome") {
    const seen = "ProtectHome=read-only";
    return own ? replace(host, line.place, seen) : dropIn(seen);
  }
  // Into what may not be entered, nothing can be mounted.
  if (key.startsWith("Inaccessible")) {
    const others = (wordsOf(unit, [key]) ?? []).filter((word) => !isWithin(word.replace(/^[-+]+/, ""), path));
    return dropIn(`${key}=`, ...(others.length === 0 ? [] : [`${key}=${others.join(" ")}`]));
  }
  const bound = `BindReadOnlyPaths=${path}`;
  return own ? addAfter(host, line.place, bound) : dropIn(bound);
}

function allow(host: Host, unit: FpmUnit, line: Guard["line"], path: string) {
  const text = `ReadWritePaths=${path}`;
  return line.place.span.file.path.startsWith("/etc/")
    ? addAfter(host, line.place, text)
    : inPlace(`a drop-in (systemctl edit ${unit.name})`, "[Service]", text);
}
