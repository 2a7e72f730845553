import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { RelatedReport, Symptom } from "../../src/engine/rule.js";
import { certainty, poolKey, sourceOf } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairsOf } from "../../src/evidence/pairs.js";
import { scriptOf } from "../../src/evidence/scripts.js";
import { limitExtensions, mayRun } from "../../src/fpm/extensions.js";
import { helpOf, replace, write } from "../../src/help/edit.js";
import { nameOf } from "../../src/host/path.js";
import type { Binding, Host } from "../../src/model/host.js";
import { effectiveParams, type Param } from "../../src/model/request/fastcgi-params.js";
import { filesAt } from "../../src/model/request/paths.js";
import { writtenRoot } from "../../src/model/request/root.js";
import { scriptPath } from "../../src/model/request/script-path.js";
import { matchingOf, type NamedExtension, namedExtensions } from "../../src/nginx/location/extensions.js";
import { surelyPassed } from "../../src/nginx/location/passed.js";
import { argumentPlace, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { unique } from "../../src/source/collect.js";
import type { DefaultValue, SetValue } from "../../src/source/effective.js";
import { oncePerPlace, type Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "script" | "extension" | "static-files" | "separator";

interface Denied {
  readonly case: Case;
  readonly pair: Pair;
  readonly param: Param;
  readonly allowed: SetValue<readonly string[]> | DefaultValue<readonly string[]>;
  /** What is passed and denied: extensions, or one script's name. */
  readonly what: readonly string[];
  /** The list has them once it is split at its commas. */
  readonly commas: boolean;
  /** The words in the nginx configuration that pass it. */
  readonly at: Place;
}

const symptom: Symptom = {
  when: "always",
  status: 403,
  log: "has been denied (see security.limit_extensions)",
};

export const extensionDenied = defineRule({
  id: "fastcgi/extension-denied",
  about: "site",
  alike: true,
  cases: {
    script: {
      severity: "error",
      symptom,
      summary: "the pool refuses the script that a location runs, or everything that ends in .php",
    },
    extension: {
      severity: "warning",
      symptom,
      summary: "a location passes scripts with an extension that the pool does not run",
    },
    "static-files": {
      severity: "warning",
      symptom,
      summary: "a location passes the whole site, including static files, but the pool runs only scripts",
    },
    separator: {
      severity: "error",
      symptom,
      summary: "security.limit_extensions is separated by commas, so every script is denied",
    },
  },
  docs: {
    title: "PHP-FPM refuses files that nginx passes to it",
    fires: [
      markdown`
        a location names an extension (\`\.(php|phtml)$\`, \`\.ph(p|tml)$\`, \`= /page.phtml\`, a script
        that is written out) that is not in the pool's \`security.limit_extensions\`
      `,
      markdown`
        that list is separated by commas (an error when the pool then runs nothing that the location
        names)
      `,
      "a location without an extension (`/`, `~ ^/`) passes static files that are in the root",
    ],
    silent: [
      "the extension is only another spelling of one that the pool runs (`\\.php[345]?$`)",
      "the location passes one fixed script, which is allowed",
      markdown`
        the request may go elsewhere or become another one: another location takes it; a \`rewrite\`,
        \`return\` or \`if\` on the server or in the location may concern it; \`try_files\` leads to a
        script (unless such a file is in the root); an \`error_page 403 =\` answers instead
      `,
      markdown`
        a regular expression that decides about it is not understood (back-references, lookbehind,
        possessive repeats)
      `,
      "the pool is unknown",
    ],
    what: markdown`
      Only files with that extension are refused: on a site that has none, the finding points at words
      that have no use.
    `,
    why: markdown`
      PHP-FPM compares the end of the script's path with \`security.limit_extensions\` (\`.php .phar\` by
      default) and answers 403 \`Access denied.\` for every other file that exists. It splits the list at
      spaces only.
    `,
    instead: markdown`
      Name the same extensions on both sides: the location's pattern in nginx, and
      \`security.limit_extensions\` in the pool, separated by spaces. Pass only scripts to PHP-FPM.
    `,
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#security-limit-extensions",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
    ],
  },
  proof: {
    kind: "daemons",
    requests: [{}, { path: "/page.phtml" }, { path: "/style.css" }],
  },
  asksDisk: true,
  find: (binding: Binding, host) => [...pairsOf(binding)].flatMap((pair) => denied(host, pair)),
  cause: (one) => [one.case, poolKey(one.pair), sourceOf(one.allowed), ...one.what].join(" "),
  report: (group, host) => report(host, group),
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
    const whole = !others && what.some((one) => !isExtension(one) || one === ".php");
    const name = commas && !others ? "separator" : whole ? "script" : "extension";
    return [{ case: name, pair, param, allowed, what, commas, at }];
  };
  const path = scriptPath(param.value);
  if (path.kind === "one-script") {
    const extension = /\.[^.]+$/.exec(path.name)?.[0] ?? "";
    return found(mayRun(allowed.value, extension) ? [] : [path.name], false, param.place);
  }
  const follows = path.kind === "follows-uri" || path.kind === "literal-directory";
  if (!follows && !endsLikeUri(location, param.value))
    return found(refusedScript(host, pair), false, param.place);
  const named = namedExtensions(location);
  if (named.length > 0) {
    const refused = refusedOf(host, pair, allowed.value);
    const at = argumentPlace(location, location.directive.args.length - 1);
    if (refused.length > 0) return found(refused, refused.length < named.flat().length, at);
    // Where only nginx itself sends requests here, as behind `internal`, it is the script of those.
    return notRun(location, allowed.value).length === 0 ? [] : found(refusedScript(host, pair), false, at);
  }
  const script = refusedScript(host, pair);
  if (script.length > 0) return found(script, false, headPlace(location));
  const files = allowed.value.length === 0 ? [] : staticFiles(host, pair, allowed.value);
  return files.length === 0
    ? []
    : [{ case: "static-files", pair, param, allowed, what: files, commas: false, at: headPlace(location) }];
}

/** The script of a URL that surely gets here, where the pool refuses it by its ending; none: it is not known. */
function refusedScript(host: Host, { binding, pool }: Pair): readonly string[] {
  const answers = scriptOf(host, binding)?.answers.filter((one) => one.pool === pool) ?? [];
  const names = answers.flatMap(({ answer }) =>
    answer.kind === "refused" && answer.reason === "extension" ? [nameOf(answer.path)] : [],
  );
  return names.length === answers.length ? unique(names).filter((name) => name.includes(".")) : [];
}

/** Whether a path ends in the group with which the location's pattern ends: `$document_root/$dir/$script`. */
function endsLikeUri(location: Node, path: string): boolean {
  const { modifier, text } = matchingOf(location);
  const name = /\$\{?([a-z]\w*)\}?$/i.exec(path)?.[1];
  const last = /\(\?P?<(\w+)>[^()]*\)\$?$/.exec(text)?.[1];
  return modifier.startsWith("~") && name !== undefined && name === last;
}

/** The extensions that the location names, where the pool runs no spelling of them. */
function notRun(location: Node, allowed: readonly string[]): readonly (readonly NamedExtension[])[] {
  const endings = isInsensitive(location) ? allowed.map((one) => one.toLowerCase()) : allowed;
  return namedExtensions(location).filter((spellings) =>
    spellings.every(({ extension }) => !mayRun(endings, extension)),
  );
}

function isInsensitive(location: Node): boolean {
  return matchingOf(location).modifier === "~*";
}

/**
 * The extensions that the location names and the pool does not run, all spellings of each. Where the
 * pool runs one spelling (`\.php[345]?$`), nobody has files with the others.
 */
function refusedOf(host: Host, { binding }: Pair, allowed: readonly string[]): readonly string[] {
  const { location, server } = binding;
  const insensitive = isInsensitive(location);
  const there = filesAt(host, writtenRoot(location));
  const above = location.parent?.name === "location" ? matchingOf(location.parent) : null;
  // A nested location gets what is below the outer one's path.
  const below = above === null || /^[~@]/.test(above.modifier) ? "/" : above.text;
  const passed = ({ extension, uri }: NamedExtension) =>
    surelyPassed(location, server, uri, false) ||
    surelyPassed(location, server, `${below.replace(/\/$/, "")}${uri}`, false) ||
    there
      .filter((name) => (insensitive ? name.toLowerCase() : name).endsWith(extension))
      .some((name) => surelyPassed(location, server, `/${name}`, true));
  return notRun(location, allowed).flatMap((spellings) =>
    spellings.filter(passed).map(({ extension }) => extension),
  );
}

const STATIC = /^[^.].*\.(?:css|js|png|jpe?g|gif|svg|ico|html?|txt|woff2?|webp)$/;

/** A file at the top of the root that is not a script; none where the root is not in the tree. */
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
  const lost = `${files(what)} ${what.some(isExtension) ? "are" : "is"} denied`;
  const passed = { place: at, message: `nginx passes ${files(what)}` };
  return {
    case: one.case,
    ...certainty(pair),
    message: separator
      ? `security.limit_extensions of pool [${pool.name}] is "${list}", which is split at spaces only, so ${lost}`
      : `nginx passes ${files(what)} to pool [${pool.name}], whose security.limit_extensions is ${list}${origin}`,
    at: separator ? allowed.place : at,
    label: separator ? "commas do not separate extensions" : passed.message,
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

/**
 * Says no more than is sure: only what the pool does not run is refused, and a site may have no such file.
 */
function effect({ case: name, what }: Denied): string {
  if (name === "separator") return "every request to this location ends as 403 Access denied";
  if (name === "static-files")
    return `requests for ${what[0]} and all other files that are not scripts end as 403 Access denied`;
  const extensions = what.filter(isExtension);
  return extensions.length === 0
    ? "every request to this location ends as 403 Access denied"
    : `a request for a ${extensions.join(" or ")} file ends as 403 Access denied`;
}

function others(group: readonly Denied[]): readonly RelatedReport[] {
  const [, ...rest] = oncePerPlace(group, ({ at }) => at);
  return rest.map(({ at, pair, what }) => ({
    place: at,
    message: `${pair.binding.label} also passes ${files(what)}`,
  }));
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
    // The location with its pass becomes the one for scripts, and a new one takes its place. That one is a
    // plain prefix: a regular expression or `^~` would also take the scripts, and show their source.
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
