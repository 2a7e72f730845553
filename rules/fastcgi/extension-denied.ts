import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { RelatedReport, Symptom } from "../../src/engine/rule.js";
import { certainty, poolKey, sourceOf } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairs } from "../../src/evidence/pairs.js";
import { limitExtensions, mayRun } from "../../src/fpm/extensions.js";
import { helpOf, replace, write } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { effectiveParams, type Param } from "../../src/model/request/fastcgi-params.js";
import { filesAt, writtenRoot } from "../../src/model/request/paths.js";
import { scriptPath } from "../../src/model/request/script-path.js";
import { matchingOf, type NamedExtension, namedExtensions } from "../../src/nginx/location/extensions.js";
import { surelyPassed } from "../../src/nginx/location/passed.js";
import { argumentPlace, headPlace } from "../../src/nginx/tree/nodes.js";
import { groupBy } from "../../src/source/collect.js";
import type { DefaultValue, SetValue } from "../../src/source/effective.js";
import { type Place, samePlace } from "../../src/source/file.js";

interface Denied {
  readonly case: "extension" | "static-files" | "separator";
  readonly pair: Pair;
  readonly param: Param;
  readonly allowed: SetValue<readonly string[]> | DefaultValue<readonly string[]>;
  /** What is passed and denied: extensions, or one script's name. */
  readonly what: readonly string[];
  /** The list has them, but for its commas. */
  readonly commas: boolean;
  /** The nginx words that pass it. */
  readonly at: Place;
}

const symptom: Symptom = {
  when: "always",
  status: 403,
  log: "has been denied (see security.limit_extensions)",
};

type Case = "extension" | "static-files" | "separator";

export const extensionDenied = defineRule({
  id: "fastcgi/extension-denied",
  about: "host",
  cases: {
    extension: {
      severity: "warning",
      symptom,
      summary: "a location passes scripts of an extension that the pool does not run",
    },
    "static-files": {
      severity: "warning",
      symptom,
      summary: "a location passes the whole site, static files too, and the pool runs scripts only",
    },
    separator: {
      severity: "error",
      symptom,
      summary: "security.limit_extensions is parted by commas, so that every script is denied",
    },
  },
  docs: {
    title: "PHP-FPM refuses files that nginx passes to it",
    what: "Fires when a location names an extension (`\\.(php|phtml)$`, `\\.ph(p|tml)$`, `= /page.phtml`, a written-out script) that `security.limit_extensions` of the pool does not have, when that list is parted by commas (an error when it leaves nothing that the location names), and when a location without an extension (`/`, `~ ^/`) passes static files that stand in the root.\n\nOnly files of that extension are refused: on a site that has none the finding tells of words that have no use. Silent about spellings beside one that the pool runs (`\\.php[345]?$`); about a fixed script that is allowed; where the request may go elsewhere or become another one: another location takes it, `rewrite`, `return` or `if` on the server or in the location may concern it, `try_files` leads to a script (unless such a file stands in the root), an `error_page 403 =` answers instead; where a regular expression that decides about it is not understood (back-references, look-behind, possessive repeats); without a known pool.",
    why: "PHP-FPM compares the end of the script's path with `security.limit_extensions` (`.php .phar` unless set) and answers 403 `Access denied.` to everything else that exists. It parts the list at blanks only.",
    instead:
      "Name the same extensions on both sides: the location's pattern in nginx, `security.limit_extensions` in the pool, parted by blanks. Pass only scripts to PHP-FPM.",
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#security-limit-extensions",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
    ],
  },
  proof: {
    kind: "daemons",
    requests: [{}, { path: "/page.phtml" }, { path: "/style.css" }],
  },
  *check(host) {
    const found = [...pairs(host)].flatMap((pair) => denied(host, pair));
    const cause = (one: Denied) =>
      [one.case, poolKey(one.pair), sourceOf(one.allowed), ...one.what].join(" ");
    for (const group of groupBy(found, cause)) yield report(host, group);
  },
});

function denied(host: Host, pair: Pair): readonly Denied[] {
  const { binding, pool } = pair;
  const { block, location } = binding;
  const allowed = limitExtensions(pool);
  const param = effectiveParams(block)?.params.get("SCRIPT_FILENAME");
  // An `if` or limit_except in the location may let only some of its requests through.
  if (allowed.kind === "unknown" || param === undefined || block !== location) return [];
  const apart = allowed.value.flatMap((one) => one.split(","));
  const found = (what: readonly string[], others: boolean, at: Place): readonly Denied[] => {
    if (what.length === 0) return [];
    const extensions = what.map((one) => /\.[^.]+$/.exec(one)?.[0] ?? "");
    const commas = allowed.kind === "set" && extensions.every((one) => mayRun(apart, one));
    return [{ case: commas && !others ? "separator" : "extension", pair, param, allowed, what, commas, at }];
  };
  const path = scriptPath(param.value);
  if (path.kind === "one-script") {
    const extension = /\.[^.]+$/.exec(path.name)?.[0] ?? "";
    return found(mayRun(allowed.value, extension) ? [] : [path.name], false, param.place);
  }
  if (path.kind !== "follows-uri" && path.kind !== "literal-directory") return [];
  const named = namedExtensions(location);
  if (named.length > 0) {
    const refused = refusedOf(host, pair, allowed.value);
    const at = argumentPlace(location, location.directive.args.length - 1);
    return found(refused, refused.length < named.flat().length, at);
  }
  const files = allowed.value.length === 0 ? [] : staticFiles(host, pair, allowed.value);
  return files.length === 0
    ? []
    : [{ case: "static-files", pair, param, allowed, what: files, commas: false, at: headPlace(location) }];
}

/**
 * Of each alternative that the location names all spellings. Where the pool runs one of them
 * (`\.php[345]?$`), nobody has files for the others.
 */
function refusedOf(host: Host, { binding }: Pair, allowed: readonly string[]): readonly string[] {
  const { location, server } = binding;
  const insensitive = matchingOf(location).modifier === "~*";
  const endings = insensitive ? allowed.map((one) => one.toLowerCase()) : allowed;
  const there = filesAt(host, writtenRoot(location));
  const above = location.parent?.name === "location" ? matchingOf(location.parent) : null;
  // A location in another one gets what is below the outer one's path.
  const below = above === null || /^[~@]/.test(above.modifier) ? "/" : above.text;
  const passed = ({ extension, uri }: NamedExtension) =>
    surelyPassed(location, server, uri, false) ||
    surelyPassed(location, server, `${below.replace(/\/$/, "")}${uri}`, false) ||
    there
      .filter((name) => (insensitive ? name.toLowerCase() : name).endsWith(extension))
      .some((name) => surelyPassed(location, server, `/${name}`, true));
  return namedExtensions(location)
    .filter((spellings) => spellings.every(({ extension }) => !mayRun(endings, extension)))
    .flatMap((spellings) => spellings.filter(passed).map(({ extension }) => extension));
}

const STATIC = /^[^.].*\.(?:css|js|png|jpe?g|gif|svg|ico|html?|txt|woff2?|webp)$/;

/** A file at the top of the root that is no script; none where the root is not in the tree. */
function staticFiles(host: Host, { binding }: Pair, allowed: readonly string[]): readonly string[] {
  return filesAt(host, writtenRoot(binding.location))
    .filter((name) => STATIC.test(name) && !allowed.some((ending) => name.endsWith(ending)))
    .filter((name) => surelyPassed(binding.location, binding.server, `/${name}`, true))
    .slice(0, 1);
}

function report(host: Host, group: readonly [Denied, ...Denied[]]): Draft<Case> {
  const [one] = group;
  const { pair, allowed, what, at } = one;
  const { binding, pool } = pair;
  const list = allowed.value.join(" ");
  const origin = allowed.kind === "default" ? " (the default)" : "";
  const where = allowed.kind === "default" ? allowed.where : allowed.place;
  const runs = `PHP-FPM runs only ${list} here${origin}`;
  const separator = one.commas && allowed.kind === "set";
  const passed = { place: at, message: `nginx passes ${files(what)}` };
  return {
    case: one.case,
    ...certainty(pair),
    message: separator
      ? `security.limit_extensions of pool [${pool.name}] is "${list}", which is parted at blanks only, so that ${files(what)} ${what.some(isExtension) ? "are" : "is"} denied`
      : `nginx passes ${files(what)} to pool [${pool.name}], whose security.limit_extensions is ${list}${origin}`,
    at: separator ? allowed.place : at,
    label: separator ? "commas do not part the list" : passed.message,
    link: linkOf(pair),
    related: [
      ...(separator ? [passed] : where === null ? [] : [{ place: where, message: runs }]),
      ...others(group),
    ],
    effect: effect(one),
    help: help(host, one),
    names: namesOf(binding, pool),
  };
}

/** Only what the pool does not run is refused, and a site may well have no such file. */
function effect({ case: name, what }: Denied): string {
  if (name === "separator") return "every request to this location ends as 403 Access denied";
  if (name === "static-files")
    return `${what[0]} and every other file that is no script end as 403 Access denied`;
  const extensions = what.filter(isExtension);
  return extensions.length === 0
    ? "every request to this location ends as 403 Access denied"
    : `a request for a ${extensions.join(" or ")} file ends as 403 Access denied`;
}

function others(group: readonly Denied[]): readonly RelatedReport[] {
  const [own] = group;
  const rest = group.filter(
    ({ at }, index) =>
      own !== undefined &&
      !samePlace(at, own.at) &&
      group.findIndex((one) => samePlace(one.at, at)) === index,
  );
  return rest.map(({ at, pair }) => ({ place: at, message: `${pair.binding.label} passes it, too` }));
}

function isExtension(name: string): boolean {
  return name.startsWith(".");
}

function files(what: readonly string[]): string {
  return what.some(isExtension) ? `${all(what)} files` : all(what);
}

function all(what: readonly string[]): string {
  const last = what[what.length - 1] ?? "";
  return what.length < 2 ? last : `${what.slice(0, -1).join(", ")} and ${last}`;
}

function help(host: Host, { case: name, allowed, what, commas, pair, at }: Denied): HelpDraft {
  const clean = allowed.value.flatMap((one) => one.split(",")).filter((one) => one !== "");
  const list = (extensions: readonly string[]) =>
    write(host, allowed, `security.limit_extensions = ${extensions.join(" ")}`);
  if (commas) return helpOf([[list(clean)]]);
  if (name === "static-files") {
    // The location with its pass becomes that of the scripts, and a new one takes its place.
    // As a regular expression, or with `^~`, that one would take the scripts, too, and show their source.
    const { modifier, text } = matchingOf(pair.binding.location);
    const files = replace(
      host,
      at,
      `location ${modifier.startsWith("~") ? "/" : text} {`,
      "    try_files $uri $uri/ /index.php$is_args$args;",
      "}",
      "location ~ \\.php$ {",
    );
    return helpOf([[files]]);
  }
  const extensions = what.map((one) => /\.[^.]+$/.exec(one)?.[0] ?? one);
  return helpOf([[list([...clean, ...extensions])]], `or pass only ${all(clean)} in nginx`);
}
