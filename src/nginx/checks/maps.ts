import { looksFilledIn } from "../../source/template-names.js";
import { isOlder } from "../facts/version.js";
import { isIpv4Literal, isIpv6Literal } from "../syntax/literals.js";
import type { Node, Word } from "../types.js";
import { tildePattern } from "./pattern.js";
import { args, type Check, type Checked, quoted, type Refusal, refused, word } from "./refusal.js";
import { definitionRefusal, nameRefusal } from "./variables.js";

/**
 * `map`, `geo`, `split_clients`, `types`: blocks whose lines are values. Their lines are checked with
 * the block.
 */

const SINGLE = new Set(["hostnames", "volatile"]);

export const map: Check = (one) => definitionRefusal(word(one, 1)) ?? mapLines(one);

function mapLines(one: Checked): Refusal | null {
  const seen = new Map<string, Node>();
  let hostnames = false;
  for (const line of one.node.children) {
    const words = line.directive.args;
    const name = line.directive.name;
    const single = SINGLE.has(name.text) && words.length <= 1;
    if (name.text === "hostnames") hostnames = true;
    if (single || line.branch !== null || holdsMark([name, ...words])) continue;
    if (words.length !== 1) {
      const log = "invalid number of the map parameters";
      const message = `a line of map has two words, a value and its result, and this one has ${words.length + 1}`;
      return {
        ...refused("map-line", log, name, message, 'put what contains spaces in quotes: "~ ^/a b" 1;'),
        line,
      };
    }
    const value = words[0] ?? name;
    const found = nameRefusal(value) ?? keyRefusal(name, hostnames) ?? repeated(seen, line, one.node);
    if (found !== null) return { ...found, line };
  }
  return null;
}

/** What a template or an installer fills in. */
export function holdsMark(words: readonly Word[]): boolean {
  return words.some(({ text, placeholder }) => placeholder || looksFilledIn(text, "nginx word"));
}

function keyRefusal(name: Word, hostnames: boolean): Refusal | null {
  if (name.text.startsWith("~")) return tildePattern(name);
  if (!hostnames) return null;
  const star = name.text.includes("*") && !/^(?:\*\.[^*]+|[^*]*\.\*)$/.test(name.text);
  const wrong = star || name.text.includes("..");
  if (!wrong) return null;
  const log = `invalid hostname or wildcard "${name.text}"`;
  const message = `${quoted(name.text)} is not a name that map accepts with hostnames: those have one *, at the start or the end, next to a dot`;
  return refused("other", log, name, message, "write *.example.com or example.*");
}

/** nginx keeps keys in lower case; `default` is separate, and expressions may repeat. */
function repeated(seen: Map<string, Node>, line: Node, block: Node): Refusal | null {
  const { name } = line.directive;
  if (name.text.startsWith("~")) return null;
  const key = name.text === "default" ? " default" : name.text.replace(/^\\/, "").toLowerCase();
  const first = seen.get(key);
  if (first === undefined) {
    seen.set(key, line);
    return null;
  }
  const log =
    name.text === "default" ? "duplicate default map parameter" : `conflicting parameter "${name.text}"`;
  const message = `${quoted(name.text)} is in this ${block.name} twice`;
  const other = { node: first, message: "the first one" };
  return refused("map-line", log, name, message, "remove one of the two", { other });
}

export const geo: Check = (one) => {
  const last = args(one).length - 1;
  const found = definitionRefusal(word(one, last)) ?? (last === 0 ? null : definitionName(word(one, 0)));
  return found ?? geoLines(one);
};

function definitionName(at: Word): Refusal | null {
  return at.text.startsWith("$") && at.text.length > 1 ? null : definitionRefusal(at);
}

function geoLines(one: Checked): Refusal | null {
  let [ranges, networks] = [false, false];
  for (const line of one.node.children) {
    const { name, args: words } = line.directive;
    if (line.branch !== null || holdsMark([name, ...words])) continue;
    if (words.length === 0 && (name.text === "ranges" || name.text === "proxy_recursive")) {
      if (name.text === "ranges" && networks) return { ...lateRanges(name), line };
      ranges = ranges || name.text === "ranges";
      continue;
    }
    const volatile = words.length === 0 && name.text === "volatile";
    if (volatile && !isOlder(one.scope.version, "1.29.3")) continue;
    const value = words[0];
    if (value === undefined || words.length > 1) {
      const log = "invalid number of the geo parameters";
      const message = `a line of geo has two words, a network and its value, and this one has ${words.length + 1}`;
      return { ...refused("map-line", log, name, message, "quote a value that contains spaces"), line };
    }
    networks = networks || !/^(?:default|include|proxy|delete)$/.test(name.text);
    const found = networkRefusal(name, value, ranges);
    if (found !== null) return { ...found, line };
  }
  return null;
}

function lateRanges(at: Word): Refusal {
  const log = 'the "ranges" directive must be the first directive inside "geo" block';
  return refused(
    "other",
    log,
    at,
    "ranges comes after networks in this geo",
    "move it to the top of the block",
  );
}

function networkRefusal(name: Word, value: Word, ranges: boolean): Refusal | null {
  if (name.text === "default" || name.text === "include") return null;
  const at = name.text === "delete" || name.text === "proxy" ? value : name;
  if (ranges && name.text !== "proxy")
    return isRange(at.text) ? null : network(at, `invalid range "${at.text}"`);
  return isNetwork(at.text) ? null : network(at, `invalid network "${at.text}"`);
}

export function network(at: Word, log: string): Refusal {
  const message = `${quoted(at.text)} is not a network: an address in digits, with or without /bits after it`;
  return refused("network", log, at, message, "write 192.0.2.0/24 or 2001:db8::/32");
}

function isRange(text: string): boolean {
  const [first = "", last = "", ...more] = text.split("-");
  const order = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return more.length === 0 && isIpv4Literal(first) && isIpv4Literal(last) && order(first) <= order(last);
}

/** An address in digits, with or without the bits of a network. */
export function isNetwork(text: string): boolean {
  const [, address = "", bits] = /^([^/]*)(?:\/(.*))?$/s.exec(text) ?? [];
  const most = isIpv4Literal(address) ? 32 : isIpv6Literal(address) ? 128 : -1;
  if (most < 0) return address === "255.255.255.255" && (bits === undefined || bits === "32");
  return bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most);
}

export const splitClients: Check = (one) => definitionRefusal(word(one, 1)) ?? percents(one);

function percents(one: Checked): Refusal | null {
  let total = 0;
  for (const line of one.node.children) {
    const { name } = line.directive;
    if (line.branch !== null || holdsMark([name])) continue;
    // The rest: nginx adds what is missing to 100%.
    if (name.text === "*") {
      total = Math.max(total, 10_000);
      continue;
    }
    const share = /^(\d*)(?:\.(\d{0,2}))?%$/.exec(name.text);
    const value = Number(share?.[1] || "0") * 100 + Number((share?.[2] ?? "").padEnd(2, "0"));
    if (share === null || value === 0) {
      const message = `${quoted(name.text)} is not a percentage that split_clients accepts: a number with at most two decimals and %, or *`;
      const refusal = refused(
        "percent",
        `invalid percent value "${name.text}"`,
        name,
        message,
        "write 50% or 0.5%",
      );
      return { ...refusal, line };
    }
    total += value;
    if (total <= 10_000) continue;
    const message = `with ${quoted(name.text)} the percentages of this split_clients add up to more than 100%`;
    const refusal = refused(
      "percent",
      "percent total is greater than 100%",
      name,
      message,
      "lower the percentages",
    );
    return { ...refusal, line };
  }
  return null;
}
