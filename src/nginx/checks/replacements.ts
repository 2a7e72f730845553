import { TAKEN_BEFORE } from "../facts/facts-values.js";
import { isOlder } from "../facts/version.js";
import { tildePattern } from "./pattern.js";
import { args, type Check, notTaken, refused, text, word } from "./refusal.js";

/** `proxy_redirect` and `proxy_cookie_*`: what a proxy rewrites in responses. */

/** `proxy_cookie_flags`. */
export const cookieFlags: Check = (one) => {
  const [first, second] = args(one);
  if (first === undefined || second !== undefined || first.text === "off") return tildePattern(word(one, 0));
  return notTaken(
    one,
    first,
    "parameter",
    `invalid parameter "${first.text}"`,
    "just off, or a cookie and flags",
  );
};

/** Pairs in which `~` begins a regular expression: `proxy_redirect`, `proxy_cookie_*`. */
export const replacement: Check = (one) => {
  const [first, second] = args(one);
  if (first === undefined) return null;
  if (second === undefined) {
    const single = first.text === "off" || (one.node.name === "proxy_redirect" && first.text === "default");
    const log = `invalid parameter "${first.text}"`;
    return single ? null : notTaken(one, first, "parameter", log, "just off, or two values");
  }
  return tildePattern(first);
};

export const proxyRedirect: Check = (one) => {
  const pair = replacement(one);
  if (pair !== null || text(one, 0) !== "default" || args(one).length !== 1) return pair;
  const siblings = one.node.parent?.children ?? [];
  const before = siblings.slice(0, siblings.indexOf(one.node));
  // Behind an `off` older versions read no further line.
  const off = before.some(
    ({ name, directive }) => name === "proxy_redirect" && directive.args[0]?.text === "off",
  );
  if (off && isOlder(one.scope.version, TAKEN_BEFORE.besideOff)) return null;
  const pass = before.findLast(({ name }) => name === "proxy_pass");
  const at = word(one, 0);
  if (pass === undefined) {
    if (one.node.parent?.partial !== false) return null;
    const log = '"proxy_redirect default" should be placed after the "proxy_pass" directive';
    return refused(
      "other",
      log,
      at,
      "proxy_redirect default has no proxy_pass before it",
      "put it after proxy_pass",
    );
  }
  if (!(pass.directive.args[0]?.text ?? "").includes("$")) return null;
  const log = '"proxy_redirect default" cannot be used with "proxy_pass" directive with variables';
  const other = { node: pass, message: "proxy_pass has variables here" };
  return refused(
    "other",
    log,
    at,
    "proxy_redirect default needs a proxy_pass without variables",
    "write both values out",
    { other },
  );
};
