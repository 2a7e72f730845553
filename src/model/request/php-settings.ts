import { phpValue } from "../../fpm/pools.js";
import type { Pool } from "../../fpm/types.js";
import { effectiveList } from "../../nginx/tree/effective.js";
import { argument, argumentPlace } from "../../nginx/tree/nodes.js";
import type { Directive, Node } from "../../nginx/types.js";
import { readIni } from "../../php/grammar.js";
import type { Effective } from "../../source/effective.js";
import { perKey } from "../../source/memo.js";
import type { Binding, Host } from "../host.js";
import type { SentParam } from "./resolve/types.js";
import { variablesIn } from "./variable-words.js";

/** The value of one PHP setting in the requests of one location. */
export type RequestValue = (binding: Binding, pool: Pool) => Effective<string | null>;

/**
 * `PHP_ADMIN_VALUE` and `PHP_VALUE` from nginx override everything that the pool says, and stay in the
 * worker: where one location of a pool passes the setting, its value is unknown in the others.
 */
export function requestValues(host: Host, name: string): RequestValue {
  const lists = host.bindings.map((binding) => passedValue(binding.block, name));
  const passed = new Map(host.bindings.map((binding, index) => [binding, lists[index] ?? null]));
  const passing = new Set(
    host.bindings
      .filter((binding) => passed.get(binding) !== null)
      .flatMap((binding) => binding.targets.flatMap((target) => target.pools)),
  );
  // An address that a template or a variable makes may be any pool's.
  const anywhere = host.bindings.some(
    ({ targets }, index) => targets.length === 0 && lists[index]?.kind === "set",
  );
  return (binding, pool) => {
    const own = passed.get(binding) ?? null;
    if (own !== null) return own;
    if (!anywhere && !passing.has(pool)) return phpValue(pool, name);
    return {
      kind: "unknown",
      reason: "another location leaves its value in the worker",
      place: pool.section,
    };
  };
}

/** The parameters that set something in PHP; the first wins. */
const PARAMETERS = ["PHP_ADMIN_VALUE", "PHP_VALUE"] as const;

/** The value that a location passes; `null`: it passes none. */
function passedValue(block: Node, name: string): Effective<string> | null {
  const list = effectiveList(block, "fastcgi_param");
  if (list.kind === "unknown") return list;
  if (list.kind === "default") return null;
  for (const param of PARAMETERS) {
    // nginx sends both of two with one name, and PHP-FPM takes the last.
    const node = list.nodes.filter((one) => argument(one, 0) === param).at(-1);
    const value = node === undefined ? null : valueIn(node, name);
    if (value !== null) return value;
  }
  return list.complete ? null : { kind: "unknown", reason: "not every fastcgi_param was read", place: null };
}

/**
 * The value that one request passes, its variables replaced; `null`: it passes none. For a location whose
 * `requestValues` are unknown because of a variable.
 */
export function sentValue(params: readonly SentParam[], name: string): Effective<string> | null {
  for (const key of PARAMETERS) {
    const param = params.findLast((one) => one.name === key);
    if (param === undefined || param.node === null) continue;
    const place = argumentPlace(param.node, 1);
    if (param.text === null) return { kind: "unknown", reason: param.reason, place };
    const value = entryIn(readIni(param.text).statements, name);
    if (value === undefined) continue;
    return value === null ? { kind: "unknown", reason: RUN_TIME, place } : { kind: "set", value, place };
  }
  return null;
}

/** Variables of nginx's own that hold a path or a name, and no line end. */
const ONE_LINE: ReadonlySet<string> = new Set([
  "document_root",
  "host",
  "hostname",
  "realpath_root",
  "server_name",
]);

const RUN_TIME = "the value is only known at run time";

type Statements = ReturnType<typeof readIni>["statements"];

/** The last value of a setting; `null`: it has a variable of PHP's. `undefined`: there is none. */
function entryIn(statements: Statements, name: string): string | null | undefined {
  const entry = statements
    .filter((one) => one.kind === "entry" && one.key.name === name && one.key.index === null)
    .at(-1);
  return entry?.kind === "entry" ? entry.value.text : undefined;
}

/** The value in a parameter that is a small php.ini: lines separated by `\n`. */
function valueIn(node: Node, name: string): Effective<string> | null {
  const text = argument(node, 1) ?? "";
  const place = argumentPlace(node, 1);
  const unknown = { kind: "unknown", reason: RUN_TIME, place } as const;
  const value = entryIn(statementsOf(node.directive), name);
  // A variable that may hold lines of its own may set anything.
  if (text.includes("$") && variablesIn(text).some((one) => !ONE_LINE.has(one))) return unknown;
  // So may what a template fills in where a line is expected.
  if (node.directive.args[1]?.placeholder === true && text.split("\n").some((line) => !line.includes("=")))
    return unknown;
  if (value === undefined) return null;
  return value === null || value.includes("$") ? unknown : { kind: "set", value, place };
}

/** Every location of a host may send the same parameter. PHP would read a variable of nginx's as its own. */
const statementsOf = perKey(
  ({ args }: Directive) => readIni((args[1]?.text ?? "").replaceAll("$", "\\$")).statements,
);
