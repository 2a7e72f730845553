import { conditionOf } from "../../nginx/location/conditions.js";
import { always } from "../../nginx/tree/branches.js";
import { type AbsentMain, effectiveList, effectiveNode } from "../../nginx/tree/effective.js";
import { argument, childrenNamed } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { perKey } from "../../source/memo.js";

/**
 * Whether `deny all` keeps everybody out of a block: the first rule that matches counts, and `satisfy any`
 * offers other means.
 */
export function keepsOut(block: Node): boolean {
  const deny = effectiveList(block, "deny");
  // A level that was not read completely may let clients in again; what is around it decides.
  if (deny.kind === "unknown") return block.parent !== null && keepsOut(block.parent);
  const allow = effectiveList(block, "allow");
  if (deny.kind !== "set") return false;
  // The rules of a level hide those of all levels around it.
  if (allow.kind === "set" && allow.level !== deny.level && isInside(allow.level, deny.level)) return false;
  const first = deny.level.children.find(({ name }) => name === "allow" || name === "deny");
  if (first === undefined || first.name !== "deny" || !always(first)) return false;
  // An address that a template fills in may be `all`.
  if (argument(first, 0) !== "all" && first.directive.args[0]?.placeholder !== true) return false;
  const satisfy = effectiveNode(block, "satisfy");
  return satisfy.kind !== "set" || argument(satisfy.node, 0) !== "any";
}

function isInside(block: Node, outer: Node): boolean {
  for (let at: Node | null = block; at !== null; at = at.parent) if (at === outer) return true;
  return false;
}

/**
 * Whether something on the way into a block checks who the client is: an address that is denied, a
 * password, a subrequest, `internal`. Anything unclear counts as a guard, so that no rule claims there is
 * none.
 */
export function isGuarded(block: Node, main: AbsentMain = "unknown"): boolean {
  if (effectiveList(block, "deny", main).kind !== "default") return true;
  if (["auth_basic", "auth_request", "auth_jwt", "internal"].some((name) => isInForce(block, name, main)))
    return true;
  if (asksOtherwise(block)) return true;
  // A condition that answers the request may be about the client.
  return block.children.some(
    ({ name, children }) => name === "if" && children.some((one) => one.name === "return"),
  );
}

/**
 * A block's own directives that keep clients out, those that check who the client is first; not
 * `auth_basic off`.
 */
export function ownGuards(block: Node): readonly Node[] {
  const checks = block.children.filter(
    (node) =>
      (node.name === "deny" || /^auth_(?:basic|request|jwt)$/.test(node.name)) &&
      argument(node, 0) !== "off" &&
      // A value that a template fills in may switch it off.
      !node.directive.args.some(({ placeholder }) => placeholder),
  );
  return [...checks, ...childrenNamed(block, "return").filter(refuses), ...refusals(block)];
}

/** The `if` of a block that refuse all clients but certain ones. */
function refusals(block: Node): readonly Node[] {
  return childrenNamed(block, "if").filter((node) => {
    const condition = conditionOf(node);
    const others = (condition.kind === "equal" || condition.kind === "regex") && condition.negative;
    return others && THE_ADDRESS.test(condition.name) && node.children.some(refuses);
  });
}

/** Whether a server refuses clients before it chooses a location, or may when a template has filled in its answer. */
export function refusesClients(server: Node): boolean {
  const open = childrenNamed(server, "if").flatMap((node) => childrenNamed(node, "return"));
  return refusals(server).length > 0 || open.some(({ directive }) => directive.args[0]?.placeholder === true);
}

/** Variables that tell by its address, its certificate or its country who the client is. */
const THE_ADDRESS = /^(?:remote_addr$|realip_|ssl_client_|geoip|http_x_(?:forwarded_for|real_ip)$)/;

/** Forbidden, and what people answer instead of it. */
const REFUSALS: readonly string[] = ["403", "404", "444"];

function refuses(node: Node): boolean {
  return node.name === "return" && REFUSALS.includes(argument(node, 0) ?? "") && always(node);
}

function isInForce(block: Node, name: string, main: AbsentMain): boolean {
  const found = effectiveNode(block, name, main);
  return found.kind === "unknown" || (found.kind === "set" && argument(found.node, 0) !== "off");
}

/** Directives of programs and of other modules that may check who the client is. */
const OTHERWISE =
  /^(?:access_by_|rewrite_by_|js_access|auth_(?!basic|request|delay|http)|secure_link$|modsecurity)/;

function asksOtherwise(block: Node): boolean {
  const client = effectiveNode(block, "ssl_verify_client");
  if (client.kind === "set" && argument(client.node, 0) !== "off") return true;
  for (let at: Node | null = block; at !== null; at = at.parent) if (hasOther(at)) return true;
  return false;
}

/** The http block of a host may hold 50,000 servers, and each of them asks. */
const hasOther = perKey((block: Node) => block.children.some(({ name }) => OTHERWISE.test(name)));

/** Whether a block's own checks have no effect: `allow all` comes first, and no password is needed either. */
export function letsEverybodyIn(block: Node, main: AbsentMain = "unknown"): boolean {
  const [first] = block.children.filter(({ name }) => name === "allow" || name === "deny");
  const open = ({ directive }: Node): boolean => directive.args[0]?.placeholder === true;
  if (first?.name !== "allow" || !always(first)) return false;
  // A template may fill in `all`, or `any`.
  if (argument(first, 0) !== "all" && !open(first)) return false;
  const satisfy = effectiveNode(block, "satisfy", main);
  const any = satisfy.kind === "set" && (argument(satisfy.node, 0) === "any" || open(satisfy.node));
  return any || !["auth_basic", "auth_request", "auth_jwt"].some((name) => isInForce(block, name, main));
}

/** Variables that tell who the client is; a host, a method or a user agent does not. */
const THE_CLIENT =
  /\$(?:remote_|realip_|ssl_client_|geoip|cookie_|arg_|http_(?!host\b|user_agent\b|referer\b))/;

/** Whether the rewrite code of a server turns requests away because of who the client is. */
export function turnsClientsAway(server: Node): boolean {
  return server.children.some(
    ({ name, directive, children }) =>
      name === "if" &&
      directive.args.some(({ text }) => THE_CLIENT.test(text)) &&
      children.some((one) => one.name === "return"),
  );
}
