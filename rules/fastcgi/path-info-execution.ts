import { type Draft, defineRule } from "../../src/engine/define.js";
import { certainty } from "../../src/evidence/grouping.js";
import { namesOf, type Pair, pairs } from "../../src/evidence/pairs.js";
import { limitExtensions } from "../../src/fpm/extensions.js";
import { phpValue, setting } from "../../src/fpm/pools.js";
import { addInto, helpOf } from "../../src/help/edit.js";
import { sentScript } from "../../src/help/script-filename.js";
import type { Binding, Host } from "../../src/model/host.js";
import { effectiveParams, type ParamSet } from "../../src/model/request/fastcgi-params.js";
import { scriptPath } from "../../src/model/request/script-path.js";
import { matchingOf } from "../../src/nginx/location/extensions.js";
import { surelyPassed, takes } from "../../src/nginx/location/passed.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { childrenNamed, descendants, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { placeOf } from "../../src/source/effective.js";
import { samePlace } from "../../src/source/file.js";

/** A picture, and a script behind it that is not there. */
const ATTACK = "/uploads/avatar.jpg/x.php";
const PICTURE = "/avatar.jpg/x.php";

type Case = "open" | "held";

export const pathInfoExecution = defineRule({
  id: "fastcgi/path-info-execution",
  about: "host",
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
    what: "Fires when a regular expression location passes URIs that end in `.php` to PHP-FPM without a look at whether the file is there, and `cgi.fix_pathinfo` is not 0: as a warning when `security.limit_extensions` of the pool is empty or has the extension of pictures and documents, as info, once for the host, when it is what holds.\n\nSilent where the location has a `try_files` or an `if` with `-f` or `-e`, where it names one script, where another location or a condition may take such a URI away, and where nginx sends a value for `cgi.fix_pathinfo`. Where no php.ini of the pool is known only the empty list is told, as info.",
    why: "With `cgi.fix_pathinfo = 1`, the default, PHP takes the path apart when there is no such script: for `/uploads/avatar.jpg/x.php` it finds the file `avatar.jpg` and runs it. Whoever may upload a picture may run code. Since PHP 5.3.9 PHP-FPM refuses to run anything that does not end in `.php` or `.phar`, unless `security.limit_extensions` is switched off.",
    instead: "`try_files $uri =404;` in the location: what is not there is not passed on.",
    references: [
      "https://www.php.net/manual/en/ini.core.php#ini.cgi.fix-pathinfo",
      "https://www.php.net/manual/en/install.fpm.configuration.php#security-limit-extensions",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
    ],
    twins: { bad: "bad-extensions-off", ok: "ok-try-files" },
  },
  proof: {
    kind: "daemons",
    requests: [{ path: ATTACK }],
    observe: { open: "script-ran", held: "picture-refused" },
  },
  *check(host) {
    const found = unchecked(host);
    const open = found.filter(({ pool }) => runsPictures(pool) === true);
    const sure = open.filter(({ fix }) => fix === "on");
    yield* report(host, "open", sure.length > 0 ? sure : open);
    const held = found.filter(({ pool, fix }) => runsPictures(pool) === false && fix === "on");
    yield* report(host, "held", held);
  },
});

interface Unchecked extends Pair {
  readonly uri: string;
  readonly fix: "on" | "unknown";
}

/** One report for the host: what is wrong is one line, missing in so many locations. */
function* report(host: Host, name: "open" | "held", found: readonly Unchecked[]): Generator<Draft<Case>> {
  const [first, ...rest] = found;
  if (first === undefined) return;
  const { binding, pool, uri, fix } = first;
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
    ...(fix === "on"
      ? certainty(first)
      : { certain: false, settle: "Whether cgi.fix_pathinfo is 0 in php.ini would settle it." }),
    message:
      name === "open"
        ? `${binding.label}${more} passes on scripts that are not there, and nothing keeps pool [${pool.name}] from running avatar.jpg for ${uri}`
        : `${binding.label}${more} passes on scripts that are not there; that pool [${pool.name}] does not run avatar.jpg for ${uri} rests on security.limit_extensions alone`,
    at: headPlace(binding.location),
    label: "nothing looks whether the script is there",
    related: [
      ...(name === "open" && limit !== null
        ? [{ place: limit, message: `security.limit_extensions lets ${listed(pool)} run` }]
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
    help: helpOf([
      unique(found).map((one) => addInto(host, headPlace(one.binding.location), ...linesFor(one))),
    ]),
    names: name === "open" ? namesOf(binding, pool) : ["host"],
  };
}

/** `$uri` is no file where a path follows the script, and nobody wants a 404 for `/index.php/page` then. */
function linesFor({ binding: { block, location } }: Unchecked): readonly string[] {
  if (takes(location, "/index.php/page") !== true) return ["try_files $uri =404;"];
  const set = effectiveParams(block);
  const sends = set === null || set === undefined || set.level !== block || set.params.has("PATH_INFO");
  const split = effectiveNode(block, "fastcgi_split_path_info").kind !== "default";
  return [
    ...(split ? [] : ["fastcgi_split_path_info ^(.+?\\.php)(/.*)$;"]),
    ...(split || sends ? [] : ["fastcgi_param PATH_INFO $fastcgi_path_info;"]),
    "if (!-f $document_root$fastcgi_script_name) {",
    "    return 404;",
    "}",
  ];
}

function unique(found: readonly Unchecked[]): readonly Unchecked[] {
  const places: Unchecked[] = [];
  for (const one of found)
    if (
      !places.some(({ binding }) => samePlace(headPlace(binding.location), headPlace(one.binding.location)))
    )
      places.push(one);
  return places;
}

function unchecked(host: Host): readonly Unchecked[] {
  return [...pairs(host)].flatMap((pair) => {
    const { binding, pool } = pair;
    const { location, block } = binding;
    const sent = sentScript(binding);
    const path = sent === null ? null : scriptPath(sent.param.value).kind;
    if (!matchingOf(location).modifier.startsWith("~") || block !== location) return [];
    if ((path !== "follows-uri" && path !== "literal-directory") || looks(location)) return [];
    const uri = attackOn(binding);
    const fix = fixPathinfo(host, pool, sent?.set);
    return uri === null || fix === "off" ? [] : [{ ...pair, uri, fix }];
  });
}

/**
 * A picture with a script behind it that the location surely gets: another location may refuse scripts
 * in directories for uploads, and an `if` may refuse what has a path behind a file.
 */
function attackOn({ location, server }: Binding): string | null {
  const outer = location.parent?.name === "location" ? matchingOf(location.parent) : null;
  const below = outer === null || /^[~@]/.test(outer.modifier) ? "" : outer.text.replace(/\/$/, "");
  const uris = [ATTACK, PICTURE, `${below}${PICTURE}`];
  return uris.find((uri) => surelyPassed(location, server, uri, false)) ?? null;
}

/** `unknown`: no php.ini is known. A value that nginx sends sticks to the workers, whatever it is. */
function fixPathinfo(host: Host, pool: Pair["pool"], set: ParamSet | undefined): "on" | "off" | "unknown" {
  const sent = ["PHP_VALUE", "PHP_ADMIN_VALUE"].map((name) => set?.params.get(name)?.value ?? "");
  if (sent.some((text) => text.includes("fix_pathinfo"))) return "off";
  const fix = phpValue(pool, "cgi.fix_pathinfo");
  if (fix.kind === "unknown" || (fix.kind === "default" && pool.master.ini.files.length === 0 && !host.whole))
    return "unknown";
  return /^(?:0|off|no|false|none|)$/i.test((fix.value ?? "").trim()) ? "off" : "on";
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

/** What is uploaded most, and is no script anywhere. */
const PICTURES = /^\.(?:jpe?g|png|gif|webp|svg|ico|pdf|txt|csv|zip)$/i;

/** `null`: not known. */
function runsPictures(pool: Pair["pool"]): boolean | null {
  const list = limitExtensions(pool);
  if (list.kind === "unknown") return null;
  return list.value.length === 0 || list.value.some((ending) => PICTURES.test(ending));
}

function listed(pool: Pair["pool"]): string {
  const list = limitExtensions(pool);
  return list.kind === "unknown" || list.value.length === 0 ? "everything" : list.value.join(" ");
}
