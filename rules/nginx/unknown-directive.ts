import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Symptom } from "../../src/engine/rule.js";
import { inWords } from "../../src/help/edit.js";
import { judgedHost } from "../../src/model/nginx-judged.js";
import { holdsMark } from "../../src/nginx/checks/maps.js";
import { factsOf, knownNames, removedIn } from "../../src/nginx/facts/directives.js";
import { foreignNames, isForeign } from "../../src/nginx/facts/foreign.js";
import type { Judged } from "../../src/nginx/tree/judged.js";
import { namePlace } from "../../src/nginx/tree/nodes.js";
import { nearest } from "../../src/source/spelling.js";
import { wordMap } from "../../src/source/word-map.js";

type Case = "misspelt" | "impossible" | "other-version" | "unknown";

const unknown: Symptom = { when: "start", status: null, log: "unknown directive" };

export const unknownDirective = defineRule({
  id: "nginx/unknown-directive",
  about: "host",
  cases: {
    misspelt: {
      severity: "warning",
      symptom: unknown,
      summary: "a name that is close to one that exists",
    },
    impossible: {
      severity: "error",
      symptom: unknown,
      summary: "a name that no module can define, mostly two words without the blank between them",
    },
    "other-version": {
      severity: "error",
      symptom: unknown,
      summary: "a directive that this version of nginx does not have yet, or no longer",
    },
    unknown: {
      severity: "info",
      symptom: unknown,
      summary: "a name that neither nginx nor a widely packaged module has",
    },
  },
  docs: {
    title: "a directive that nginx does not know",
    what: "Fires on names that neither nginx since 1.18.0 nor a widely packaged module defines: as an error where no module could (`if($host`, `location/`, an invisible character in the name), as a warning where the name is close to one that exists, as info else. With `--nginx-version` also, as an error, on directives that this version does not have: `http2 on` came with 1.25.1, `ssl on` went with it.\n\nSilent about third-party modules (headers-more, Lua, brotli, ModSecurity and many others) and nginx's commercial directives, inside blocks of theirs, and inside `map`, `types`, `geo`, `split_clients` and `charset_map`, whose lines are not directives.",
    why: "nginx looks up every name when it reads its files. It does not start with one that no loaded module has, and a reload keeps the old configuration. Which modules are built in or loaded cannot be told from the files for certain, so a plain name that is near nothing is no more than worth knowing.",
    instead:
      "Correct the name, put a blank between the directive and what follows it, or install and load the module that has it.",
    references: ["https://nginx.org/en/docs/dirindex.html"],
    twins: { bad: "bad-misspelt", ok: "ok-spelt" },
  },
  *check(host) {
    const judged = judgedHost(host);
    for (const one of judged?.all ?? []) {
      const found = one.rows.length > 0 ? null : judge(one.node.name, judged?.nginx.version ?? null);
      if (found === null || holdsMark([one.node.directive.name]) || startsWithMark(one)) continue;
      yield report(one, found, judged?.nginx.hasMain === true);
    }
  },
});

/** A byte order mark before a file is the reader's to report. */
function startsWithMark({ node }: Judged): boolean {
  return node.directive.start === 0 && node.name.startsWith("\uFEFF");
}

interface Found extends Pick<Draft<Case>, "message"> {
  readonly case: Case;
  /** One sentence, or the line to write. */
  readonly help: string;
}

/** Names of modules are C identifiers in their sources; a few have dashes or dots. */
const POSSIBLE = /^[A-Za-z_][\w.-]*$/;

let names: readonly string[] | null = null;

/** One list for the whole run: `nearest` remembers what it found in it. */
function everyName(): readonly string[] {
  names ??= [...knownNames(), ...foreignNames()];
  return names;
}

function judge(name: string, version: string | null): Found | null {
  const removed = removedIn(name);
  if (removed !== null || factsOf(name).length > 0) return otherVersion(name, removed, version);
  if (isForeign(name)) return null;
  if (!POSSIBLE.test(name)) return impossible(name);
  // A fifth of the letters: modules name their directives after nginx's own.
  const most = Math.min(3, Math.max(1, Math.floor(name.length / 5)));
  const meant = nearest(name, everyName(), most);
  if (meant === null)
    return {
      case: "unknown",
      message: `neither nginx nor a widely packaged module has a directive "${shown(name)}"`,
      help: "nginx starts only if a module that is built in or loaded with load_module has it",
    };
  const help = `${meant} …;`;
  return { case: "misspelt", message: `nginx has no directive "${name}"; did you mean ${meant}?`, help };
}

function otherVersion(name: string, removed: string | null, version: string | null): Found {
  const added = factsOf(name)[0]?.addedIn ?? "a later version";
  const gone = `nginx ${version === null ? "since 1.18.0" : version} has no directive ${name}, which went with ${removed}`;
  const late = `nginx ${version} has no directive ${name}, which came with ${added}`;
  const message = removed === null ? late : gone;
  const help = HELP.get(name) ?? (removed === null ? `remove it, or update nginx to ${added}` : "remove it");
  return { case: "other-version", message, help };
}

const HELP: ReadonlyMap<string, string> = wordMap({
  ssl: "listen 443 ssl;",
  http2: "listen 443 ssl http2;",
  limit_zone: "limit_conn_zone $binary_remote_addr zone=NAME:10m;",
});

function impossible(name: string): Found {
  const [, word = "", rest = ""] = /^([A-Za-z_]\w*)(.+)$/s.exec(name) ?? [];
  const odd = [...name].find((character) => /[^\x20-\x7e]/.test(character));
  if (odd !== undefined) {
    const code = `U+${(odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    const message = `the directive "${shown(name)}" has the character ${code} in its name, which nginx takes for a letter`;
    return { case: "impossible", message, help: "remove the character, or write a blank in its place" };
  }
  const joined = factsOf(word).length > 0;
  const message = `no module can have a directive "${shown(name)}"`;
  return {
    case: "impossible",
    message: joined ? `${message}: a blank is missing behind ${word}` : message,
    help: joined
      ? `${word} ${rest} …`
      : "a directive begins with its name; quote a value that contains ; or {",
  };
}

/** Invisible characters would not be seen. */
function shown(name: string): string {
  const short = name.length > 60 ? `${name.slice(0, 57)}...` : name;
  return short.replace(/[^\x21-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0xc0 || (code >= 0x2000 && code < 0x2070) || code === 0xfeff || code === 0x3000
      ? `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`
      : character;
  });
}

function report({ node, anchored }: Judged, found: Found, hasMain: boolean): Draft<Case> {
  const guessed = found.case === "misspelt" || found.case === "unknown";
  const certain = guessed || (anchored && hasMain);
  return {
    case: found.case,
    settle: certain ? null : "It is settled when nginx reads this file as it is.",
    message: found.message,
    at: namePlace(node),
    label: `nginx says: unknown directive "${shown(node.name)}"`,
    effect: "nginx does not start, and a reload goes on with the old configuration",
    help: inWords(found.help),
    names: [node.name],
  };
}
