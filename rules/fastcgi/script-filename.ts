import { groupBy, namesOf, phpBindings } from "../../src/engine/evidence.js";
import { noOptions, type Report, type Rule } from "../../src/engine/rule.js";
import type { Binding, Host } from "../../src/model/host.js";
import {
  broughtBy,
  effectiveParams,
  hiddenSource,
  missingForPhp,
  type ParamSet,
  restsOnStock,
  scriptPath,
  surelyPhp,
} from "../../src/model/params.js";
import { isInside, seesSamePaths } from "../../src/model/paths.js";
import { effectiveNode } from "../../src/nginx/effective.js";
import { argument, argumentPlace, headPlace } from "../../src/nginx/nodes.js";

const SCRIPT = "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;";

export const scriptFilename: Rule = {
  id: "fastcgi/script-filename",
  cases: {
    "no-parameters": {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      summary: "no fastcgi_param at any level: a blank page",
    },
    "no-method": {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      summary: "no REQUEST_METHOD among the parameters: a blank page",
    },
    "no-script": {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "no SCRIPT_FILENAME among the parameters",
    },
    "other-directory": {
      severity: "warning",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "SCRIPT_FILENAME in a directory that is not the location's root",
    },
  },
  docs: {
    title: "PHP-FPM is not told which script to run",
    what: "Fires when the parameters that count in a PHP location have no `SCRIPT_FILENAME`, or no `REQUEST_METHOD`, and no level further out has them (then `fastcgi/params-shadowed` speaks); and when `SCRIPT_FILENAME` is a written-out directory other than the location's `root`. Silent about the directory when PHP-FPM may see other paths than nginx: another machine or container, a chroot, a pool that is not known; below an `alias`; when the directory lies below the root; where no `root` is set.",
    why: "PHP-FPM takes the script's path from `SCRIPT_FILENAME` alone. Without it, or when there is no such file, it answers 404 `File not found.` and nginx logs `Primary script unknown`. Without `REQUEST_METHOD` it answers an empty page with status 200, and nothing is logged anywhere.",
    instead: `Include the whole set and derive the path from the root: \`include fastcgi_params;\` and \`${SCRIPT}\`, or \`include fastcgi.conf;\`, which has both.`,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_param",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#root",
    ],
  },
  options: noOptions,
  proof: { kind: "daemons", observe: { "no-parameters": "blank-page", "no-method": "blank-page" } },
  *check(host) {
    const bindings = phpBindings(host).filter(surelyPhp);
    yield* bindings.filter((one) => effectiveParams(one.block) === null).map(noParameters);
    const sets = bindings.flatMap((binding) => {
      const set = effectiveParams(binding.block);
      return set === null || set === undefined ? [] : [{ binding, set }];
    });
    const lacking = sets.filter(({ set }) => {
      const missing = missingForPhp(set);
      return missing.length > 0 && hiddenSource(set, missing) === null;
    });
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
    for (const { binding, set } of sets) yield* otherDirectory(host, binding, set);
  },
};

interface Sending {
  readonly binding: Binding;
  readonly set: ParamSet;
}

const sure = { certain: true, settle: null, link: [] } as const;
const BLANK = "every request to this location ends as a blank page with status 200, and nothing is logged";
const NOT_FOUND = "every request to this location ends as 404 File not found";

function noParameters(binding: Binding): Report {
  return {
    ...sure,
    case: "no-parameters",
    message:
      "no fastcgi_param goes with this fastcgi_pass, so PHP-FPM learns neither REQUEST_METHOD nor SCRIPT_FILENAME",
    at: headPlace(binding.pass),
    label: "without any parameter",
    related: [],
    effect: BLANK,
    help: "beside it:\ninclude fastcgi.conf;",
    names: namesOf(binding),
  };
}

function incomplete(host: Host, group: readonly [Sending, ...Sending[]]): Report {
  const [{ binding, set }] = group;
  const missing = missingForPhp(set);
  const blank = missing.includes("REQUEST_METHOD");
  const alias = effectiveNode(binding.block, "alias").kind === "set";
  const script = alias ? "fastcgi_param SCRIPT_FILENAME $request_filename;" : SCRIPT;
  return {
    ...certainty(host, set),
    link: [],
    case: blank ? "no-method" : "no-script",
    message: `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not among what this fastcgi_pass sends: ${sent(set)}`,
    at: headPlace(binding.pass),
    label: blank ? "PHP-FPM is not told the method" : "PHP-FPM is not told which script to run",
    related: [
      { place: broughtBy(set, set.nodes[0] ?? set.level), message: "the parameters that count begin here" },
      ...group.slice(1).map((one) => ({
        place: headPlace(one.binding.pass),
        message: `${one.binding.label} sends them, too`,
      })),
    ],
    effect: blank ? BLANK : NOT_FOUND,
    help: [
      "beside the other parameters:",
      ...(blank ? ["include fastcgi_params;"] : []),
      ...(missing.includes("SCRIPT_FILENAME") ? [script] : []),
    ].join("\n"),
    names: namesOf(binding),
  };
}

function certainty(host: Host, set: ParamSet): Pick<Report, "certain" | "settle"> {
  const guess = restsOnStock(host, set);
  const settle =
    "The include names a file that was not among those read, and some packages set SCRIPT_FILENAME in theirs: the host's own file would settle it.";
  return { certain: !guess, settle: guess ? settle : null };
}

function sent({ params }: ParamSet): string {
  const [name] = params.keys();
  return params.size === 1 ? `only ${name}` : `${params.size} parameters, ${name} first`;
}

function* otherDirectory(host: Host, binding: Binding, set: ParamSet): Generator<Report> {
  const param = set.params.get("SCRIPT_FILENAME");
  const path = param === undefined ? null : scriptPath(param.value);
  if (param === undefined || path?.kind !== "literal-directory" || !seesSamePaths(binding)) return;
  const root = effectiveNode(binding.block, "root");
  const alias = effectiveNode(binding.block, "alias");
  // Without a root of its own the server cannot be meant to have its scripts there.
  if (root.kind !== "set" || alias.kind !== "default") return;
  const written = argument(root.node, 0) ?? "";
  if (written.includes("$") || isInside(host, path.directory, written)) return;
  yield {
    ...sure,
    case: "other-directory",
    message: `SCRIPT_FILENAME is in ${path.directory}, but root is ${written}`,
    at: param.place,
    label: `PHP-FPM looks for scripts in ${path.directory}`,
    related: [{ place: argumentPlace(root.node, 0), message: `nginx looks for files in ${written}` }],
    effect: `a script that is only in ${written} ends as 404 File not found`,
    help: SCRIPT,
    names: namesOf(binding),
  };
}
