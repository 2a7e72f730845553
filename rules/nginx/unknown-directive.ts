import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft, TextEdit } from "../../src/engine/help.js";
import type { Symptom } from "../../src/engine/rule.js";
import { nginxDown, unreadContext } from "../../src/evidence/nginx-lines.js";
import { helpOf, inWords, replaceWord } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { holdsMark } from "../../src/nginx/checks/maps.js";
import { factsOf, knownNames, removedIn } from "../../src/nginx/facts/directives.js";
import { foreignNames, isForeign } from "../../src/nginx/facts/foreign.js";
import type { Judged } from "../../src/nginx/tree/judged.js";
import { namePlace } from "../../src/nginx/tree/nodes.js";
import { characterName } from "../../src/source/bytes.js";
import { markdown } from "../../src/source/markdown.js";
import { nearest } from "../../src/source/spelling.js";
import { wordMap } from "../../src/source/word-map.js";

type Case = "misspelt" | "impossible" | "other-version" | "unknown";

const unknown: Symptom = { when: "start", status: null, log: "unknown directive" };

export const unknownDirective = defineRule({
  id: "nginx/unknown-directive",
  about: "directive",
  alike: true,
  cases: {
    misspelt: {
      severity: "warning",
      symptom: unknown,
      summary: "a name that is close to an existing one",
    },
    impossible: {
      severity: "error",
      symptom: unknown,
      summary: "a name that no module can define, mostly two words without the space between them",
    },
    "other-version": {
      severity: "error",
      symptom: unknown,
      summary: "a directive that this version of nginx does not have yet, or no longer has",
    },
    unknown: {
      severity: "info",
      symptom: unknown,
      summary: "a name that neither nginx nor a widely packaged module has",
    },
  },
  docs: {
    title: "a directive that nginx does not know",
    fires: [
      markdown`
        neither nginx since 1.18.0 nor a widely packaged module defines the name: an error where no
        module could (\`if($host\`, \`location/\`, an invisible character in the name), a warning where
        the name is close to an existing one, otherwise info
      `,
      markdown`
        \`--nginx-version\` names a version that does not have the directive, which is an error:
        \`http2 on\` came with 1.25.1, and \`ssl on\` went with it
      `,
    ],
    silent: [
      markdown`
        the directive belongs to a third-party module (headers-more, Lua, brotli, ModSecurity and many
        others) or to the commercial nginx, or is inside a block of one
      `,
      markdown`
        the line is inside \`map\`, \`types\`, \`geo\`, \`split_clients\` or \`charset_map\`, whose
        lines are not directives
      `,
    ],
    why: markdown`
      nginx looks up every name when it reads its files. It does not start with a name that no loaded
      module has, and a reload keeps the old configuration. The files do not say for certain which
      modules are built in or loaded, so a plain name that resembles nothing is only worth knowing.
    `,
    instead: markdown`
      Correct the name, put a space between the directive and what follows it, or install and load the
      module that has it.
    `,
    references: ["https://nginx.org/en/docs/dirindex.html"],
    twins: { bad: "bad-misspelt", ok: "ok-spelt" },
  },
  *check(one, { nginx }, host) {
    const found = one.rows.length > 0 ? null : judge(one.node.name, nginx.version);
    if (found === null || holdsMark([one.node.directive.name]) || startsWithMark(one)) return;
    yield report(host, one, found, nginx.hasMain);
  },
});

/** The reader reports a byte order mark at the start of a file. */
function startsWithMark({ node }: Judged): boolean {
  return node.directive.start === 0 && node.name.startsWith("\uFEFF");
}

interface Found extends Pick<Draft<Case>, "message"> {
  readonly case: Case;
  /** The name that is meant, or the name and a word after it; `null`: nothing tells. */
  readonly meant: string | null;
  /** One sentence, or the line to write, where nothing tells which name is meant. */
  readonly help: string;
}

/** Modules name their directives with C identifiers; a few have dashes or dots. */
const POSSIBLE = /^[A-Za-z_][\w.-]*$/;

let names: readonly string[] | null = null;

/** One list for the whole run, because `nearest` remembers what it found in a list. */
function everyName(): readonly string[] {
  names ??= [...knownNames(), ...foreignNames()];
  return names;
}

function judge(name: string, version: string | null): Found | null {
  const removed = removedIn(name);
  if (removed !== null || factsOf(name).length > 0) return otherVersion(name, removed, version);
  if (isForeign(name)) return null;
  if (!POSSIBLE.test(name)) return impossible(name);
  // At most a fifth of the letters, because modules name their directives after nginx's own.
  const most = Math.min(3, Math.max(1, Math.floor(name.length / 5)));
  const meant = nearest(name, everyName(), most);
  if (meant === null)
    return {
      case: "unknown",
      message: `neither nginx nor a widely packaged module has a directive "${shown(name)}"`,
      meant,
      help: "nginx only starts if a module that is built in or loaded with load_module has it",
    };
  const message = `nginx has no directive "${name}"; did you mean ${meant}?`;
  return { case: "misspelt", message, meant, help: "" };
}

function otherVersion(name: string, removed: string | null, version: string | null): Found {
  const added = factsOf(name)[0]?.addedIn ?? "a later version";
  const gone = `nginx ${version === null ? "since 1.18.0" : version} has no directive ${name}, which was removed in ${removed}`;
  const late = `nginx ${version} has no directive ${name}, which was added in ${added}`;
  const message = removed === null ? late : gone;
  const help = HELP.get(name) ?? (removed === null ? `remove it, or update nginx to ${added}` : "remove it");
  return { case: "other-version", message, meant: null, help };
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
    const code = characterName(odd);
    const what = code.startsWith("0x") ? "byte" : "character";
    const message = `the directive "${shown(name)}" has the ${what} ${code} in its name, and nginx reads that as a letter`;
    const help = "remove the character, or replace it with a space";
    return { case: "impossible", message, meant: withoutOdd(name), help };
  }
  const joined = factsOf(word).length > 0;
  const message = `no module can have a directive "${shown(name)}"`;
  return {
    case: "impossible",
    message: joined ? `${message}: a space is missing after ${word}` : message,
    meant: joined ? `${word} ${rest}` : null,
    help: "a directive begins with its name; quote a value that contains ; or {",
  };
}

/** What is left without the characters that no name has; `null` when that is not the name of a directive. */
function withoutOdd(name: string): string | null {
  const plain = name.replace(/[^\x21-\x7e]/gu, "");
  const parted = name.replace(/[^\x21-\x7e]+/gu, " ");
  const known = (text: string): boolean => factsOf(text).length > 0;
  if (known(plain)) return plain;
  return known(parted.split(" ")[0] ?? "") ? parted : null;
}

/** Invisible characters are written as their codes. */
function shown(name: string): string {
  const short = name.length > 60 ? `${name.slice(0, 57)}...` : name;
  return short.replace(/[^\x21-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0xc0 || (code >= 0x2000 && code < 0x2070) || code === 0xfeff || code === 0x3000
      ? `<${characterName(character)}>`
      : character;
  });
}

function report(host: Host, { node, anchored }: Judged, found: Found, hasMain: boolean): Draft<Case> {
  const guessed = found.case === "misspelt" || found.case === "unknown";
  const certain = guessed || (anchored && hasMain);
  return {
    case: found.case,
    settle: certain ? null : unreadContext,
    message: found.message,
    at: namePlace(node),
    label: `nginx says: unknown directive "${shown(node.name)}"`,
    effect: nginxDown,
    // Of a file with a million of them few are listed.
    help: () => help(found, found.meant === null ? null : replaceWord(host, namePlace(node), found.meant)),
    names: [node.name],
  };
}

/** A module may have the name that looks misspelt, so somebody should look at it. */
function help({ case: name, help: words }: Found, edit: TextEdit | null): HelpDraft {
  if (edit === null) return inWords(words);
  return name === "misspelt" ? { ways: [{ safety: "review", edits: [edit] }], notes: [] } : helpOf([[edit]]);
}
