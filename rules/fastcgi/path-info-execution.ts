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
import { unique } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";
import { oncePerPlace, type Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** A picture, followed by a script that does not exist. */
const ATTACK = "/uploads/avatar.jpg/x.php";
const PICTURE = "/avatar.jpg/x.php";

type Case = "open" | "held";

export const pathInfoExecution = defineRule({
  id: "fastcgi/path-info-execution",
  about: "host",
  alike: true,
  cases: {
    open: {
      severity: "warning",
      symptom: { when: "attack", status: 200, log: null },
      summary: "a path after a picture runs the picture as PHP",
    },
    held: {
      severity: "info",
      symptom: {
        when: "attack",
        status: 403,
        log: "has been denied (see security.limit_extensions)",
      },
      summary: "the same, prevented by security.limit_extensions alone",
    },
  },
  docs: {
    title: "uploaded files may run as PHP",
    fires: [
      markdown`
        a regular expression location passes URIs that end in \`.php\` to PHP-FPM without checking that
        the file exists, and \`cgi.fix_pathinfo\` is not 0: a warning when the pool's
        \`security.limit_extensions\` is empty or has extensions of pictures and documents
      `,
      "the same, when that setting is all that prevents it: info, once for the host",
    ],
    silent: [
      "the location has a `try_files`, or an `if` with `-f` or `-e`",
      "the location names one script",
      "another location or a condition may take such a URI away",
      "nginx sends a value for `cgi.fix_pathinfo`",
    ],
    what: "Where no php.ini of the pool is known, only the empty list is reported, as info.",
    why: markdown`
      With \`cgi.fix_pathinfo = 1\`, the default, PHP takes the path apart when the script does not
      exist: for \`/uploads/avatar.jpg/x.php\` it finds the file \`avatar.jpg\` and runs it. Anyone who can
      upload a picture can run code. Since PHP 5.3.9, PHP-FPM refuses to run anything that does not end
      in \`.php\` or \`.phar\`, unless \`security.limit_extensions\` is switched off.
    `,
    instead: "`try_files $uri =404;` in the location: a script that does not exist is not passed on.",
    references: [
      "https://www.php.net/manual/en/ini.core.php#ini.cgi.fix-pathinfo",
      "https://www.php.net/manual/en/install.fpm.configuration.php#security-limit-extensions",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
    ],
    twins: { bad: "bad-extensions-off", ok: "ok-try-files" },
  },
  reads: ["directory"],
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

/** One report for the host: the fault is one missing line, in however many locations. */
function* report(host: Host, name: "open" | "held", found: readonly Unchecked[]): Generator<Draft<Case>> {
  const [first] = found;
  if (first === undefined) return;
  const { binding, pool, uri, fix } = first;
  const others = unique(found.map((one) => one.binding)).slice(1);
  const limit = placeOf(setting(pool, "security.limit_extensions"));
  const more = `and ${others.length} more ${others.length === 1 ? "location" : "locations"}`;
  const passing = others.length === 0 ? `${binding.label} passes` : `${binding.label} ${more} pass`;
  const keeps = `keeps pool [${pool.name}] from running avatar.jpg for ${uri}`;
  yield {
    case: name,
    ...(fix === "on"
      ? certainty(first)
      : { settle: "Whether cgi.fix_pathinfo is 0 in php.ini would settle it." }),
    message:
      name === "open"
        ? `${passing} on scripts that do not exist, and nothing ${keeps}`
        : `${passing} on scripts that do not exist; only security.limit_extensions ${keeps}`,
    at: placeOfLocation(binding),
    label: "nothing checks that the script exists",
    related: [
      ...(name === "open" && limit !== null
        ? [{ place: limit, message: `security.limit_extensions lets ${listed(pool)} run` }]
        : []),
      ...oncePerPlace(others, placeOfLocation).map((one) => ({
        place: placeOfLocation(one),
        message: `also ${one.label}`,
      })),
    ],
    effect:
      name === "open"
        ? "anyone who can upload a file can run PHP code"
        : "none for now; with security.limit_extensions switched off, uploaded files would run",
    help: helpOf([
      oncePerPlace(found, (one) => placeOfLocation(one.binding)).map((one) =>
        addInto(host, placeOfLocation(one.binding), ...linesFor(one)),
      ),
    ]),
    names: name === "open" ? namesOf(binding, pool) : ["host"],
  };
}

/**
 * Where the location also takes a path after the script, `$uri` is not a file: `/index.php/page` must
 * still work.
 */
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

function placeOfLocation({ location }: Binding): Place {
  return headPlace(location);
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
 * A URI of a picture followed by a script that the location surely gets: another location may refuse scripts
 * in directories for uploads, and an `if` may refuse a path after a file. `null`: none.
 */
function attackOn({ location, server }: Binding): string | null {
  const outer = location.parent?.name === "location" ? matchingOf(location.parent) : null;
  const below = outer === null || /^[~@]/.test(outer.modifier) ? "" : outer.text.replace(/\/$/, "");
  const uris = [ATTACK, PICTURE, `${below}${PICTURE}`];
  return uris.find((uri) => surelyPassed(location, server, uri, false)) ?? null;
}

/**
 * `unknown`: no php.ini is known. A value that nginx sends counts as off: it stays in the workers,
 * whatever it is.
 */
function fixPathinfo(host: Host, pool: Pair["pool"], set: ParamSet | undefined): "on" | "off" | "unknown" {
  const sent = ["PHP_VALUE", "PHP_ADMIN_VALUE"].map((name) => set?.params.get(name)?.value ?? "");
  if (sent.some((text) => text.includes("fix_pathinfo"))) return "off";
  const fix = phpValue(pool, "cgi.fix_pathinfo");
  if (fix.kind === "unknown" || (fix.kind === "default" && pool.master.ini.files.length === 0 && !host.whole))
    return "unknown";
  return /^(?:0|off|no|false|none|)$/i.test((fix.value ?? "").trim()) ? "off" : "on";
}

/** Whether the location checks that the file exists, or may: `try_files`, an `if` with `-f`, a program. */
function looks(location: Node): boolean {
  if (location.partial || childrenNamed(location, "try_files").length > 0) return true;
  return [...descendants(location)].some(
    ({ name, directive }) =>
      name === "rewrite" ||
      /_by_lua|^js_|^perl/.test(name) ||
      (name === "if" && directive.args.some(({ text }) => /-[fe]\b/.test(text))),
  );
}

/** Files that people upload most, and that are not scripts anywhere. */
const PICTURES = /^\.(?:jpe?g|png|gif|webp|svg|ico|pdf|txt|csv|zip)$/i;

/** Whether PHP-FPM would run a picture; `null`: unknown. */
function runsPictures(pool: Pair["pool"]): boolean | null {
  const list = limitExtensions(pool);
  if (list.kind === "unknown") return null;
  return list.value.length === 0 || list.value.some((ending) => PICTURES.test(ending));
}

function listed(pool: Pair["pool"]): string {
  const list = limitExtensions(pool);
  return list.kind === "unknown" || list.value.length === 0 ? "everything" : list.value.join(" ");
}
