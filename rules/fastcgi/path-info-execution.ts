import { namesOf, type Pair, pairs } from "../../src/engine/evidence.js";
import { addInto, helpText } from "../../src/engine/help.js";
import { noOptions, type Report, type Rule } from "../../src/engine/rule.js";
import { sentScript } from "../../src/engine/script-location.js";
import { phpValue, setting } from "../../src/fpm/pools.js";
import type { Host } from "../../src/model/host.js";
import { scriptPath } from "../../src/model/script-path.js";
import { argument, childrenNamed, descendants, headPlace } from "../../src/nginx/nodes.js";
import { takes } from "../../src/nginx/passed.js";
import type { Node } from "../../src/nginx/types.js";
import { placeOf } from "../../src/source/effective.js";
import { samePlace } from "../../src/source/file.js";

/** A picture, and a script behind it that is not there. */
const ATTACK = "/uploads/avatar.jpg/x.php";

export const pathInfoExecution: Rule = {
  id: "fastcgi/path-info-execution",
  cases: {
    open: {
      severity: "warning",
      symptom: { when: "attack", status: 200, log: null },
      summary: "a path behind a picture runs the picture as PHP",
    },
    held: {
      severity: "info",
      symptom: {
        when: "attack",
        status: 403,
        log: "has been denied (see security.limit_extensions)",
      },
      summary: "the same, held off by security.limit_extensions alone",
    },
  },
  docs: {
    title: "uploaded files may run as PHP",
    what: "Fires when a regular expression location passes URIs that end in `.php` to PHP-FPM without a look at whether the file is there, and `cgi.fix_pathinfo` is not 0: as a warning when `security.limit_extensions` of the pool is empty, as info, once for the host, when it is what holds.\n\nSilent where the location has a `try_files` or an `if` with `-f` or `-e`, where it names one script, and where no php.ini of the pool is known.",
    why: "With `cgi.fix_pathinfo = 1`, the default, PHP takes the path apart when there is no such script: for `/uploads/avatar.jpg/x.php` it finds the file `avatar.jpg` and runs it. Whoever may upload a picture may run code. Since PHP 5.3.9 PHP-FPM refuses to run anything that does not end in `.php` or `.phar`, unless `security.limit_extensions` is switched off.",
    instead: "`try_files $uri =404;` in the location: what is not there is not passed on.",
    references: [
      "https://www.php.net/manual/en/ini.core.php#ini.cgi.fix-pathinfo",
      "https://www.php.net/manual/en/install.fpm.configuration.php#security-limit-extensions",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
    ],
    twins: { bad: "bad-extensions-off", ok: "ok-try-files" },
  },
  options: noOptions,
  proof: {
    kind: "daemons",
    requests: [{ path: ATTACK }],
    observe: { open: "script-ran", held: "picture-refused" },
  },
  *check(host) {
    const found = unchecked(host);
    yield* report(
      host,
      "open",
      found.filter(({ pool }) => extensions(pool) === ""),
    );
    yield* report(
      host,
      "held",
      found.filter(({ pool }) => (extensions(pool) ?? "") !== ""),
    );
  },
};

/** One report for the host: what is wrong is one line, missing in so many locations. */
function* report(host: Host, name: "open" | "held", found: readonly Pair[]): Generator<Report> {
  const [first, ...rest] = found;
  if (first === undefined) return;
  const { binding, pool } = first;
  const others = rest.filter(
    ({ binding: one }, index) =>
      one !== binding && !rest.slice(0, index).some((other) => other.binding === one),
  );
  const limit = placeOf(setting(pool, "security.limit_extensions"));
  const more =
    others.length === 0
      ? ""
      : `, and ${others.length} more ${others.length === 1 ? "location" : "locations"}`;
  yield {
    case: name,
    certain: true,
    settle: null,
    message:
      name === "open"
        ? `${binding.label}${more} passes on scripts that are not there, and nothing keeps pool [${pool.name}] from running avatar.jpg for ${ATTACK}`
        : `${binding.label}${more} passes on scripts that are not there; that pool [${pool.name}] does not run avatar.jpg for ${ATTACK} rests on security.limit_extensions alone`,
    at: headPlace(binding.location),
    label: "nothing looks whether the script is there",
    link: [],
    related: [
      ...(name === "open" && limit !== null
        ? [{ place: limit, message: "security.limit_extensions lets everything run" }]
        : []),
      ...others
        .filter(
          (one, index) =>
            !others
              .slice(0, index)
              .some((other) => samePlace(headPlace(other.binding.location), headPlace(one.binding.location))),
        )
        .map((one) => ({ place: headPlace(one.binding.location), message: `${one.binding.label}, too` })),
    ],
    effect:
      name === "open"
        ? "whoever may upload any file may run PHP code"
        : "none for now; with security.limit_extensions switched off uploaded files would run",
    help: helpText([
      unique(found).map((location) => addInto(host, headPlace(location), "try_files $uri =404;")),
    ]),
    names: name === "open" ? namesOf(binding, pool) : ["host"],
  };
}

function unique(found: readonly Pair[]): readonly Node[] {
  const places: Node[] = [];
  for (const { binding } of found)
    if (!places.some((one) => samePlace(headPlace(one), headPlace(binding.location))))
      places.push(binding.location);
  return places;
}

function unchecked(host: Host): readonly Pair[] {
  return [...pairs(host)].filter(({ binding, pool }) => {
    const { location } = binding;
    const sent = sentScript(binding);
    const path = sent === null ? null : scriptPath(sent.param.value).kind;
    if (!/^~/.test(argument(location, 0) ?? "") || (path !== "follows-uri" && path !== "literal-directory"))
      return false;
    if (takes(location, ATTACK) !== true || looks(location)) return false;
    const fix = phpValue(pool, "cgi.fix_pathinfo");
    const known =
      fix.kind === "set" || (fix.kind === "default" && (pool.master.ini.files.length > 0 || host.whole));
    return known && !/^(?:0|off|no|false|)$/i.test((fix.value ?? "").trim());
  });
}

/** Whether the location asks for the file: `try_files`, or an `if` with `-f`. */
function looks(location: Node): boolean {
  if (location.partial || childrenNamed(location, "try_files").length > 0) return true;
  return [...descendants(location)].some(
    ({ name, directive }) =>
      name === "rewrite" ||
      /_by_lua|^js_|^perl/.test(name) ||
      (name === "if" && directive.args.some(({ text }) => /-[fe]\b/.test(text))),
  );
}

/** `""`: everything may run; `null`: not known. */
function extensions(pool: Pair["pool"]): string | null {
  const value = setting(pool, "security.limit_extensions");
  return value.kind === "unknown" ? null : (value.value ?? "").trim();
}
