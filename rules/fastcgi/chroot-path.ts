import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { certainty, poolKey } from "../../src/evidence/grouping.js";
import { isAsSent } from "../../src/evidence/lost-script.js";
import { linkOf, namesOf, type Pair, pairsOf } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { passTo } from "../../src/help/address.js";
import { helpOf } from "../../src/help/edit.js";
import { literalRoot, type SentScript, sentScript, writeScript } from "../../src/help/script-filename.js";
import { normalizePath } from "../../src/host/path.js";
import { compare } from "../../src/intent/address-slip.js";
import type { Binding, Host } from "../../src/model/host.js";
import { poolListens } from "../../src/model/listen/pool-listens.js";
import { jailOf } from "../../src/model/request/chroot.js";
import { phpSwitch, usesOpcache } from "../../src/model/request/opcache.js";
import { isUnset } from "../../src/model/request/paths.js";
import { headPlace } from "../../src/nginx/tree/nodes.js";
import type { SetValue } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

interface Outer extends Pair {
  readonly sent: SentScript;
  readonly chroot: SetValue<string>;
  /** The directory that the parameter begins with, as seen from outside the chroot. */
  readonly directory: string;
  /** What follows the directory. */
  readonly rest: string;
  /** Whether the directory is in the chroot at all. */
  readonly within: boolean;
}

const ROOT = /^\$\{?(document_root|realpath_root|request_filename)\b\}?/;

export const chrootPath = defineRule({
  id: "fastcgi/chroot-path",
  about: "site",
  mayApply: ({ pools }) => pools.some((pool) => jailOf(pool) !== null),
  reads: ["directory"],
  cases: {
    "outer-root": {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "SCRIPT_FILENAME is a path from outside the pool's chroot",
    },
    "other-root": {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "the scripts are not in the pool's chroot, as where it is that of another site",
    },
    "outer-root-as-sent": {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Unable to open primary script: " },
      summary: "the same as outer-root with cgi.fix_pathinfo = 0",
    },
    "other-root-as-sent": {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Unable to open primary script: " },
      summary: "the same as other-root with cgi.fix_pathinfo = 0",
    },
  },
  docs: {
    title: "a path from outside the pool's chroot",
    fires: [
      markdown`
        a pool has a \`chroot\`, and the \`SCRIPT_FILENAME\` that nginx sends it begins with a directory
        in that chroot as it is called from outside: the \`root\` of the location, or a path that is
        written out
      `,
      markdown`
        that directory is elsewhere, and the tree holds the chroot and nothing of that path inside it: the pool
        belongs to another site
      `,
    ],
    silent: [
      "that path also exists inside the chroot",
      "the `root` is elsewhere and the chroot is not in the tree (it may hold a tree of its own)",
      "the `chroot` or the path is unknown",
    ],
    what: markdown`
      It is only a warning where the tree holds nothing of the chroot, so that a link inside it would go
      unseen.
    `,
    why: markdown`
      Inside the chroot, PHP-FPM's \`/\` is the directory that \`chroot\` names. It looks for
      \`/srv/site/public/index.php\` below \`/srv/site\` and finds nothing: 404 \`File not found.\`,
      \`Primary script unknown\`. With \`cgi.fix_pathinfo = 0\` it is 404 \`No input file specified.\` and
      \`Unable to open primary script\`.
    `,
    instead: markdown`
      Send the path as PHP-FPM sees it: \`fastcgi_param SCRIPT_FILENAME /public$fastcgi_script_name;\`.
    `,
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#chroot",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_param",
    ],
  },
  asksDisk: true,
  find: outer,
  cause(one) {
    const { file, start } = one.sent.at.span;
    return `${poolKey(one)} ${file.path}:${start} ${one.directory}`;
  },
  report([first, ...others], host) {
    const { binding, pool, sent, chroot, directory, rest, within } = first;
    const inside = directory.slice(chroot.value.length);
    const jail = `pool [${pool.name}] runs in the chroot ${chroot.value}`;
    return {
      case: caseOf(first),
      ...evidence(host, first),
      message: within
        ? `SCRIPT_FILENAME begins with ${directory}, but ${jail}, where that directory is ${inside || "/"}`
        : `SCRIPT_FILENAME begins with ${directory}, but ${jail}, which has no ${directory}`,
      at: sent.at,
      label: "a path from outside the chroot",
      link: linkOf(first),
      related: [
        { place: chroot.place, message: "the root of the pool's file system" },
        ...others.map((one) => ({
          place: headPlace(one.binding.location),
          message: `${one.binding.label} also sends it`,
        })),
      ],
      ...seenByClients(
        isAsSent(pool)
          ? "every request to this location ends as 404 No input file specified"
          : "every request to this location ends as 404 File not found",
        [first, ...others].map((one) => one.binding),
      ),
      help: within
        ? helpOf([[writeScript(host, binding, sent, `${inside}${rest}`)]], alikeInside(pool))
        : elsewhere(host, first),
      names: namesOf(binding, pool),
    };
  },
});

function caseOf({ within, pool }: Outer) {
  if (isAsSent(pool)) return within ? "outer-root-as-sent" : "other-root-as-sent";
  return within ? "outer-root" : "other-root";
}

/** The one pool without a chroot, or what to choose. */
function elsewhere(host: Host, { target, directory }: Outer): HelpDraft {
  const free = poolListens(host).listens.filter(({ pool }) => isUnset(setting(pool, "chroot")));
  const [only] = free;
  const address =
    only === undefined || free.length > 1 ? null : compare(host, only, target.address)?.nginxAddress;
  return helpOf(
    [address == null ? null : [passTo(host, target, address)]],
    address == null ? `pass to a pool without a chroot, or to one whose chroot holds ${directory}` : null,
  );
}

/** What to look out for where another pool of the master has a chroot of its own; `null`: none has. */
function alikeInside(pool: Pool): string | null {
  const jail = jailOf(pool)?.value;
  const others = pool.master.pools.some((one) => (jailOf(one)?.value ?? jail) !== jail);
  return others && usesOpcache(pool) === true && phpSwitch(pool, "opcache.validate_root") === false
    ? "other pools have chroots of their own: where a path is the same inside two of them, opcache.validate_root = 1 in php.ini keeps OPcache from taking their scripts for one"
    : null;
}

/** A link inside the chroot may lead back to the path; where the tree lacks the chroot, nobody knows. */
function evidence(host: Host, one: Outer): ReturnType<typeof certainty> {
  const known = certainty(one);
  const { value } = one.chroot;
  const path = `${value}${one.directory}`;
  if (known.settle || host.whole || (one.within && host.fs.entry(value).kind === "directory")) return known;
  const why = one.within ? `${value} is not among the files` : "not all of the host is among the files";
  const settle = `Whether ${path} exists, as a link for instance, is unknown: ${why}.`;
  return { settle };
}

function* outer(one: Binding, host: Host): Generator<Outer> {
  for (const pair of pairsOf(one)) {
    const chroot = jailOf(pair.pool);
    const sent = sentScript(pair.binding);
    const path = chroot === null || sent === null ? null : pathOf(pair, sent);
    if (chroot === null || sent === null || path === null) continue;
    const { value: jail } = chroot;
    const within = `${path.directory}/`.startsWith(`${jail}/`);
    if (jail === "/" || (!within && !isHeld(host, jail))) continue;
    // A link or a copy inside may make the path right there.
    if (host.fs.entry(normalizePath(`${jail}${path.directory}`)).kind !== "missing") continue;
    yield { ...pair, ...path, sent, chroot, within };
  }
}

/** Whether the tree holds the directory, with something in it. */
function isHeld(host: Host, directory: string): boolean {
  const entry = host.fs.entry(directory);
  return entry.kind === "directory" && entry.names.length > 0;
}

function pathOf(
  { binding }: Pair,
  { param: { value } }: SentScript,
): Pick<Outer, "directory" | "rest"> | null {
  const root = ROOT.exec(value);
  if (root !== null) {
    const written = literalRoot(binding);
    if (written === null) return null;
    // The root alone is not a script, in a chroot or not.
    const rest = root[1] === "request_filename" ? "$fastcgi_script_name" : value.slice(root[0].length);
    return rest === "" ? null : { directory: normalizePath(written.path), rest };
  }
  const [, literal, rest] = /^(\/[^$]*?)\/?((?:\$|\/[^/$]+$).*)$/.exec(value) ?? [];
  return literal === undefined || rest === undefined ? null : { directory: normalizePath(literal), rest };
}
