import { groupBy, linkOf, namesOf, type Pair, pairs } from "../../src/engine/evidence.js";
import { certainty, poolKey, sourceOf } from "../../src/engine/grouping.js";
import {
  noOptions,
  type RelatedReport,
  type Report,
  type Rule,
  type Symptom,
} from "../../src/engine/rule.js";
import { limitExtensions, mayRun } from "../../src/fpm/extensions.js";
import type { Host } from "../../src/model/host.js";
import { effectiveParams, type Param, scriptPath } from "../../src/model/params.js";
import { effectiveNode } from "../../src/nginx/effective.js";
import { namedExtensions } from "../../src/nginx/extensions.js";
import { argument, argumentPlace, headPlace } from "../../src/nginx/nodes.js";
import { changesUri, passesWholeSite, takenElsewhere } from "../../src/nginx/passed.js";
import type { Node } from "../../src/nginx/types.js";
import type { DefaultValue, SetValue } from "../../src/source/effective.js";
import { type Place, samePlace } from "../../src/source/file.js";

interface Denied {
  readonly case: "extension" | "static-files" | "separator";
  readonly pair: Pair;
  readonly param: Param;
  readonly allowed: SetValue<readonly string[]> | DefaultValue<readonly string[]>;
  /** What is passed and denied: extensions, or one script's name. */
  readonly what: readonly string[];
  /** The nginx words that pass it. */
  readonly at: Place;
}

const symptom: Symptom = {
  when: "always",
  status: 403,
  log: "has been denied (see security.limit_extensions)",
};

export const extensionDenied: Rule = {
  id: "fastcgi/extension-denied",
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
      severity: "warning",
      symptom,
      summary: "security.limit_extensions is parted by commas, so that no script has such an extension",
    },
  },
  docs: {
    title: "PHP-FPM refuses files that nginx passes to it",
    what: "Fires when a location names an extension (`\\.(php|phtml)$`, `= /page.phtml`, a written-out script) that `security.limit_extensions` of the pool does not have, when that list is parted by commas, and when `location /` passes a whole site whose root holds static files. Silent about regular expressions that name no plain list of extensions, about a fixed script that is allowed, about locations that rewrite the URI or send it to one script by `try_files`, where another location of the server takes the extension or static files, and without a known pool.",
    why: "PHP-FPM compares the end of the script's path with `security.limit_extensions` (`.php .phar` unless set) and answers 403 `Access denied.` to everything else that exists. It parts the list at blanks only.",
    instead:
      "Name the same extensions on both sides: the location's pattern in nginx, `security.limit_extensions` in the pool, parted by blanks. Pass only scripts to PHP-FPM.",
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#security-limit-extensions",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
    ],
  },
  options: noOptions,
  proof: {
    kind: "daemons",
    requests: [{}, { path: "/page.phtml" }, { path: "/style.css" }],
  },
  *check(host) {
    const found = [...pairs(host)].flatMap((pair) => denied(host, pair));
    const cause = (one: Denied) =>
      [one.case, poolKey(one.pair), sourceOf(one.allowed), ...one.what].join(" ");
    for (const group of groupBy(found, cause)) yield report(group);
  },
};

function denied(host: Host, pair: Pair): readonly Denied[] {
  const { binding, pool } = pair;
  const { block, location } = binding;
  const allowed = limitExtensions(pool);
  const param = effectiveParams(block)?.params.get("SCRIPT_FILENAME");
  // An `if` or limit_except in the location may let only some of its requests through.
  if (allowed.kind === "unknown" || param === undefined || block !== location) return [];
  const found = (what: readonly string[], at: Place): readonly Denied[] => {
    const name = allowed.value.some((one) => one.includes(",")) ? "separator" : "extension";
    return what.length === 0 ? [] : [{ case: name, pair, param, allowed, what, at }];
  };
  const path = scriptPath(param.value);
  if (path.kind === "one-script") {
    const extension = /\.[^.]+$/.exec(path.name)?.[0] ?? "";
    return found(mayRun(allowed.value, extension) ? [] : [path.name], param.place);
  }
  if (path.kind === "unknown" || changesUri(location)) return [];
  const named = namedExtensions(location);
  if (named !== null) {
    const refused = named.filter(
      (one) => !mayRun(allowed.value, one) && !takenElsewhere(binding.server, one),
    );
    return found(refused, argumentPlace(location, location.directive.args.length - 1));
  }
  const files =
    allowed.value.length > 0 && passesWholeSite(location, binding.server)
      ? staticFiles(host, location, allowed.value)
      : [];
  return files.length === 0
    ? []
    : [{ case: "static-files", pair, param, allowed, what: files, at: headPlace(location) }];
}

/** Names at the top of the root that are no scripts; none where the root is not in the tree. */
function staticFiles(host: Host, location: Node, allowed: readonly string[]): readonly string[] {
  const root = effectiveNode(location, "root");
  const path = root.kind === "set" ? (argument(root.node, 0) ?? "") : "";
  const directory = path.startsWith("/") && !path.includes("$") ? host.fs.entry(path) : null;
  if (directory?.kind !== "directory" || effectiveNode(location, "alias").kind !== "default") return [];
  const names = directory.names.filter((name) =>
    /^[^.].*\.(?:css|js|png|jpe?g|gif|svg|ico|html?|txt|woff2?|webp)$/.test(name),
  );
  return names.filter((name) => !allowed.some((ending) => name.endsWith(ending))).slice(0, 1);
}

function report(group: readonly [Denied, ...Denied[]]): Report {
  const [one] = group;
  const { pair, allowed, what, at } = one;
  const { binding, pool } = pair;
  const list = allowed.value.join(" ");
  const origin = allowed.kind === "default" ? " (the default)" : "";
  const where = allowed.kind === "default" ? allowed.where : allowed.place;
  const runs = `PHP-FPM runs only ${list} here${origin}`;
  const separator = one.case === "separator" && allowed.kind === "set";
  const passed = { place: at, message: `nginx passes ${what.join(" ")}` };
  return {
    case: one.case,
    ...certainty(pair),
    message: separator
      ? `security.limit_extensions of pool [${pool.name}] is "${list}", which is parted at blanks only, so that ${what.join(" ")} is denied`
      : `nginx passes ${what.join(" ")} to pool [${pool.name}], whose security.limit_extensions is ${list}${origin}`,
    at: separator ? allowed.place : at,
    label: separator ? "commas do not part the list" : passed.message,
    link: linkOf(pair),
    related: [
      ...(separator ? [passed] : where === null ? [] : [{ place: where, message: runs }]),
      ...others(group),
    ],
    effect: "every request for such a file ends as 403 Access denied",
    help: help(one),
    names: namesOf(binding, pool),
  };
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

function help({ case: name, allowed, what, pair }: Denied): string {
  const pool = `in pool [${pair.pool.name}]:\nsecurity.limit_extensions = `;
  const clean = allowed.value.flatMap((one) => one.split(",")).filter((one) => one !== "");
  if (name === "separator") return `${pool}${clean.join(" ")}`;
  if (name === "static-files") {
    return "in nginx, pass scripts only:\nlocation / { try_files $uri $uri/ /index.php$is_args$args; }\nand move the fastcgi_pass with its parameters to:\nlocation ~ \\.php$ { … }";
  }
  const extensions = what.map((one) => /\.[^.]+$/.exec(one)?.[0] ?? one);
  return `${pool}${[...clean, ...extensions].join(" ")}\nor name only ${clean.join(" ")} in nginx`;
}
