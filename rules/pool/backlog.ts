import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Edit } from "../../src/engine/help.js";
import type { OptionsSchema } from "../../src/engine/rule.js";
import { seenByClientsOf } from "../../src/evidence/asked.js";
import { setting } from "../../src/fpm/pools.js";
import { helpOf, remove, write } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { type PoolListen, poolListens } from "../../src/model/listen/pool-listens.js";
import { somaxconn } from "../../src/model/listen/somaxconn.js";
import type { SetValue } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

interface Options {
  readonly minimum: number;
}

const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    minimum: {
      type: "integer",
      minimum: 0,
      default: 32,
      description: "the smallest listen.backlog that is not reported",
    },
  },
};

/** What meant "no limit" in PHP-FPM before -1 did. */
const NO_LIMIT = 65535;

type Case = "tiny-socket" | "tiny-port" | "cut";

export const backlog = defineRule({
  id: "pool/backlog",
  about: "host",
  alike: true,
  asksDisk: true,
  cases: {
    "tiny-socket": {
      severity: "warning",
      symptom: {
        when: "saturation",
        status: 502,
        log: "failed (11: Resource temporarily unavailable) while connecting to upstream",
      },
      summary: "a tiny listen.backlog on a Unix socket: requests fail at once when all workers are busy",
    },
    "tiny-port": {
      severity: "warning",
      symptom: {
        when: "saturation",
        status: 504,
        log: "upstream timed out (110: Connection timed out) while connecting to upstream",
      },
      summary: "a tiny listen.backlog on TCP: connections are dropped when all workers are busy",
    },
    cut: {
      severity: "info",
      symptom: null,
      summary: "a listen.backlog above net.core.somaxconn, which cuts it",
    },
  },
  docs: {
    title: "the queue in front of a pool",
    fires: [
      "`listen.backlog` is 0 or below the option `minimum`",
      "`listen.backlog` is above the `net.core.somaxconn` that sysctl files of the tree set (info)",
    ],
    silent: ["`listen.backlog` is not set", "it is negative or 65535, both of which mean no limit"],
    why: markdown`
      While all workers are busy, connections wait in the kernel's queue, which has room for
      \`listen.backlog\` + 1. When the queue of a Unix socket is full, nginx fails at once: \`(11:
      Resource temporarily unavailable)\`, \`502 Bad Gateway\`. On TCP the kernel drops the connection,
      and nginx tries until \`fastcgi_connect_timeout\`: \`504 Gateway Time-out\`. The kernel silently
      cuts a number above \`net.core.somaxconn\`.
    `,
    instead: "Remove the line: the default takes what the kernel allows. Or set `listen.backlog = 511`.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#listen-backlog"],
    twins: { bad: "bad-one", ok: "ok-default" },
  },
  options,
  proof: {
    kind: "daemons",
    requests: [{ path: "/slow.php?s=1", times: 20 }],
    observe: { "tiny-port": "queue-full" },
  },
  *check(host, { minimum }: Options) {
    const most = somaxconn(host);
    for (const listen of poolListens(host).listens) {
      const value = setting(listen.pool, "listen.backlog");
      if (value.kind !== "set" || !/^\s*-?\d+\s*$/.test(value.value ?? "")) continue;
      const size = Number(value.value);
      if (size >= 0 && size < minimum) yield tiny(host, listen, { ...value, value: size });
      else if (most !== null && size > most.value && size !== NO_LIMIT) {
        yield {
          ...shared(listen),
          case: "cut",
          message: `listen.backlog is ${size} in pool [${listen.pool.name}], but net.core.somaxconn is ${most.value}: the queue has room for ${most.value}`,
          at: value.place,
          label: "cut by the kernel",
          related: [{ place: most.set.place, message: "what the kernel allows" }],
          effect: "fewer requests can wait than the line says",
          help: helpOf([[write(host, value, `listen.backlog = ${most.value}`)]]),
        };
      }
    }
  },
});

function tiny(host: Host, listen: PoolListen, value: SetValue<number>): Draft<Case> {
  const { pool, address } = listen;
  const unix = address?.kind === "unix";
  const room = `${value.value + 1} ${value.value === 0 ? "request" : "requests"}`;
  const edits: readonly Edit[] = [remove(host, value.place)];
  return {
    ...shared(listen),
    case: unix ? "tiny-socket" : "tiny-port",
    message: `listen.backlog is ${value.value} in pool [${pool.name}]: when all its workers are busy, only ${room} can wait`,
    at: value.place,
    label: `a queue for ${room}`,
    ...seenByClientsOf(
      host,
      [pool],
      unix
        ? "a request that finds all workers busy and the queue full ends as 502 Bad Gateway at once"
        : "a request that finds all workers busy and the queue full ends as 504 Gateway Time-out after fastcgi_connect_timeout",
    ),
    help: helpOf([edits]),
  };
}

function shared({ pool }: PoolListen): Pick<Draft, "settle" | "link" | "names"> {
  return { names: [pool.name] };
}
