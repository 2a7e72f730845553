import { glob } from "../../../src/host/glob.js";
import type { Host } from "../../../src/model/host.js";

/** Where a command line of PHP-FPM may be. */
const places = [
  "/Dockerfile*",
  "/docker-compose*.y*ml",
  "/compose*.y*ml",
  "/*entrypoint*",
  "/usr/local/bin/*entrypoint*",
  "/etc/systemd/system/*php*fpm*.service",
  "/etc/systemd/system/*php*fpm*.service.d/*.conf",
  "/lib/systemd/system/*php*fpm*.service",
  "/usr/lib/systemd/system/*php*fpm*.service",
  "/etc/supervisor/conf.d/*.conf",
  "/etc/supervisord.d/*.ini",
  "/etc/supervisor*.conf",
  "/etc/default/php*fpm*",
  "/etc/sysconfig/php*fpm*",
];

/** Whether a command line in the tree allows workers to run as root (`php-fpm -R`). */
export function mayRunAsRoot({ fs, allowsRoot }: Host): boolean {
  if (allowsRoot()) return true;
  return places
    .flatMap((pattern) => glob(fs, pattern))
    .some((path) => {
      const entry = fs.entry(path);
      const answer = entry.kind === "file" ? entry.read() : null;
      if (answer === null || "unreadable" in answer) return false;
      return answer.text.includes("--allow-to-run-as-root") || answer.text.split("\n").some(lineAllowsRoot);
    });
}

/** `php-fpm -FR`, also with its option at the start of the next line; `OPTIONS="-R"`. */
function lineAllowsRoot(line: string, index: number, lines: readonly string[]): boolean {
  const command = line.indexOf("php-fpm");
  const next = lines[index + 1] ?? "";
  if (command !== -1 && (/["'\s,]-[A-Za-z]*R\b/.test(line.slice(command)) || /^-[A-Za-z]*R\b/.test(next)))
    return true;
  const [set] = [...line.matchAll(/(\w+)(=?)/g)].filter(
    ([, name = "", sign]) => sign === "=" && /OPT|ARG/.test(name),
  );
  return set !== undefined && /-[A-Za-z]*R\b/.test(line.slice(set.index + set[0].length));
}
