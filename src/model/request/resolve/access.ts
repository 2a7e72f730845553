import { effectiveEither, effectiveNode } from "../../../nginx/tree/effective.js";
import { argument, headPlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { ipBytes } from "../../address/ip.js";
import { evaluate } from "./evaluate.js";
import { subrequest } from "./start.js";
import { Lost, type Next, needed, ON, type State, status } from "./state.js";

/** Who may see what a block answers: `allow`, `deny`, passwords, subrequests, `satisfy`. */

/** `null`: it says nothing. */
type Verdict = 401 | 403 | 500 | "passes" | null;

interface Check {
  readonly verdict: Verdict;
  readonly node: Node | null;
  readonly reason: "denied" | "auth-basic" | "auth-request";
}

const CHECKS: readonly ((state: State) => Check)[] = [addresses, password, subrequested];

export function access(state: State): Next {
  if (!state.main) return ON;
  const satisfy = effectiveNode(state.block, "satisfy");
  if (satisfy.kind === "unknown") throw new Lost(satisfy.reason, satisfy.place);
  const any = satisfy.kind === "set" && argument(satisfy.node, 0) === "any";
  let refused: Check | null = null;
  for (const check of CHECKS) {
    const found = check(state);
    if (found.verdict === null) continue;
    if (found.node !== null && found.reason !== "auth-request") {
      const passes = found.verdict === "passes";
      state.steps.push({ kind: "access", node: found.node, passes, place: headPlace(found.node) });
    }
    if (found.verdict === "passes") {
      if (any) return ON;
    } else if (!any || found.verdict === 500) return answer(found, found.verdict);
    else if (refused?.verdict !== 401) refused = found;
  }
  return refused === null || typeof refused.verdict !== "number" ? ON : answer(refused, refused.verdict);
}

function answer({ node, reason }: Check, code: number): Next {
  return status(code, reason, node === null ? null : headPlace(node));
}

function addresses(state: State): Check {
  const rules = effectiveEither(state.block, ["allow", "deny"]);
  const nothing: Check = { verdict: null, node: null, reason: "denied" };
  if (rules.kind === "unknown") throw new Lost(rules.reason, rules.place);
  if (rules.kind === "default") return nothing;
  for (const node of rules.nodes) {
    const [word] = node.directive.args;
    if (word?.placeholder === true) throw new Lost("a template fills in an address", headPlace(node));
    if (!isMeant(state, word?.text ?? "")) continue;
    return { ...nothing, verdict: node.name === "allow" ? "passes" : 403, node };
  }
  if (!rules.complete) throw new Lost("a part of the block was not read", headPlace(rules.level));
  return nothing;
}

/** Whether a rule is about the client; whoever comes from outside is meant by `all` alone. */
function isMeant({ request: { from } }: State, rule: string): boolean {
  if (rule === "all") return true;
  if (from === null) return /^(?:0\.0\.0\.0\/0|::\/0)$/.test(rule);
  if (rule === "unix:" || from.address === "unix:") return rule === from.address;
  const [network = "", length] = rule.split("/");
  const [one, other] = [ipBytes(network), ipBytes(from.address)];
  if (one === null || other === null || one.length !== other.length) return false;
  let bits = length === undefined ? one.length * 8 : Number(length);
  for (const [at, byte] of one.entries()) {
    const part = Math.max(0, Math.min(8, bits));
    const mask = (0xff << (8 - part)) & 0xff;
    if ((byte & mask) !== ((other[at] ?? 0) & mask)) return false;
    bits -= 8;
  }
  return true;
}

function password(state: State): Check {
  const found = effectiveNode(state.block, "auth_basic");
  const check: Check = { verdict: null, node: null, reason: "auth-basic" };
  if (found.kind === "unknown") throw new Lost(found.reason, found.place);
  if (found.kind === "default") return check;
  const place = headPlace(found.node);
  if (needed(evaluate(state, argument(found.node, 0) ?? ""), place) === "off") return check;
  if (state.request.headers.some(([name]) => name.toLowerCase() === "authorization"))
    throw new Lost("whether the password is right", place);
  const users = effectiveNode(state.block, "auth_basic_user_file");
  // Without a file of users the directive has no effect.
  if (users.kind === "default") return check;
  return { ...check, verdict: state.request.knowsPassword === true ? "passes" : 401, node: found.node };
}

function subrequested(state: State): Check {
  const found = effectiveNode(state.block, "auth_request");
  const check: Check = { verdict: null, node: null, reason: "auth-request" };
  if (found.kind === "unknown") throw new Lost(found.reason, found.place);
  const uri = found.kind === "set" ? (argument(found.node, 0) ?? "") : "off";
  if (found.kind === "default" || uri === "off") return check;
  const { node } = found;
  const place = headPlace(node);
  if (node.directive.args[0]?.placeholder === true) throw new Lost("a template fills in a URI", place);
  const at = state.steps.push({ kind: "auth-request", node, status: null, place });
  const outcome = state.run(subrequest(state, uri));
  if (outcome.kind === "unknown") throw new Lost(outcome.reason, outcome.place);
  const answered =
    outcome.kind === "status" || outcome.kind === "file"
      ? outcome.status
      : state.choices.authorised(place)
        ? 200
        : 401;
  state.steps[at - 1] = { kind: "auth-request", node, status: answered, place };
  const passes = answered >= 200 && answered < 300;
  return {
    ...check,
    node,
    verdict: passes ? "passes" : answered === 401 || answered === 403 ? answered : 500,
  };
}
