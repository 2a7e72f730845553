import { type Draft, defineRule } from "../../src/engine/define.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { areAsSent, REFUSED, withLostScript } from "../../src/evidence/lost-script.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { passedForVisitors, scriptPaths } from "../../src/evidence/scripts.js";
import { isPage } from "../../src/evidence/what-for.js";
import { addAfter, addBefore, addInto, helpOf, inPlace } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { setOf } from "../../src/model/request/code.js";
import {
  type EmptyVariable,
  emptyVariables,
  endOfRewriting,
  isCovered,
} from "../../src/model/request/empty-variables.js";
import { effectiveParams, surelyPhp } from "../../src/model/request/fastcgi-params.js";
import { rootOf } from "../../src/model/request/root.js";
import { conditionOf } from "../../src/nginx/location/conditions.js";
import { literalScripts } from "../../src/nginx/location/extensions.js";
import { argument, childrenNamed, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "pass" | "path" | "script";

interface Empty extends EmptyVariable {
  readonly case: Case;
  readonly binding: Binding;
  /** The directive that uses it. */
  readonly use: Node;
  /** The value that it is part of. */
  readonly text: string;
}

export const emptyVariable = defineRule({
  id: "connect/empty-variable",
  about: "site",
  alike: true,
  cases: {
    pass: {
      severity: "warning",
      symptom: { when: "always", status: 500, log: "no host in upstream" },
      summary: "fastcgi_pass is a variable that is empty for some requests",
    },
    path: {
      severity: "warning",
      symptom: { when: "always", status: null, log: "upstream" },
      summary: "a variable in the address of fastcgi_pass is empty for some requests",
    },
    script: {
      severity: "warning",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "a variable in the path of the script is empty for some requests",
    },
  },
  docs: {
    title: "a variable without a value for some requests",
    fires: [
      markdown`
        a variable in \`fastcgi_pass\`, in \`SCRIPT_FILENAME\` or in the \`root\` that it begins with comes
        from a \`map\` or \`geo\` without \`default\`, or from \`split_clients\` without \`*\`
      `,
      "its only `set` is inside an `if`, or comes after a `rewrite … break` that ends the rewriting",
    ],
    silent: [
      "the rows have every name of the server, or every value that the source can have",
      markdown`
        what the \`map\` looks at is another variable of the files, or its rows are patterns, so that
        nothing may be missing
      `,
      markdown`
        the \`if\` takes the path of a script out of the URI (\`set $script $1;\`), and no usual script that gets
        to the location is without one: what does not fit has no script either
      `,
      "several `if` may be all there is, because one of them is negated",
      "a part of the block was not read, or a template decides about it",
    ],
    why: markdown`
      A \`map\` without \`default\` gives the empty value to whatever no row fits, and a \`set\` that is not
      run gives none. nginx then has \`fastcgi_pass\` without an address and answers 500. Part of a path
      that is empty leads to another socket, 502, or to a script that is not there, 404. \`nginx -t\` accepts
      all of it, and with the names that somebody tried it works.
    `,
    instead: markdown`
      Write a \`default\` row, or the \`set\` of the usual case before the \`if\`.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_map_module.html",
      "https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#set",
    ],
    twins: { bad: "bad-map", ok: "ok-default" },
  },
  proof: {
    kind: "daemons",
    requests: [{ host: "shop.example.com" }, { host: "other.example.com" }],
  },
  reads: ["pool", "directory"],
  asksDisk: true,
  find: empty,
  cause: ({ node, case: what }) => `${what} ${placeKey(headPlace(node))}`,
  report: (group, host) => report(group, host),
});

function* empty(binding: Binding, host: Host): Generator<Empty> {
  const { block, pass, serves } = binding;
  if (serves !== "php" && !surelyPhp(binding)) return;
  const address = argument(pass, 0) ?? "";
  const known = (text: string): readonly EmptyVariable[] =>
    text.includes("$") ? emptyVariables(block, text).filter((one) => !isCovered(one, block)) : [];
  if (pass.directive.args[0]?.placeholder !== true) {
    for (const one of known(address)) {
      const whole = address === `$${one.name}` || address === `\${${one.name}}`;
      yield { ...one, case: whole ? "pass" : "path", binding, use: pass, text: address };
    }
  }
  const script = effectiveParams(block)?.params.get("SCRIPT_FILENAME");
  if (script === undefined || isPage(binding)) return;
  for (const one of known(script.value).filter((each) => !isCutOut(host, binding, each)))
    yield { ...one, case: "script", binding, use: script.node, text: script.value };
  const { node: root, written } = rootOf(block);
  if (root === null || !/\$\{?(?:document_root|realpath_root)\b/.test(script.value)) return;
  for (const one of known(written)) yield { ...one, case: "script", binding, use: root, text: written };
}

/** Variables that hold the path of a request. */
const PATHS: ReadonlySet<string> = new Set([
  "uri",
  "document_uri",
  "fastcgi_script_name",
  "request_uri",
  "request_filename",
]);

/**
 * Whether an `if` takes the path of the script out of the URI, and what does not fit is no script: `location ~
 * /tool.+\.php` also takes `/toolbox.php`, and `if ($uri ~ /tool/(.+\.php))` leaves nothing of it.
 */
function isCutOut(host: Host, binding: Binding, { kind, node, name }: EmptyVariable): boolean {
  const { server, location, pass } = binding;
  if (kind !== "if" || server === null) return false;
  const condition = conditionOf(node);
  if (condition.kind !== "regex" || condition.negative || !PATHS.has(condition.name)) return false;
  const set = setIn(node, name);
  if (set === undefined || !hasCapture(set)) return false;
  // Of other paths that the pattern of the location takes nobody knows whether there is a script.
  const written = literalScripts(location);
  const usual = scriptPaths(binding).filter((path) => path.endsWith("/index.php") || written.includes(path));
  const found = usual.flatMap((path) => passedForVisitors(host, server, path));
  return !found.some(
    ({ outcome, way }) =>
      outcome.pass === pass && !way.steps.some((one) => one.kind === "set" && one.node === set),
  );
}

function setIn(node: Node, name: string): Node | undefined {
  return childrenNamed(node, "set").find((one) => setOf(one).name === name.toLowerCase());
}

/** Whether the value has a part of what the regular expression of the `if` found. */
function hasCapture(set: Node): boolean {
  return /\$\{?\d/.test(setOf(set).text);
}

const LABELS = {
  if: "not set for other requests",
  set: "nothing runs this line",
  map: "no row for the rest",
  geo: "no row for the rest",
  split_clients: "no row for the rest",
};

/** Where the variable is the end of the script's path, a directory may be left, which PHP-FPM refuses as it refuses other names than `.php`. */
function ofScript(first: Empty, bindings: readonly Binding[]): ReturnType<typeof withLostScript> {
  const before = first.use.name !== "fastcgi_param" ? null : beforeVariable(first.text, first.name);
  return before !== null && isRefused(before, first.binding)
    ? { ...seenByClients("such a request ends as 403 Access denied", bindings), instead: REFUSED }
    : withLostScript("such a request ends as 404 File not found", bindings);
}

function isRefused(before: string, binding: Binding): boolean {
  if (before === "" || areAsSent(binding)) return true;
  // That of an `alias` has its slash, behind which PHP-FPM finds nothing.
  return /^\$\{?(?:document_root|realpath_root)\}?$/.test(before) && rootOf(binding.block).alias === null;
}

/** What is left of a value that ends with a variable; `null`: it ends otherwise. */
function beforeVariable(used: string, name: string): string | null {
  const last = [`$${name}`, `\${${name}}`].find((one) => used.endsWith(one));
  return last === undefined ? null : used.slice(0, -last.length);
}

function report([first, ...others]: readonly [Empty, ...Empty[]], host: Host): Draft<Case> {
  const { binding, node, kind, name, use, case: what } = first;
  const bindings = [binding, ...others.map((one) => one.binding)];
  const why =
    kind === "set"
      ? `$${name} is set after ${headText(endOf(node))}, which ends the rewriting, so it is empty`
      : kind === "if"
        ? `$${name} is only set inside an if, so it is empty for all other requests`
        : `${headText(node)} has no ${kind === "split_clients" ? "row *" : "default"}, so $${name} is empty for what no row has`;
  return {
    case: what,
    message: `${why}, and ${headText(use)} needs it`,
    at: headPlace(node),
    label: LABELS[kind],
    related: [
      ...(kind === "set" ? [{ place: headPlace(endOf(node)), message: "ends the rewriting here" }] : []),
      { place: headPlace(use), message: `used for ${binding.label}` },
      ...others.map((one) => ({ place: headPlace(one.use), message: `used for ${one.binding.label}` })),
    ],
    ...(what === "script"
      ? ofScript(first, bindings)
      : seenByClients(
          what === "pass"
            ? 'such a request ends as 500 Internal Server Error: no host in upstream ""'
            : "such a request goes to an address that nobody listens on",
          bindings,
        )),
    help: helpOf([[helpEdit(first, host)]]),
    names: [...namesOf(binding), name],
  };
}

/** What ends the rewriting before a `set`. */
function endOf(set: Node): Node {
  return (set.parent === null ? null : endOfRewriting(set.parent)) ?? set;
}

function writtenValue({ file, directive }: Node): string {
  const value = directive.args[1];
  return value === undefined ? "" : file.text.slice(value.start, value.end);
}

/** The script of a start page, where the variable is the end of a script's path; `null`: it is something else. */
function startPage(what: Case, used: string, name: string): string | null {
  const before = beforeVariable(used, name);
  if (what !== "script" || before === null) return null;
  return before.endsWith("/") ? "index.php" : "/index.php";
}

/** A line for the rest, with the value of the row that is written first. */
function helpEdit({ node, kind, name, case: what, text: used }: Empty, host: Host) {
  if (kind === "set") return addBefore(host, headPlace(endOf(node)), `set $${name} ${writtenValue(node)};`);
  if (kind === "if") {
    const set = setIn(node, name);
    // Above the if there is nothing that its regular expression found.
    const value =
      set === undefined ? null : hasCapture(set) ? startPage(what, used, name) : writtenValue(set);
    return value === null
      ? inPlace(`the line above ${headText(node)}`, `set $${name} VALUE;`)
      : addBefore(host, headPlace(node), `set $${name} ${value};`);
  }
  const [row] = node.children;
  const value = row?.directive.args[0];
  const text = row === undefined || value === undefined ? null : row.file.text.slice(value.start, value.end);
  if (text === null) return inPlace(headText(node), "default VALUE;");
  const last = node.children.at(-1);
  // The part for the rest has to be the last one.
  if (kind === "split_clients" && last !== undefined) return addAfter(host, headPlace(last), `* ${text};`);
  return addInto(host, headPlace(node), `default ${text};`);
}
