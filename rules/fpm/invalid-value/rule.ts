import { type Draft, defineRule } from "../../../src/engine/define.js";
import type { HelpDraft } from "../../../src/engine/help.js";
import { fpmDown, isPlaceholder, type Line, linesOf, writtenKey } from "../../../src/evidence/fpm-lines.js";
import { setting } from "../../../src/fpm/pools.js";
import { globalFaults, type LimitFault, poolFaults } from "../../../src/fpm/settings/limits.js";
import { type Misread, misread } from "../../../src/fpm/settings/misread.js";
import { factOf, refusedSetting } from "../../../src/fpm/settings/refused.js";
import { readMode, secondsOf } from "../../../src/fpm/settings/values.js";
import type { FpmMaster, Pool, Setting } from "../../../src/fpm/types.js";
import { helpOf, inWords, remove, replace } from "../../../src/help/edit.js";
import { fpmAddress } from "../../../src/model/address/address.js";
import type { Host } from "../../../src/model/host.js";
import { known } from "../../../src/source/effective.js";
import { type Place, samePlace } from "../../../src/source/file.js";
import { markdown } from "../../../src/source/markdown.js";
import { hasOtherAccounts, missingAccounts } from "./accounts.js";
import { plainListens, refusedListen } from "./listen.js";
import { refusedCases, type ValueCase, valueTexts } from "./refusals.js";

const misreadCases = {
  time: {
    severity: "warning",
    symptom: null,
    summary: "a time that PHP-FPM reads differently: 500ms is 500 seconds, 1.5m is one minute",
  },
  overflow: {
    severity: "warning",
    symptom: null,
    summary: "a number that does not fit in 32 bits, or that is only a sign",
  },
  calculation: {
    severity: "warning",
    symptom: null,
    summary: "a word without quotes in a | & ^ ~ ! calculation: a|b is 0",
  },
  "array-name": {
    severity: "warning",
    symptom: null,
    summary: "a constant of PHP without quotes in brackets: env[LC_ALL] sets a variable named 6",
  },
  mode: {
    severity: "warning",
    symptom: {
      when: "always",
      status: 502,
      log: "failed (13: Permission denied) while connecting to upstream",
    },
    summary: "a listen.mode that is not an octal number, so nginx cannot open the socket",
  },
} as const;

export const fpmInvalidValue = defineRule({
  id: "fpm/invalid-value",
  about: "master",
  alike: true,
  // nsswitch.conf, where accounts come from.
  asksDisk: true,
  cases: { ...refusedCases(), ...misreadCases },
  docs: {
    title: "a value that PHP-FPM refuses, or reads as something else",
    fires: [
      markdown`
        \`php-fpm -t\` refuses a value by itself: a number, a time, a switch, a word of a list, a range,
        a character of \`pm.status_path\` or \`ping.path\`, \`access.format\`, an empty path, brackets
      `,
      markdown`
        a pool names an account that the host does not have, its \`etc/passwd\` and \`etc/group\` are in
        the tree, and no LDAP or domain is set up
      `,
      markdown`
        a \`listen\` has no port that PHP-FPM could use, something after the port, or a host that is neither
        an address nor a name: \`99999\`, \`[::1]\`, \`127.0.0.1:9000/\`, \`::1]:9000\`, \`256.0.0.1:9000\`
      `,
      markdown`
        PHP-FPM reads the value as something else, which is a warning: \`500ms\` is 500 seconds,
        \`1.5m\` is one minute, \`a|b\` without quotes is 0, numbers beyond 32 bits wrap
      `,
      markdown`
        the name in the brackets of \`env[…]\` is a constant of PHP (\`LC_ALL\`, \`E_ALL\`) without quotes, so
        that another variable is set, which is a warning
      `,
      markdown`
        a \`listen.mode\` is not an octal number, so only root may open the socket, which is a warning
      `,
    ],
    silent: [
      markdown`
        the value is only known on the running host (environment variables, placeholders of a template)
      `,
      "it depends on directories and files of the machine",
      markdown`
        another line overrides the setting, and PHP-FPM only looks at the value when it uses it
      `,
      "other rules report it: the counts of workers, addresses that nginx passes requests to",
    ],
    why: markdown`
      PHP-FPM does not start or reload when it refuses a value, and every pool of that master is down.
      A value that it misreads is worse, because it says nothing: it reads as many characters as fit
      and ignores the rest.
    `,
    instead: markdown`
      Write whole numbers, times with one unit (\`s\`, \`m\`, \`h\`, \`d\`), \`yes\` or \`no\`, octal modes
      (\`0660\`), and quotes around text that contains \`| & ^ ~ !\`.
    `,
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php",
      "https://www.php.net/manual/en/function.parse-ini-string.php",
    ],
  },
  proof: {
    kind: "daemons",
    observe: {
      time: "value-read-otherwise",
      overflow: "value-read-otherwise",
      calculation: "value-read-otherwise",
      "array-name": "value-read-otherwise",
    },
  },
  *check(master, host) {
    for (const line of linesOf(master)) yield* checkLine(host, line);
    for (const one of globalFaults(master)) yield* limitReport(host, master, null, one);
    for (const pool of master.pools) yield* checkPool(host, pool);
  },
});

function* checkLine(host: Host, line: Line): Generator<Draft> {
  const { setting: one, section, pool } = line;
  if (!host.whole && isPlaceholder(one)) return;
  const refused = refusedSetting(one, section);
  if (refused !== null) {
    yield refusal(host, refused, one, pool, null);
    return;
  }
  const constant = constantName(one);
  if (constant !== null) {
    yield nameReport(host, one, constant, pool);
    return;
  }
  const fact = factOf(one.key, section);
  if (one.value === null || (one.index === null && fact === undefined)) return;
  const found = misread(one.raw, one.value, one.index === null ? (fact?.type ?? "string") : "string");
  if (found !== null) yield misreadReport(host, found, one, pool);
}

/** The word in the brackets that PHP replaces; `null`: it reads what is written there. */
function constantName({ key, index, keyPlace: { span } }: Setting): string | null {
  const written = /^[^[]*\[[ \t]*(\w+)[ \t]*\]/.exec(span.file.text.slice(span.start, span.end))?.[1];
  return key === "env" && index !== null && written !== undefined && written !== index ? written : null;
}

function nameReport(host: Host, one: Setting, written: string, pool: Pool | null): Draft {
  return {
    case: "array-name",
    message: `env[${written}] sets a variable named ${JSON.stringify(one.index)}: ${written} is a constant of PHP, which replaces it`,
    at: one.keyPlace,
    label: `read as env[${one.index}]`,
    effect: `scripts have no ${written} in their environment`,
    help: helpOf([[replace(host, one.place, `env["${written}"] = ${one.raw}`)]]),
    names: [pool?.name ?? "global", one.key, written],
  };
}

function* checkPool(host: Host, pool: Pool): Generator<Draft> {
  for (const one of poolFaults(pool)) yield* limitReport(host, pool.master, pool, one);
  for (const { name, kind, listed, place } of missingAccounts(host, pool)) {
    const line = lineAt(pool.master, pool, place);
    if (line === undefined) continue;
    const found = refusal(host, listed ? "acl-user" : kind, line, pool, listed ? JSON.stringify(name) : null);
    yield hasOtherAccounts(host)
      ? {
          ...found,
          settle: `Running "getent ${kind === "user" ? "passwd" : "group"} ${name}" on the host would settle it: that asks all of its sources of accounts.`,
        }
      : found;
  }
  yield* listenFault(host, pool);
  yield* modeFault(host, pool);
}

function* limitReport(host: Host, master: FpmMaster, pool: Pool | null, found: LimitFault): Generator<Draft> {
  const line = lineAt(master, pool, found.place) ?? lineAt(master, null, found.place);
  if (line === undefined || (!host.whole && isPlaceholder(line))) return;
  // A value that is refused when its line is read is not compared any more.
  if (refusedSetting(line, pool === null ? "global" : "pool") !== null) return;
  yield refusal(host, found.limit, line, pool, found.detail);
}

function lineAt(master: FpmMaster, pool: Pool | null, place: Place): Setting | undefined {
  return (pool?.settings ?? master.global).find((one) => samePlace(one.place, place));
}

function refusal(host: Host, name: ValueCase, one: Setting, pool: Pool | null, detail: string | null): Draft {
  const { why, log } = valueTexts[name];
  const key = writtenKey(one).replace(/\[[\s\S]*$/, "") + (one.index === null ? "" : `[${one.index}]`);
  return {
    case: name,
    message: `${key} is ${shown(one)}, ${why}${detail === null ? "" : ` ${detail}`}`,
    at: one.raw === "" || name === "array-key" || name === "suppress-key" ? one.keyPlace : one.place,
    label: `PHP-FPM says "${log}"`,
    effect: fpmDown,
    help: help(host, name, one, key),
    names: [pool?.name ?? "global", one.key, one.index ?? ""],
  };
}

/** Lines to paste; an account cannot be pasted, so it is only words. */
function help(host: Host, name: ValueCase, one: Setting, key: string): HelpDraft {
  const value = one.raw.replace(/^["']|["']$/g, "");
  if (name.startsWith("listen-")) {
    return helpOf(
      plainListens(host, value, one.key).map((listen) => [replace(host, one.place, `${key} = ${listen}`)]),
    );
  }
  const { ways } = valueTexts[name];
  if (ways.length === 0) return inWords(`create the account, or write another one in ${key}`);
  const number = /[1-9][0-9]{0,6}/.exec(value)?.[0] ?? "10";
  const clean = name === "array-value" ? value : value.replace(/[^A-Za-z0-9/_.~-]/g, "");
  return helpOf(
    ways.map((way) => {
      const line = way?.replaceAll("KEY", key).replaceAll("NUMBER", number).replaceAll("VALUE", clean);
      return [line === undefined ? remove(host, one.place) : replace(host, one.place, line)];
    }),
  );
}

function shown({ raw }: Setting): string {
  return raw === "" ? "empty" : raw;
}

function misreadReport(host: Host, found: Misread, one: Setting, pool: Pool | null): Draft {
  const key = `${one.key}${one.index === null ? "" : `[${one.index}]`}`;
  const number = found.kind === "number";
  return {
    case: number ? "overflow" : found.kind,
    message: `${key} is ${one.raw}, which PHP-FPM reads as ${found.as === "" ? "nothing" : found.as}`,
    at: one.place,
    label: `read as ${found.as}`,
    effect: `PHP-FPM uses ${found.as} without any message`,
    help: helpOf([[replace(host, one.place, meant(found, one, key))]]),
    names: [pool?.name ?? "global", key],
  };
}

/** What the line most likely means; if that does not fit in PHP-FPM's numbers, what it reads. */
function meant({ kind, as }: Misread, { raw }: Setting, key: string): string {
  if (kind === "calculation") return `${key} = "${raw.replaceAll('"', "'")}"`;
  const milliseconds = /^([0-9]+)ms$/.exec(raw)?.[1];
  if (milliseconds !== undefined) return `${key} = ${Math.ceil(Number(milliseconds) / 1000)}s`;
  const [, whole, part, unit = "s"] = /^([0-9]+)(\.[0-9]+)([smhd]?)$/.exec(raw) ?? [];
  if (whole !== undefined)
    return `${key} = ${Math.round(Number(`${whole}${part}`) * (secondsOf.get(unit) ?? 1))}s`;
  return `${key} = ${as}`;
}

/** If nginx passes requests to the address that is meant, connect/listen-mismatch says more about it. */
function* listenFault(host: Host, pool: Pool): Generator<Draft> {
  for (const key of ["listen", "pm.status_listen"]) {
    const listen = setting(pool, key);
    if (listen.kind !== "set" || !listen.value) continue;
    const line = lineAt(pool.master, pool, listen.place);
    const fault = refusedListen(host, pool, listen.value, key);
    if (line === undefined || fault === null || (!host.whole && isPlaceholder(line))) continue;
    yield refusal(host, `listen-${fault.part}`, line, pool, JSON.stringify(fault.text));
  }
}

/** A plain octal number is meant as it is: socket/permission-denied knows whom that mode keeps out. */
function* modeFault(host: Host, pool: Pool): Generator<Draft> {
  const mode = setting(pool, "listen.mode");
  const listen = setting(pool, "listen");
  if (mode.kind !== "set" || !mode.value || listen.kind !== "set" || !listen.value) return;
  const line = lineAt(pool.master, pool, mode.place);
  const address = fpmAddress(listen.value);
  if (line === undefined || address?.kind !== "unix" || (!host.whole && isPlaceholder(line))) return;
  const taken = readMode(mode.value) & 0o777;
  if (/^[ \t]*\+?[0-7]+$/.test(mode.value) || (taken & 0o200) !== 0) return;
  // With an ACL PHP-FPM ignores the mode.
  if (
    ["listen.acl_users", "listen.acl_groups"].some(
      (key) => known(setting(pool, key)) !== null && known(setting(pool, key)) !== "",
    )
  )
    return;
  const octal = taken.toString(8).padStart(4, "0");
  yield {
    ...misreadReport(host, { kind: "calculation", as: octal }, line, pool),
    case: "mode",
    effect: `the socket gets mode ${octal}, nginx may not open it, and every request ends as 502 Bad Gateway`,
    help: helpOf([[replace(host, line.place, "listen.mode = 0660")]]),
  };
}
