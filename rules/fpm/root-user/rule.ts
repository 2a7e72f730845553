import { type Draft, defineRule } from "../../../src/engine/define.js";
import { fpmDown, isMisspelt } from "../../../src/evidence/fpm-lines.js";
import { setting } from "../../../src/fpm/pools.js";
import type { Pool } from "../../../src/fpm/types.js";
import { addInto, helpOf, replace } from "../../../src/help/edit.js";
import type { ContainerFacts } from "../../../src/host/spec.js";
import { inContainer } from "../../../src/model/container.js";
import type { Host } from "../../../src/model/host.js";
import { nginxWorker } from "../../../src/model/nginx-worker.js";
import type { Place } from "../../../src/source/file.js";
import { markdown } from "../../../src/source/markdown.js";
import { olderThan } from "../../../src/source/version.js";
import { mayRunAsRoot } from "./allowed-root.js";

const start = (log: string) => ({ when: "start", status: null, log }) as const;

interface Root {
  readonly place: Place;
  readonly message: string;
  readonly label: string;
  /** What to write instead of the line. */
  readonly line: string;
}

type Case = "root" | "missing" | "missing-reworded";

/** The first PHP that says it in other words; seen in 8.5.7, and not in 8.4.27. */
const OTHER_WORDS = "8.5";

export const rootUser = defineRule({
  id: "fpm/root-user",
  about: "host",
  alike: true,
  reads: ["account"],
  asksDisk: true,
  cases: {
    root: {
      severity: "error",
      symptom: start("please specify user and group other than root"),
      summary: "a pool whose workers would be root, or in group root",
    },
    missing: {
      severity: "error",
      symptom: start("user has not been defined"),
      summary: "a pool without user in a PHP-FPM that root starts",
    },
    "missing-reworded": {
      severity: "error",
      symptom: start(
        "'user' directive has not been specified when running as a root without --allow-to-run-as-root",
      ),
      summary: "the same in PHP 8.5 and later, which says it in other words",
    },
  },
  docs: {
    title: "a pool that would run as root",
    fires: [
      "`user` or `group` of a pool is root, by name or by number",
      "`user` is empty",
      "the primary group of the account is root's",
      "`user` is a number without an account, and `group` does not say which group",
      "a pool has no `user` at all",
    ],
    silent: [
      "a command line in the tree has `-R`",
      "a pool has no `user`, and it is in a container or files are missing",
    ],
    what: markdown`
      A pool without \`user\` is certain only on a whole host that is not a container. A master that
      does not run as root needs no \`user\`, so it is a warning if nothing else names an account. In a
      container \`user = root\` is a warning, because images that mean it start PHP-FPM with \`-R\`.
    `,
    why: markdown`
      Anyone who can make a script run would be root. PHP-FPM refuses to start or reload like that
      unless \`-R\` (\`--allow-to-run-as-root\`) allows it. For \`user = root\`, \`php-fpm -t\` says nothing,
      and only the start fails. Then every pool of that master is down.
    `,
    instead: markdown`
      Write \`user = www-data\` and \`group = www-data\` in each pool, or better, an account that only
      this site uses.
    `,
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#user"],
    twins: { bad: "bad-missing", ok: "ok-user" },
  },
  *check(host) {
    const found = host.pools.flatMap((pool) => {
      const user = setting(pool, "user");
      if (isMisspelt(pool, "user") || user.kind === "unknown") return [];
      if (factsOf(host, pool)?.allowsRoot === true) return [];
      return (user.value === null ? missing(host, pool) : root(host, pool, user.value)) ?? [];
    });
    if (found.length > 0 && !mayRunAsRoot(host)) yield* found;
  },
});

/** What describes the container that a pool runs in; `null`: nothing does. */
function factsOf(host: Host, { master }: Pool): ContainerFacts | null {
  const machine = host.machines.get(master);
  return machine === undefined ? host.container : machine.facts;
}

function root(host: Host, pool: Pool, user: string): Draft<Case> | null {
  const found = rootAccount(host, pool, user);
  if (found === null) return null;
  const settle = inContainer(host)
    ? "The command line of the image would settle it: with -R PHP-FPM starts anyway."
    : pool.master.main === null
      ? "The main file and the command line of this PHP-FPM would settle it: with -R it starts anyway."
      : null;
  return {
    case: "root",
    settle,
    message: found.message,
    at: found.place,
    label: found.label,
    effect: fpmDown,
    help: helpOf(
      [[replace(host, found.place, found.line)]],
      "an account that only this site uses is better still",
    ),
    names: [pool.name],
  };
}

function rootAccount(host: Host, pool: Pool, user: string): Root | null {
  const set = setting(pool, "user");
  const group = setting(pool, "group");
  if (set.kind !== "set" || group.kind === "unknown") return null;
  const at = (message: string, label: string): Root => ({
    place: set.place,
    message,
    label,
    line: "user = www-data",
  });
  const name = `pool [${pool.name}]`;
  if (user === "") return at(`user of ${name} is empty, which means root`, "no account is named");
  if (isZero(host, "user", user))
    return at(`user of ${name} is ${user}: its workers would be root`, "this is root");
  if (group.kind === "set" && group.value) {
    if (!isZero(host, "group", group.value)) return null;
    const message = `group of ${name} is ${group.value}: its workers would be in root's group`;
    return { place: group.place, message, label: "this is root's group", line: "group = www-data" };
  }
  return primaryGroup(host, pool, user, at);
}

/** Without `group` it is the primary group of the account; a number without an account has none. */
function primaryGroup(
  host: Host,
  pool: Pool,
  user: string,
  at: (message: string, label: string) => Root,
): Root | null {
  const number = /^\d+$/.test(user);
  const { phpVersion } = pool.master;
  const none = `user of pool [${pool.name}] is ${user}, and without group`;
  if (number && phpVersion !== null && olderThan(phpVersion, "8.2"))
    return at(`${none} PHP-FPM ${phpVersion} uses group 0, which is root's`, "a number has no group");
  if (!host.accounts.known) return null;
  const account = host.accounts.user(user);
  if (account === null) {
    if (!number || phpVersion === null) return null;
    return at(
      `${none} it is in root's group 0, because the host has no such account`,
      "no account has this number",
    );
  }
  if (!isZero(host, "group", account.group)) return null;
  return at(`user of pool [${pool.name}] is ${user}, whose primary group is root's`, "its group is root");
}

function isZero(host: Host, kind: "user" | "group", name: string): boolean {
  if (/^\d+$/.test(name)) return Number(name) === 0;
  const account = host.accounts[kind](name);
  return account?.id === 0 || (account?.id === null && name === "root");
}

function missing(host: Host, pool: Pool): Draft<Case> | null {
  if (inContainer(host) || pool.master.main === null) return null;
  const { phpVersion } = pool.master;
  const others = pool.master.pools.some((one) => setting(one, "user").kind === "set");
  if (!host.whole && !others) return null;
  const named = others || nginxWorker(host).kind === "set";
  const certain = host.whole && named;
  return {
    case: phpVersion !== null && !olderThan(phpVersion, OTHER_WORDS) ? "missing-reworded" : "missing",
    settle: certain
      ? null
      : "The account that starts this PHP-FPM would settle it: only root needs a user in its pools.",
    message: `pool [${pool.name}] does not set user, and PHP-FPM has no default for it when root starts it`,
    at: pool.section,
    label: "no user in this pool",
    effect: fpmDown,
    help: helpOf([[addInto(host, pool.section, "user = www-data", "group = www-data")]]),
    names: [pool.name],
  };
}
