import { time } from "../syntax/numbers.js";
import { isNetwork, network } from "./maps.js";
import { captures, patternRefusal } from "./pattern.js";
import { args, type Check, type Checked, notTaken, quoted, refused, text, word } from "./refusal.js";
import { definitionRefusal, nameRefusal } from "./variables.js";

/** Handlers of single directives. */

const slotLog = (one: Checked): string => `"${one.node.name}" directive invalid value`;

export const keepaliveTimeout: Check = (one) => {
  const [first, header] = args(one);
  if (first !== undefined && time(first.text, "ms") === null)
    return notTaken(one, first, "slot", slotLog(one), "a time such as 65s");
  return header === undefined || time(header.text, "s") !== null
    ? null
    : notTaken(one, header, "slot", slotLog(one), "a second time without ms");
};

export const expires: Check = (one) => {
  const all = args(one);
  const at = word(one, all.length - 1);
  const wants = "off, epoch, max or a time, with modified before it or @ for a time of day";
  const modified = all.length === 2;
  if (modified && text(one, 0) !== "modified")
    return notTaken(one, word(one, 0), "slot", slotLog(one), wants);
  if (at.text.includes("$") || (!modified && /^(?:epoch|max|off)$/.test(at.text))) return null;
  const daily = at.text.startsWith("@");
  if (daily && modified)
    return notTaken(one, at, "other", '"expires" directive daily time cannot be used with "modified"', wants);
  const value = time(at.text.replace(/^[-+@]/, ""), "s");
  if (value === null) return notTaken(one, at, "slot", slotLog(one), wants);
  return daily && value > 86_400n
    ? notTaken(
        one,
        at,
        "other",
        '"expires" directive daily time value must be less than 24 hours',
        "up to 24h",
      )
    : null;
};

/** `add_header`, `add_trailer`. */
export const header: Check = (one) => {
  const third = args(one)[2];
  if (third === undefined || third.text === "always") return null;
  const value = args(one)
    .slice(1)
    .map(({ text: part }) => part);
  const example = `${one.node.name} ${text(one, 0)} "${value.join(" ")}";`;
  return notTaken(
    one,
    third,
    "parameter",
    `invalid parameter "${third.text}"`,
    "only always after the value",
    example,
  );
};

export const accessRule: Check = (one) => {
  const at = word(one, 0);
  if (at.text === "all" || at.text === "unix:" || isNetwork(at.text)) return null;
  return { ...network(at, `invalid parameter "${at.text}"`), kind: "parameter" };
};

const SYMLINKS = ["off", "on", "if_not_owner"];

export const disableSymlinks: Check = (one) => {
  const bad = args(one).find(({ text: value }) => !SYMLINKS.includes(value) && !value.startsWith("from="));
  if (bad !== undefined)
    return notTaken(
      one,
      bad,
      "parameter",
      `invalid parameter "${bad.text}"`,
      "off, on or if_not_owner, and from=",
    );
  const modes = args(one).filter(({ text: value }) => SYMLINKS.includes(value));
  const second = modes[1] ?? args(one).filter(({ text: value }) => value.startsWith("from="))[1];
  if (second !== undefined) {
    const log = `duplicate parameters "${text(one, 0)} ${second.text}"`;
    return notTaken(one, second, "other", log, "one mode and one from=");
  }
  const from = args(one).find(({ text: value }) => value.startsWith("from="));
  const broken = from === undefined ? null : nameRefusal(from);
  if (broken !== null) return broken;
  if (from !== undefined && args(one).length === 1) {
    const log = '"disable_symlinks" must have "off", "on" or "if_not_owner" parameter';
    return notTaken(one, from, "other", log, "off, on or if_not_owner before from=");
  }
  if (from === undefined || text(one, 0) !== "off") return null;
  return notTaken(
    one,
    from,
    "other",
    '"from=" cannot be used with "off" parameter',
    "from= after on or if_not_owner",
  );
};

export const splitPathInfo: Check = (one) => {
  const at = word(one, 0);
  const broken = patternRefusal(at);
  if (broken !== null) return broken;
  const groups = captures(at.text);
  if (groups === null || groups === 2) return null;
  const message = `fastcgi_split_path_info takes an expression with two groups, and ${quoted(at.text)} has ${groups}`;
  const help = "fastcgi_split_path_info ^(.+\\.php)(/.*)$;";
  return refused("other", `pattern "${at.text}" must have 2 captures`, at, message, help);
};

export const serverName: Check = (one) => {
  for (const at of args(one)) {
    if (at.text === "~")
      return refused(
        "other",
        'empty regex in server name "~"',
        at,
        "server_name has ~ without an expression",
        "write the expression after ~",
      );
    const broken = at.text.startsWith("~") ? patternRefusal(at, 1) : null;
    if (broken !== null) return broken;
    if (!/^(?:\*(?:[^.].*)?|\*?\.)$/s.test(at.text)) continue;
    const log = `server name "${at.text}" is invalid`;
    return notTaken(
      one,
      at,
      "other",
      log,
      "* at the start of a name only if a dot follows",
      "server_name _;",
    );
  }
  return null;
};

export const charset: Check = (one) => (text(one, 0) === "$" ? definitionRefusal(word(one, 0)) : null);

export const gzipDisable: Check = (one) => {
  for (const at of args(one)) {
    const broken = at.text === "msie6" ? null : patternRefusal(at);
    if (broken !== null) return broken;
  }
  return null;
};

export const subFilter: Check = (one) =>
  text(one, 0) === ""
    ? refused(
        "other",
        "empty search pattern",
        word(one, 0),
        "sub_filter has nothing to look for",
        "write the text to replace",
      )
    : null;

/** `set_real_ip_from`, `debug_connection`: names may be looked up; what cannot be a name is refused. */
export const networkOrName: Check = (one) => {
  const at = word(one, 0);
  const odd = at.text === "" || at.text.includes("/") || /[$,;=&]/.test(at.text);
  if (at.text === "unix:" || !odd || isNetwork(at.text)) return null;
  return { ...network(at, `host not found in ${one.node.name} "${at.text}"`), kind: "other" };
};

/** The obsolete `ssl on`. */
export const onOrOff: Check = (one) => {
  const at = word(one, 0);
  if (/^(?:on|off)$/i.test(at.text)) return null;
  const log = `invalid value "${at.text}" in "${one.node.name}" directive, it must be "on" or "off"`;
  return { ...notTaken(one, at, "flag", log, "on or off"), choices: ["on", "off"] };
};
