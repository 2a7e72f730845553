import { type Draft, defineRule } from "../../../src/engine/define.js";
import { seenByClients } from "../../../src/evidence/asked.js";
import { namesOf, phpBindings } from "../../../src/evidence/pairs.js";
import { looksLikePhp } from "../../../src/evidence/what-for.js";
import { addAfter, addBefore, helpOf, replace } from "../../../src/help/edit.js";
import { SCRIPT, scriptLine } from "../../../src/help/script-filename.js";
import type { Binding, Host } from "../../../src/model/host.js";
import {
  broughtBy,
  effectiveParams,
  hiddenSource,
  missingForPhp,
  type ParamSet,
  restsOnStock,
  surelyPhp,
} from "../../../src/model/request/fastcgi-params.js";
import { scriptPath } from "../../../src/model/request/script-path.js";
import { argumentPlace, headPlace } from "../../../src/nginx/tree/nodes.js";
import { groupBy } from "../../../src/source/collect.js";
import { markdown } from "../../../src/source/markdown.js";
import { nearest } from "../../../src/source/spelling.js";
import { lostScripts, NOT_FOUND, type Sending } from "./lost-scripts.js";

type Case =
  | "no-parameters"
  | "no-method"
  | "no-script"
  | "missing"
  | "denied"
  | "no-root"
  | "other-directory";

export const scriptFilename = defineRule({
  id: "fastcgi/script-filename",
  about: "host",
  alike: true,
  cases: {
    "no-parameters": {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      seen: ["blank page"],
      summary: "no fastcgi_param at any level: a blank page",
    },
    "no-method": {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      seen: ["blank page"],
      summary: "REQUEST_METHOD is not among the parameters: a blank page",
    },
    "no-script": {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "SCRIPT_FILENAME is not among the parameters",
    },
    missing: {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "SCRIPT_FILENAME is a path with no file at it",
    },
    denied: {
      severity: "error",
      symptom: {
        when: "always",
        status: 403,
        log: "has been denied (see security.limit_extensions)",
      },
      summary: "SCRIPT_FILENAME is empty or a directory",
    },
    "no-root": {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "the root is in another location, so SCRIPT_FILENAME begins with nginx's built-in one",
    },
    "other-directory": {
      severity: "warning",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "SCRIPT_FILENAME is in a directory other than the location's root",
    },
  },
  docs: {
    title: "PHP-FPM is not told which script to run",
    fires: [
      markdown`
        the parameters in effect in a PHP location have no \`SCRIPT_FILENAME\` or no \`REQUEST_METHOD\`,
        and no level further out has them (if one has, \`fastcgi/params-shadowed\` reports it)
      `,
      markdown`
        a location sends no parameter at all to an address that looks like PHP-FPM's, as by its port 9000 or
        an \`index\` that is a script, though no pool of the tree listens there (a warning)
      `,
      markdown`
        \`SCRIPT_FILENAME\` is empty, the root directory without a file, the path of the URI without a
        directory (\`$fastcgi_script_name\`), or below a relative directory
        (\`html$fastcgi_script_name\`)
      `,
      "the only `root` of a server is inside `location /`, so the location for scripts has none",
      markdown`
        \`SCRIPT_FILENAME\` is in a written-out directory other than the \`root\`, and that is the sample
        \`/scripts$fastcgi_script_name\` or the tree shows that it is wrong: a script that the location
        takes is in the root, and the directory has none or, on a whole host, does not exist (a warning)
      `,
    ],
    silent: [
      markdown`
        a written-out directory other than the \`root\` may be meant, as that of one tool next to the site
        often is
      `,
      markdown`
        the fault is in the path, and PHP-FPM may see other paths than nginx: another machine or
        container, a chroot, an unknown pool
      `,
      "the path is below an `alias` with a pattern, or it is relative and the pool has a `chdir`",
      "the location is for the status page",
      markdown`
        \`SCRIPT_FILENAME\` is missing, and three or more locations all take it from a
        \`fastcgi_params\` that the repository does not hold: it has one of its own
      `,
    ],
    why: markdown`
      PHP-FPM takes the script's path from \`SCRIPT_FILENAME\` alone. Without it, or when there is no such
      file, it answers 404 \`File not found.\` and nginx logs \`Primary script unknown\`. Without
      \`REQUEST_METHOD\` it answers with an empty page and status 200, and nothing is logged anywhere.
    `,
    instead: markdown`
      Include the whole set and derive the path from the root: \`include fastcgi_params;\` and
      \`${SCRIPT}\`, or \`include fastcgi.conf;\`, which has both.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_param",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#root",
    ],
    twins: { bad: "bad-fastcgi-params-alone", ok: "ok-params-and-script" },
  },
  reads: ["pool", "directory"],
  asksDisk: true,
  proof: { kind: "daemons", observe: { "no-parameters": "blank-page", "no-method": "blank-page" } },
  *check(host) {
    // Without any parameter no program knows what is asked, PHP or not.
    yield* host.bindings
      .filter((one) => one.serves === "php" || looksLikePhp(one))
      .filter((one) => effectiveParams(one.block) === null)
      .map((one) => noParameters(host, one));
    const sets = phpBindings(host)
      .filter(surelyPhp)
      .flatMap((binding) => {
        const set = effectiveParams(binding.block);
        return set === null || set === undefined ? [] : [{ binding, set }];
      });
    const incompletes = sets.filter(({ set }) => {
      const missing = missingForPhp(set);
      return missing.length > 0 && hiddenSource(set, missing) === null;
    });
    const lacking = incompletes.filter((one) => !hasOwnParams(host, one, sets, incompletes));
    // A set of the server that lacks something is one fault, however many locations use it.
    const levelOf = ({ set: { level, nodes } }: Sending) => {
      const { file, start } = headPlace(nodes[0] ?? level).span;
      return [
        file.path,
        start,
        ...level.via.map((span) => `${span.file.path}:${span.start}`),
        level.directive.start,
      ].join(" ");
    };
    for (const group of groupBy(lacking, levelOf)) yield incomplete(host, group);
    yield* lostScripts(host, sets);
  },
});

/** Nobody keeps this many locations when none of them works. */
const KEPT = 3;

/**
 * Whether the tree is made for a `fastcgi_params` of its own that it does not contain: several
 * locations include that file, and none of them adds SCRIPT_FILENAME to it.
 */
function hasOwnParams(
  host: Host,
  { set }: Sending,
  sets: readonly Sending[],
  incompletes: readonly Sending[],
): boolean {
  if (host.whole || !restsOnStock(host, set)) return false;
  const alike = sets.filter((one) => restsOnStock(host, one.set));
  return alike.length >= KEPT && alike.every((one) => incompletes.includes(one));
}

const BLANK = "every request to this location ends as a blank page with status 200, and nothing is logged";

function noParameters(host: Host, binding: Binding): Draft<Case> {
  return {
    case: "no-parameters",
    settle: surelyPhp(binding)
      ? null
      : "Whether it is PHP-FPM that listens there would settle it: no pool of the tree does.",
    message:
      "this fastcgi_pass sends no fastcgi_param, so PHP-FPM gets neither REQUEST_METHOD nor SCRIPT_FILENAME",
    at: headPlace(binding.pass),
    label: "sends no parameters",
    effect: BLANK,
    help: helpOf([[addBefore(host, headPlace(binding.pass), "include fastcgi.conf;")]]),
    names: namesOf(binding),
  };
}

function incomplete(host: Host, group: readonly [Sending, ...Sending[]]): Draft<Case> {
  const [{ binding, set }] = group;
  const missing = missingForPhp(set);
  const blank = missing.includes("REQUEST_METHOD");
  const misspelled = missing.includes("SCRIPT_FILENAME") ? misspelledScript(set) : null;
  const begin = broughtBy(set, set.nodes[0] ?? set.level);
  const effect = blank ? BLANK : NOT_FOUND;
  const parts = blank ? ["include fastcgi_params;"] : [];
  const script = scriptLine(binding);
  return {
    ...certainty(host, set),
    case: blank ? "no-method" : "no-script",
    message: `this fastcgi_pass does not send ${missing.join(" or ")}: it sends ${sent(set)}`,
    at: headPlace(binding.pass),
    label: blank ? "PHP-FPM is not told the method" : "PHP-FPM is not told which script to run",
    related: [
      { place: begin, message: "the parameters in effect begin here" },
      ...(misspelled === null
        ? []
        : [{ place: misspelled.place, message: `${misspelled.name} is not a parameter that PHP-FPM uses` }]),
      ...group.slice(1).map((one) => ({
        place: headPlace(one.binding.pass),
        message: `${one.binding.label} also sends them`,
      })),
    ],
    ...seenByClients(
      group.length > 1 ? effect.replace("this location", "these locations") : effect,
      group.map((one) => one.binding),
    ),
    help: helpOf([
      misspelled === null
        ? [addAfter(host, begin, ...parts, ...(missing.includes("SCRIPT_FILENAME") ? [script] : []))]
        : [
            replace(host, headPlace(misspelled.node), `fastcgi_param SCRIPT_FILENAME ${misspelled.written};`),
            ...parts.map((line) => addAfter(host, begin, line)),
          ],
    ]),
    names: namesOf(binding),
  };
}

/** A parameter that has the path of a script and nearly the right name; `null`: none. */
function misspelledScript({ params }: ParamSet) {
  for (const { name, value, node } of params.values()) {
    const kind = scriptPath(value).kind;
    if (kind !== "follows-uri" && kind !== "literal-directory") continue;
    if (nearest("SCRIPT_FILENAME", [name]) === null) continue;
    const word = node.directive.args[1];
    const written = word === undefined ? value : node.file.text.slice(word.start, word.end);
    return { name, node, written, place: argumentPlace(node, 0) };
  }
  return null;
}

const OWN_FILE = markdown`
  The host's own copy of the included file, which was not read, would settle it: some packages set
  SCRIPT_FILENAME in theirs.
`;

function certainty(host: Host, set: ParamSet): Pick<Draft, "settle"> {
  return { settle: restsOnStock(host, set) ? OWN_FILE : null };
}

function sent({ params }: ParamSet): string {
  const [name] = params.keys();
  return params.size === 1 ? `only ${name}` : `${params.size} parameters, the first is ${name}`;
}
