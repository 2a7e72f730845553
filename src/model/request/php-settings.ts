import { phpValue } from "../../fpm/pools.js";
import type { Pool } from "../../fpm/types.js";
import { effectiveList } from "../../nginx/tree/effective.js";
import { argument, argumentPlace } from "../../nginx/tree/nodes.js";
import type { Directive, Node } from "../../nginx/types.js";
import { readIni } from "../../php/grammar.js";
import type { Effective } from "../../source/effective.js";
import { perKey } from "../../source/memo.js";
import type { Binding, Host } from "../host.js";

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

/** The value that a location passes; `null`: it passes none. */
function passedValue(block: Node, name: string): Effective<string> | null {
  const list = effectiveList(block, "fastcgi_param");
  if (list.kind === "unknown") return list;
  if (list.kind === "default") return null;
  for (const param of ["PHP_ADMIN_VALUE", "PHP_VALUE"]) {
    // nginx sends both of two with one name, and PHP-FPM takes the last.
    const node = list.nodes.filter((one) => argument(one, 0) === param).at(-1);
    const value = node === undefined ? null : valueIn(node, name);
    if (value !== null) return value;
  }
  return list.complete ? null : { kind: "unknown", reason: "not every fastcgi_param was read", place: null };
}

/** The value in a parameter that is a small php.ini: lines separated by `\n`. */
function valueIn(node: Node, name: string): Effective<string> | null {
  const text = argument(node, 1) ?? "";
  const place = argumentPlace(node, 1);
  const unknown = { kind: "unknown", reason: "the value is only known at run time", place } as const;
  if (text.includes("$")) return unknown;
  const entry = statementsOf(node.directive)
    .filter((one) => one.kind === "entry" && one.key.name === name && one.key.index === null)
    .at(-1);
  if (entry === undefined || entry.kind !== "entry") return null;
  return entry.value.text === null ? unknown : { kind: "set", value: entry.value.text, place };
}

/** Every location of a host may send the same parameter. */
const statementsOf = perKey(({ args }: Directive) => readIni(args[1]?.text ?? "").statements);
