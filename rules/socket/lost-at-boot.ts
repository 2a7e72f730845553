import { type Draft, defineRule } from "../../src/engine/define.js";
import { seenByClientsOf } from "../../src/evidence/asked.js";
import { setting } from "../../src/fpm/pools.js";
import type { FpmMaster } from "../../src/fpm/types.js";
import { addBefore, helpOf, inPlace } from "../../src/help/edit.js";
import type { HostFilesystem } from "../../src/host/filesystem.js";
import { glob } from "../../src/host/glob.js";
import { directoryOf, isWithin, nameOf, normalizePath } from "../../src/host/path.js";
import { UNIT_DIRECTORIES } from "../../src/host/system-directories.js";
import { textOf } from "../../src/host/text.js";
import { fpmAddress } from "../../src/model/address/address.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import { type FpmUnit, isFpm, madeBelow, unitOf } from "../../src/model/machine/fpm-unit.js";
import { madeByTmpfiles, runPath, TMPFILES_OF_PACKAGES } from "../../src/model/machine/tmpfiles.js";
import { markdown } from "../../src/source/markdown.js";
import { once } from "../../src/source/memo.js";
import { looksFilledIn } from "../../src/source/template-names.js";

export const lostAtBoot = defineRule({
  id: "socket/lost-at-boot",
  about: "master",
  alike: true,
  asksDisk: true,
  cases: {
    lost: {
      severity: "warning",
      symptom: { when: "start", status: null, log: "unable to bind listening socket" },
      summary: "a socket below /run, in a directory that nothing makes again after a reboot",
    },
  },
  docs: {
    title: "a socket whose directory a reboot removes",
    fires: [
      markdown`
        the socket of a pool is in a directory below \`/run\`, the unit that starts this PHP-FPM is in the tree
        and has no \`RuntimeDirectory\` for it, and no line of tmpfiles.d makes it
      `,
    ],
    silent: [
      "the tree is not a whole host, or does not hold the one unit that starts this PHP-FPM",
      markdown`
        PHP-FPM is a package's, and the tree lacks \`/usr/lib/tmpfiles.d\`, where packages have such lines
      `,
      "the unit runs a script, another unit makes the directory, or `/etc/fstab` or `/etc/rc.local` names it",
      "the socket is directly in `/run`, or in a directory of the system as `/run/lock`",
      "PHP-FPM runs in a container",
    ],
    why: markdown`
      \`/run\` is in memory and is empty after each boot. PHP-FPM makes its socket and no directories: with a
      directory that somebody made by hand all is well until the first reboot. Then PHP-FPM does not start, and
      each request ends in \`502 Bad Gateway\`. \`/var/run\` is a link to \`/run\`.
    `,
    instead: markdown`
      Let the unit make it: \`RuntimeDirectory=php-fpm\` in \`[Service]\` makes \`/run/php-fpm\` before PHP-FPM
      starts. Or write \`d /run/php-fpm 0755 root root\` into a file in \`/etc/tmpfiles.d\`.
    `,
    references: [
      "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#RuntimeDirectory=",
      "https://www.freedesktop.org/software/systemd/man/latest/tmpfiles.d.html",
    ],
  },
  proof: {
    kind: "none",
    reason:
      "no machine boots where the tests run, and no systemd makes directories there; systemd.exec(5) documents it.",
  },
  *check(master, host) {
    if (!host.whole || inContainer(host) || !isTmpfilesKnown(host)) return;
    const unit = unitOf(host, master);
    if (unit === null || runsMore(unit)) return;
    const runtime = madeBelow(unit, "RuntimeDirectory", "/run");
    if (runtime === null) return;
    yield* lostIn(host, master, unit, runtime);
  },
});

function* lostIn(
  host: Host,
  master: FpmMaster,
  unit: FpmUnit,
  runtime: readonly string[],
): Generator<Draft<"lost">> {
  for (const pool of master.pools) {
    const listen = setting(pool, "listen");
    if (listen.kind !== "set" || !listen.value?.startsWith("/") || looksFilledIn(listen.value)) continue;
    if (fpmAddress(listen.value)?.kind !== "unix") continue;
    const directory = directoryInRun(host.fs, listen.value);
    if (directory === null || isMade(host.fs, directory, unit, runtime)) continue;
    yield {
      case: "lost",
      message: `the socket of pool [${pool.name}] is in ${directory}, which nothing makes after a reboot: ${unit.name} has no RuntimeDirectory for it, and tmpfiles.d no line`,
      at: listen.place,
      label: "/run is empty after a boot",
      related: [{ place: unit.start.place, message: "this unit starts PHP-FPM" }],
      ...seenByClientsOf(
        host,
        master.pools,
        "after the next reboot PHP-FPM does not start, and every request ends in 502 Bad Gateway",
      ),
      help: helpOf([
        [runtimeDirectory(host, unit, directory)],
        [inPlace(`/etc/tmpfiles.d/${nameOf(directory)}.conf`, `d ${directory} 0755 root root`)],
      ]),
      names: [pool.name],
    };
  }
}

function runtimeDirectory(host: Host, unit: FpmUnit, directory: string) {
  const line = `RuntimeDirectory=${directory.slice("/run/".length)}`;
  const { path } = unit.start.place.span.file;
  return path.startsWith("/etc/")
    ? addBefore(host, unit.start.place, line)
    : inPlace(`a drop-in (systemctl edit ${unit.name})`, "[Service]", line);
}

/** The directory of a socket, where that is below /run and not the system's; `null`: it is not, or unknown. */
function directoryInRun(fs: HostFilesystem, listen: string): string | null {
  const written = normalizePath(listen);
  // Some old systems, and some copies, have a directory in the place of the link.
  const varRun = fs.entry("/var/run");
  if (isWithin("/var/run", written) && varRun.kind === "directory" && varRun.path === "/var/run") return null;
  const directory = directoryOf(runPath(written));
  if (!isWithin("/run", directory) || directory === "/run") return null;
  return /^\/run\/(?:lock|user|systemd|udev|dbus|log|shm|mount)(?:\/|$)/.test(directory) ? null : directory;
}

/** Whether what packages write into tmpfiles.d is in the tree, or there is nothing that a package could have written. */
function isTmpfilesKnown({ fs, masters }: Host): boolean {
  return (
    TMPFILES_OF_PACKAGES.some((path) => fs.entry(path).kind === "directory") ||
    masters.every(({ main }) => main !== null && /^\/(?:usr\/local|opt\/(?!remi\/))/.test(main.path))
  );
}

/** Whether the unit runs commands besides PHP-FPM itself, which may make directories. */
function runsMore({ lines }: FpmUnit): boolean {
  return lines.some(
    (line) =>
      /^(?:ExecStartPre|ExecCondition|RootDirectory|RootImage|TemporaryFileSystem|Bind\w*Paths)$/.test(
        line.key,
      ) &&
      line.value !== "" &&
      !isFpm(line),
  );
}

function isMade(fs: HostFilesystem, directory: string, unit: FpmUnit, runtime: readonly string[]): boolean {
  return (
    runtime.some((made) => isWithin(directory, made)) ||
    madeByTmpfiles(fs, directory) ||
    ["/etc/fstab", "/etc/rc.local", "/etc/rc.d/rc.local", "/etc/crontab"].some((path) =>
      textOf(fs, path).includes(directory.slice("/run/".length)),
    ) ||
    linesOfOthers(fs, unit).includes(directory.slice("/run/".length))
  );
}

/** The lines of other units that may make a directory, as one text. Read once for a unit, however many pools it starts. */
const linesOfOthers = (fs: HostFilesystem, unit: FpmUnit): string =>
  once(known, unit, () =>
    UNIT_DIRECTORIES.flatMap((directory) =>
      ["*.service", "*.socket", "*.mount", "*.service.d/*.conf"].flatMap((pattern) =>
        glob(fs, `${directory}/${pattern}`),
      ),
    )
      .filter((path) => nameOf(path) !== unit.name && nameOf(directoryOf(path)) !== `${unit.name}.d`)
      .flatMap((path) => textOf(fs, path).split("\n"))
      .filter((line) => /^[ \t]*(?:RuntimeDirectory|Exec\w+|Listen\w+|Where)[ \t]*=/.test(line))
      .join("\n"),
  );

const known = new WeakMap<FpmUnit, string>();
