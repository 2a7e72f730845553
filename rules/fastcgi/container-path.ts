import { type Draft, defineRule } from "../../src/engine/define.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { certainty } from "../../src/evidence/grouping.js";
import { withLostScript } from "../../src/evidence/lost-script.js";
import { linkOf, namesOf, type Pair, pairsOf } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import { helpOf, inWords } from "../../src/help/edit.js";
import { literalRoot, type SentScript, sentScript, writeScript } from "../../src/help/script-filename.js";
import { normalizePath } from "../../src/host/path.js";
import type { ContainerFacts, MountedAt } from "../../src/host/spec.js";
import type { Host } from "../../src/model/host.js";
import { isUnset, scriptsAt } from "../../src/model/request/paths.js";
import { scriptPath } from "../../src/model/request/script-path.js";
import { surelyPassed } from "../../src/nginx/location/passed.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { type Place, placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** A location whose scripts PHP-FPM looks for where its own container does not have them. */
interface Lost extends Pair {
  readonly sent: SentScript;
  /** What says the directory: `root`, or SCRIPT_FILENAME itself. */
  readonly place: Place;
  readonly directory: string;
  readonly facts: ContainerFacts;
  /** A script that nginx's container has there, and PHP's container does not; `null`: PHP's has nothing there. */
  readonly script: string | null;
}

type Case = "nothing-there" | "other-files";

const notFound = { when: "always", status: 404, log: "Primary script unknown" } as const;

export const containerPath = defineRule({
  id: "fastcgi/container-path",
  about: "site",
  alike: true,
  cases: {
    "nothing-there": {
      severity: "error",
      symptom: notFound,
      seen: ["file not found"],
      summary: "PHP's container has nothing where nginx has it look for scripts",
    },
    "other-files": {
      severity: "error",
      symptom: notFound,
      seen: ["file not found"],
      summary: "PHP's container has other files where nginx has it look for scripts",
    },
  },
  docs: {
    title: "the two containers have the scripts at different paths",
    fires: [
      markdown`
        nginx and PHP-FPM run in two containers, and the directory of SCRIPT_FILENAME, which is that of nginx's
        \`root\` or is written out, is nowhere in PHP's container: nothing is mounted there, copied there or made
        by its image
      `,
      "PHP's container has another directory of the tree there, without the scripts that nginx passes on",
    ],
    silent: [
      "PHP's container has the directory, by whatever mount, copy or volume",
      "its image is not known, or a command of its Dockerfile may make the directory",
      "the location has an `alias`, or the root has a variable in it",
      "the pool has a `chroot`",
    ],
    what: markdown`
      Where PHP's image is built by a Dockerfile it is only a warning, because a command or a script of the image
      may put files there.
    `,
    why: markdown`
      nginx sends a path, and PHP-FPM opens that path in its own container. Where the files are mounted at
      another path, PHP-FPM answers \`404\` with \`File not found.\` to every request, and logs
      \`Primary script unknown\`.
    `,
    instead: markdown`
      Mount the files at the same path in both containers. Or send PHP's path:
      \`fastcgi_param SCRIPT_FILENAME /app$fastcgi_script_name;\`.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_param",
      "https://docs.docker.com/reference/compose-file/services/#volumes",
    ],
    twins: { bad: "bad-two-paths", ok: "ok-one-path" },
  },
  proof: {
    kind: "none",
    reason:
      "each container has a file system of its own, and a proof runs on one machine; PHP-FPM opens SCRIPT_FILENAME as it is sent (fpm_main.c of PHP 8.2)",
  },
  reads: ["directory"],
  asksDisk: true,
  *find(binding, host): Generator<Lost> {
    if (host.container === null || effectiveNode(binding.block, "alias").kind !== "default") return;
    const sent = sentScript(binding);
    if (sent === null) return;
    const path = scriptPath(sent.param.value);
    const root = path.kind === "follows-uri" ? literalRoot(binding) : null;
    const written = path.kind === "literal-directory" ? path.directory : (root?.path ?? null);
    if (written === null) return;
    const directory = normalizePath(written);
    for (const pair of pairsOf(binding)) {
      const machine = host.machines.get(pair.pool.master);
      const facts = machine?.facts;
      if (machine === undefined || facts == null || !isUnset(setting(pair.pool, "chroot"))) continue;
      const found = { ...pair, sent, place: root?.place ?? sent.at, directory, facts };
      if (facts.surelyLacks(directory)) yield { ...found, script: null };
      else if (root !== null) {
        const there = machine.fs.entry(directory);
        const names = there.kind === "directory" ? new Set(there.names) : null;
        const lost = scriptsAt(host, directory).find(
          (name) =>
            names?.has(name) === false && surelyPassed(binding.location, binding.server, `/${name}`, true),
        );
        if (lost !== undefined && facts.mountOf(directory)?.treePath != null)
          yield { ...found, script: lost };
      }
    }
  },
  cause: ({ place, facts, script }) => `${placeKey(place)} ${facts.label} ${script !== null}`,
  report: (group, host) => report(host, group),
});

function report(host: Host, group: readonly [Lost, ...Lost[]]): Draft<Case> {
  const [lost] = group;
  const { binding, sent, place, directory, facts, script, pool } = lost;
  const ours = host.container?.mountOf(directory) ?? null;
  const theirs = ours?.treePath == null ? null : facts.seenAt(ours.treePath);
  const instead = theirs === null ? "" : `; the files are at ${theirs.path} there`;
  const what = script === null ? `has nothing at ${directory}` : `has no ${script} at ${directory}`;
  const built = host.machines.get(pool.master)?.facts?.builtHere === true;
  return {
    case: script === null ? "nothing-there" : "other-files",
    settle: built
      ? "The image would settle it: a command or a script of it may put files there."
      : (certainty(lost).settle ?? null),
    message: `${facts.label}, where PHP-FPM runs, ${what}, where nginx has it look for scripts${instead}`,
    at: place,
    label: `nginx sends paths below ${directory}`,
    link: linkOf(lost),
    related: [
      ...mounted(theirs, `the files are mounted at ${theirs?.path} for PHP-FPM`),
      ...mounted(ours, `nginx has them at ${directory}`),
    ],
    ...withLostScript(
      'every request to this location ends as 404 with "File not found."',
      group.map((one) => one.binding),
    ),
    help:
      theirs === null
        ? inWords(`also mount the scripts at ${directory} in ${facts.label}`)
        : helpOf(
            [[writeScript(host, binding, sent, `${theirs.path}$fastcgi_script_name`)]],
            `or mount the files at ${directory} in ${facts.label}`,
          ),
    names: namesOf(binding, pool),
  };
}

function mounted(at: MountedAt | null, message: string): readonly RelatedReport[] {
  return at === null ? [] : [{ place: at.place, message }];
}
