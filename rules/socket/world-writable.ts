import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { setting } from "../../src/fpm/pools.js";
import { readMode } from "../../src/fpm/settings/values.js";
import type { Pool, Setting } from "../../src/fpm/types.js";
import { helpOf, write } from "../../src/help/edit.js";
import { openSocket } from "../../src/help/socket.js";
import { listenAddress } from "../../src/model/build.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import { nginxWorker } from "../../src/model/nginx-worker.js";
import { markdown } from "../../src/source/markdown.js";

const attack = { when: "attack", status: null, log: null } as const;

export const worldWritable = defineRule({
  id: "socket/world-writable",
  about: "pool",
  alike: true,
  cases: {
    "others-write": {
      severity: "warning",
      symptom: attack,
      summary: "every local account may write to the pool's socket",
    },
    container: {
      severity: "info",
      symptom: attack,
      summary: "every account in the container may write to the pool's socket",
    },
  },
  docs: {
    title: "every account on the machine may use the pool's socket",
    fires: ["`listen.mode` lets others write to the Unix socket of a pool"],
    silent: ["the pool listens on TCP", "the mode is unknown"],
    what: markdown`
      In a container, which has no other accounts to speak of, it is only worth knowing. The official
      image's files, \`daemonize = no\` or a Dockerfile show that it is one. The permissions of the directory
      are not checked: a directory that keeps others out makes the mode harmless.
    `,
    why: markdown`
      A client that may connect to the socket chooses the script: \`SCRIPT_FILENAME\` and \`PHP_VALUE\` come
      with the request. So every account that may write to the socket runs any code as the user of the
      pool, and reads that user's files and the passwords in them.
    `,
    instead: markdown`
      \`listen.mode = 0660\` (or no such line: it is the default) with \`listen.owner\` and
      \`listen.group\` set to the account of nginx's workers. For several accounts, \`listen.acl_users\`.
    `,
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#listen-mode"],
  },
  proof: {
    kind: "daemons",
    observe: { "others-write": "socket-mode-others-write", container: "socket-mode-others-write" },
  },
  asksDisk: true,
  *check(pool, host) {
    const mode = setting(pool, "listen.mode");
    if (mode.kind !== "set" || mode.value === null || listenAddress(pool, host.fs)?.kind !== "unix") return;
    // A value that PHP-FPM misreads is left to fpm/invalid-value.
    if (!/^[0-7]+$/.test(mode.value)) return;
    const bits = readMode(mode.value) & 0o777;
    if ((bits & 0o002) === 0) return;
    const user = setting(pool, "user");
    const runs = user.kind === "set" && user.value ? `as ${user.value}` : "as the pool's user";
    yield {
      case: inContainer(host) ? "container" : "others-write",
      message: `listen.mode = ${mode.value} lets every local account write to the socket of pool [${pool.name}], and run any PHP code ${runs}`,
      at: mode.place,
      label: `mode ${octal(bits)}: others may write`,
      effect: `anyone who has an account on the machine, or breaks into one, runs code ${runs}`,
      help: help(host, pool, bits & ~0o007),
      names: [pool.name],
    };
  },
});

/** Field by field: the fields of a setting that was read are not its own. */
function withValue({ key, index, keyPlace, place, header }: Setting, value: string): Setting {
  return { key, index, value, raw: value, keyPlace, place, header };
}

function help(host: Host, pool: Pool, bits: number): HelpDraft {
  const mode = octal(bits | 0o660);
  // A socket that nginx may only open because of its mode has to be given to nginx then.
  const closed = pool.settings.map((one) => (one.key === "listen.mode" ? withValue(one, mode) : one));
  const opened = openSocket(host, nginxWorker(host), { ...pool, settings: closed });
  return helpOf(
    [[write(host, setting(pool, "listen.mode"), `listen.mode = ${mode}`), ...(opened ?? [])]],
    opened === null ? "listen.owner and listen.group must then be the account of nginx's workers" : null,
  );
}

function octal(bits: number): string {
  return bits.toString(8).padStart(4, "0");
}
