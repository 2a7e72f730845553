import { time } from "../syntax/numbers.js";
import type { Word } from "../types.js";
import { patternRefusal } from "./pattern.js";
import { args, type Check, type Checked, notTaken, quoted, type Refusal, refused, word } from "./refusal.js";

/** How clients are told apart: browsers, referers, identifiers. */

export const userid: Check = (one) => {
  const at = word(one, 0);
  if (one.node.name === "userid_expires") {
    const taken = ["max", "off"].includes(at.text) || time(at.text, "s") !== null;
    return taken
      ? null
      : notTaken(
          one,
          at,
          "slot",
          '"userid_expires" directive invalid value',
          "off, max or a time without ms",
        );
  }
  if (at.text === "off" || /^[A-Za-z0-9=]$/.test(at.text)) return null;
  const log = '"userid_mark" directive value must be "off" or a single letter, digit or "="';
  return notTaken(one, at, "other", log, "off, a letter, a digit or =");
};

const BROWSERS = ["msie", "gecko", "opera", "safari", "konqueror"];

export const modernBrowser: Check = (one) => {
  const [name, version] = args(one);
  if (name === undefined || version === undefined) return null;
  if (!BROWSERS.includes(name.text)) {
    const log = `unknown browser name "${name.text}"`;
    return { ...notTaken(one, name, "other", log, BROWSERS.join(", ")), choices: BROWSERS };
  }
  const taken = /^\d*(?:\.\d*)*$/.test(version.text);
  const log = `invalid browser version "${version.text}"`;
  return taken ? null : notTaken(one, version, "other", log, "a version of digits and dots");
};

/** The words that name no site. */
const NO_SITE = /^(?:none|blocked)$/;

export const validReferers: Check = (one) => {
  const [first] = args(one);
  const alone = one.node.parent?.children.filter(({ name }) => name === "valid_referers").length === 1;
  if (first !== undefined && alone && args(one).every((at) => NO_SITE.test(at.text))) {
    const log = 'are specified in the "valid_referers" directive without any valid referer';
    return refused("other", log, first, "valid_referers names no site", "add server_names or a name");
  }
  for (const at of args(one)) {
    const found = refererRefusal(one, at) ?? repeatedReferer(one, at);
    if (found !== null) return found;
  }
  return null;
};

function repeatedReferer({ node }: Checked, at: Word): Refusal | null {
  if (at.text.startsWith("~") || /^(?:none|blocked|server_names)$/.test(at.text)) return null;
  const siblings = node.parent?.children ?? [];
  const before = siblings.slice(0, siblings.indexOf(node)).filter(({ name }) => name === "valid_referers");
  const own = node.directive.args.slice(0, node.directive.args.indexOf(at));
  const words = [...before.flatMap(({ directive }) => directive.args), ...own];
  const same = words.some((other) => other.text.toLowerCase() === at.text.toLowerCase());
  if (!same) return null;
  const message = `valid_referers has ${quoted(at.text)} twice`;
  return refused("other", `conflicting parameter "${at.text}"`, at, message, "remove one of the two");
}

function refererRefusal(one: Checked, at: Word): Refusal | null {
  if (at.text === "") return notTaken(one, at, "other", 'invalid referer ""', "names and expressions");
  return at.text.startsWith("~") ? patternRefusal(at, 1) : null;
}
