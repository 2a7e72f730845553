import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { type Passed, scriptOf, sentParam } from "../../src/evidence/scripts.js";
import { setting } from "../../src/fpm/pools.js";
import { helpOf, replaceWord } from "../../src/help/edit.js";
import { directoryOf } from "../../src/host/path.js";
import type { AnswerWay } from "../../src/model/answer/types.js";
import type { Binding, Host } from "../../src/model/host.js";
import { requestValues, sentValue } from "../../src/model/request/php-settings.js";
import { rootOf } from "../../src/model/request/root.js";
import { headPlace } from "../../src/nginx/tree/nodes.js";
import { type Effective, known } from "../../src/source/effective.js";
import { type Place, placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { perKey } from "../../src/source/memo.js";

interface ShutOut {
  readonly binding: Binding;
  readonly asked: Passed;
  /** The script as PHP-FPM opens it. */
  readonly script: string;
  /** The `open_basedir`, its value. */
  readonly wall: Place;
  readonly list: string;
  readonly pool: AnswerWay["pool"];
  /** Whether its directory is in the tree, so that no link leads elsewhere. */
  readonly held: boolean;
}

const wallsOf = perKey((host: Host) => requestValues(host, "open_basedir"));

function isWall(value: Effective<string | null>): boolean {
  if (value.kind !== "unknown") return value.value !== null && value.value !== "";
  // One with variables is known in a request.
  const span = value.place?.span;
  return span !== undefined && /open_basedir/.test(span.file.text.slice(span.start, span.end));
}

/** Names of links that a deployment sets. */
const SWITCHED = /\/(?:active|current|latest|live|releases?)\//i;

export const openBasedir = defineRule({
  id: "request/open-basedir",
  about: "site",
  alike: true,
  cases: {
    "shut-out": {
      severity: "error",
      symptom: { when: "always", status: 404, log: "(Operation not permitted)" },
      seen: ["no input file specified"],
      summary: "open_basedir does not hold the scripts that the location runs",
    },
  },
  docs: {
    title: "open_basedir shuts out the script itself",
    fires: [
      markdown`
        the script of a URL that surely reaches a pool is outside every directory of the \`open_basedir\` in
        effect, whether it is in the pool, in php.ini, or in \`PHP_VALUE\` or \`PHP_ADMIN_VALUE\`
        (a warning where the directory of the script is not in the tree, for it may be a link)
      `,
    ],
    silent: [
      "a directory of the list is relative, or a part of the list is not known",
      "a link in the tree leads into the list, or the script is below a name that is usually a link (`current`)",
      "another location of the pool passes an `open_basedir` of its own, which stays in the worker",
    ],
    why: markdown`
      PHP opens the script itself only if it is in one of these directories. Otherwise the answer is 404
      with the text \`No input file specified.\`, and the reason is only in the log of nginx.
      It happens where a site is moved or its pool is copied from another one, and where a tool such as
      phpMyAdmin lies outside the site.
    `,
    instead: markdown`
      Add the directory of the site: \`php_admin_value[open_basedir] = /srv/shop:/tmp\`. A directory without
      a slash at the end is that directory and what is below it.
    `,
    references: ["https://www.php.net/manual/en/ini.core.php#ini.open-basedir"],
    twins: { bad: "bad-pool", ok: "ok-above" },
  },
  asksDisk: true,
  reads: ["directory"],
  proof: {
    kind: "daemons",
    requests: [{ path: "/index.php" }, { path: "/tool/index.php" }],
  },
  *find(binding, host): Generator<ShutOut> {
    if (binding.serves !== "php") return;
    const walls = wallsOf(host);
    const pools = binding.targets.flatMap((target) => target.pools);
    // Asked only where there is a wall.
    if (!pools.some((pool) => isWall(walls(binding, pool)))) return;
    const asked = scriptOf(host, binding);
    if (asked === null || asked.answers.length === 0) return;
    const [first] = asked.answers;
    const all = asked.answers.every(
      ({ answer }) => answer.kind === "refused" && answer.reason === "open-basedir",
    );
    if (first?.answer.kind !== "refused" || first.answer.place === null || !all) return;
    const { place, path } = first.answer;
    // Of a list with variables the value that this request gets.
    const sent = sentValue(asked.outcome.params, "open_basedir");
    const list = listAt(place) ?? (sent === null ? null : (known(sent) ?? null));
    if (list === null || /(?:^|:)(?!\/|:|$)/.test(list)) return;
    const held = host.fs.entry(directoryOf(path)).kind === "directory";
    if (!held && SWITCHED.test(path)) return;
    yield { binding, asked, script: path, wall: place, list, pool: first.pool, held };
  },
  cause: ({ wall, script }) => `${placeKey(wall)} ${directoryOf(script)}`,
  report([first, ...others], host) {
    const { binding, script, wall, asked, list, held } = first;
    return {
      case: "shut-out",
      settle: held
        ? null
        : `Whether ${directoryOf(script)} is a link into one of these directories would settle it.`,
      message: `${binding.label} runs ${script}, which is in none of the directories of open_basedir, ${list}`,
      at: wall,
      label: "does not hold the script",
      related: [
        ...shownRoot(binding, wall),
        { place: headPlace(binding.pass), message: `${binding.label} passes ${asked.target}` },
        ...others.map((one) => ({
          place: headPlace(one.binding.location),
          message: `also ${one.binding.label}`,
        })),
      ],
      ...seenByClients(
        "every request to these scripts ends as 404 with the text No input file specified.",
        [first, ...others].map((one) => one.binding),
      ),
      help: help(host, first),
      names: namesOf(binding, first.pool),
    };
  },
});

/** The list as it is written at a place: the value alone, or a parameter of nginx that has it. */
function listAt({ span }: Place): string | null {
  const list = listIn(span.file.text.slice(span.start, span.end));
  return /[${}]/.test(list) ? null : list;
}

function listIn(text: string): string {
  const plain = text.replace(/^["']|["']$/g, "");
  const inside = /(?:^|\\n|\n)[ \t]*open_basedir[ \t]*=[ \t]*["']?([^"'\n\\;]*)/.exec(plain)?.[1] ?? plain;
  return inside.trim();
}

const DOCUMENT_ROOT = /\$(?:document_root\b|\{document_root\})/;

function shownRoot({ block }: Binding, { span }: Place) {
  const variable = DOCUMENT_ROOT.test(span.file.text.slice(span.start, span.end));
  const { node, alias } = rootOf(block);
  return node === null || alias !== null
    ? []
    : [{ place: headPlace(node), message: variable ? "$document_root is this" : "the root of the scripts" }];
}

/** The root of the site is added, in the words of the list that is there. */
function help(host: Host, { wall, asked, script, pool }: ShutOut): HelpDraft {
  const root = sentParam(asked.outcome, "DOCUMENT_ROOT");
  const directory = root !== null && script.startsWith(`${root}/`) ? root : directoryOf(script);
  const text = wall.span.file.text.slice(wall.span.start, wall.span.end);
  const chroot = known(setting(pool, "chroot"));
  if (chroot && DOCUMENT_ROOT.test(text))
    return helpOf(
      [[replaceWord(host, wall, text.replace(DOCUMENT_ROOT, "/"))]],
      `the directories count inside the chroot ${chroot}`,
    );
  const written = listIn(text);
  const at = written === "" ? -1 : text.indexOf(written);
  if (at === -1 || directory === "") return helpOf([], `add ${directory} to open_basedir`);
  const longer = `${text.slice(0, at)}${written.replace(/:$/, "")}:${directory}${text.slice(at + written.length)}`;
  return helpOf([[replaceWord(host, wall, longer)]]);
}
