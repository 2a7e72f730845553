import { wordMap } from "../../source/word-map.js";
import { REFUSED_SINCE } from "../facts/facts-values.js";
import { isSince } from "../facts/version.js";
import { count, size } from "../syntax/numbers.js";
import { childrenNamed } from "../tree/nodes.js";
import type { Word } from "../types.js";
import {
  anything,
  isCount,
  isMilliseconds,
  isOffset,
  isSeconds,
  must,
  named,
  type Parameters,
  parameter,
  parameterRefusal,
} from "./parameters.js";
import {
  args,
  type Check,
  type Checked,
  firstOf,
  notTaken,
  type Refusal,
  refused,
  text,
  word,
} from "./refusal.js";
import { sharedZones } from "./zones.js";

/** Caches of responses and of open files, and where they are kept. */

const LEVELS = /^(?:[12](?::[12]){0,2})?$/;

const PATH: Parameters = wordMap({
  levels: parameter(
    (value) => LEVELS.test(value),
    "up to three digits 1 or 2 with colons between them, such as 1:2",
    (at) => `invalid "levels" "${at}"`,
    "other",
  ),
  keys_zone: parameter(
    (value) => size(/^[^:]*:(.*)$/s.exec(value)?.[1] ?? "") !== null,
    "a name, a colon and a size with k or m, such as NAME:10m",
    (at) => `invalid keys zone size "${at}"`,
    "zone",
  ),
  use_temp_path: parameter(
    (value) => value === "on" || value === "off",
    "on or off",
    (at) => `invalid use_temp_path value "${at}", it must be "on" or "off"`,
    "flag",
  ),
  inactive: named("inactive", isSeconds, "a time such as 60m, without ms"),
  max_size: named("max_size", isOffset, "digits and k, m or g"),
  min_free: named("min_free", isOffset, "digits and k, m or g"),
  loader_files: named("loader_files", isCount, "a number"),
  loader_sleep: named("loader_sleep", isMilliseconds, "a time"),
  loader_threshold: named("loader_threshold", isMilliseconds, "a time"),
  manager_files: named("manager_files", isCount, "a number"),
  manager_sleep: named("manager_sleep", isMilliseconds, "a time"),
  manager_threshold: named("manager_threshold", isMilliseconds, "a time"),
  // Those of the commercial build.
  purger: parameter(anything, ""),
  purger_files: parameter(anything, ""),
  purger_sleep: parameter(anything, ""),
  purger_threshold: parameter(anything, ""),
});

export const cachePath: Check = (one) =>
  firstOf(one, [
    (it) => parameterRefusal(it, args(it).slice(1), PATH),
    (it) => {
      const log = `"${it.node.name}" must have "keys_zone" parameter`;
      const example = `${it.node.name} ${text(it, 0)} keys_zone=NAME:10m;`;
      const empty = args(it).find((at) => at.text.startsWith("keys_zone=:"));
      if (empty === undefined) return must(it, "keys_zone", log, example);
      return refused("other", log, empty, `${it.node.name} has a zone without a name`, example);
    },
    sharedZones,
  ]);

/** `proxy_cache` and `proxy_store` exclude each other on one level. */
export const cacheOrStore: Check = (one) => {
  const { name, parent } = one.node;
  const store = name.endsWith("_store");
  const partner = store ? name.replace(/_store$/, "_cache") : name.replace(/_cache$/, "_store");
  const on = (value: string): boolean => value !== "off" && value !== "";
  const other = parent === null ? undefined : childrenNamed(parent, partner)[0];
  const both = other !== undefined && on(text(one, 0)) && on(other.directive.args[0]?.text ?? "");
  const later =
    other !== undefined &&
    parent !== null &&
    parent.children.indexOf(other) < parent.children.indexOf(one.node);
  if (both && later) {
    const log = `"${name}" directive is incompatible with "${partner}"`;
    const more = { other: { node: other, message: `${partner} is on here` } };
    return refused(
      "other",
      log,
      word(one, 0),
      `${name} and ${partner} are on one level`,
      "keep one of the two",
      more,
    );
  }
  if (!store) return sharedZones(one);
  return text(one, 0) === "" && isSince(one.scope.version, REFUSED_SINCE.emptyStore)
    ? notTaken(
        one,
        word(one, 0),
        "other",
        "empty path",
        `on, off or a path since nginx ${REFUSED_SINCE.emptyStore}`,
      )
    : null;
};

const FILE_CACHE: Parameters = wordMap({
  max: parameter((value) => (count(value) ?? 0) > 0, "a number above 0"),
  inactive: parameter(isSeconds, "a time"),
});

const LOG_CACHE: Parameters = wordMap({
  max: parameter(isCount, "a number"),
  inactive: parameter(isSeconds, "a time"),
  min_uses: parameter(isCount, "a number"),
  valid: parameter(isSeconds, "a time"),
});

function fileCacheOf(known: Parameters, article: string): Check {
  return (one) => {
    const words = args(one).filter(({ text: value }) => value !== "off");
    const log = (at: string) => `invalid "${one.node.name}" parameter "${at}"`;
    const said = new Map([...known].map(([name, row]) => [name, { ...row, log, kind: "other" as const }]));
    const off = words.length < args(one).length;
    const needs = `"${one.node.name}" must have ${article}"max" parameter`;
    return (
      parameterRefusal(one, words, said, log) ??
      (off
        ? null
        : (must(one, "max", needs, `${one.node.name} max=1000 inactive=20s;`) ?? zeroMax(one, needs)))
    );
  };
}

function zeroMax(one: Checked, log: string): Refusal | null {
  const at: Word | undefined = args(one).find(({ text: value }) => /^max=0+$/.test(value));
  return at === undefined ? null : refused("other", log, at, `${one.node.name} has max=0`, "write off");
}

export const openFileCache = fileCacheOf(FILE_CACHE, "the ");
export const openLogFileCache = fileCacheOf(LOG_CACHE, "");

export const directio: Check = (one) => {
  const at = word(one, 0);
  const taken = at.text === "off" || isOffset(at.text);
  const log = '"directio" directive invalid value';
  return taken ? null : notTaken(one, at, "slot", log, "off, or digits and k, m or g");
};
