import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { helpOf, replace } from "../../src/help/edit.js";
import type { Host, NginxHost } from "../../src/model/host.js";
import { nginxUnits, serviceSetting } from "../../src/model/machine/systemd.js";
import { nginxDefault } from "../../src/nginx/facts/directives.js";
import { argument, argumentPlace, childrenNamed, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** How many files a worker of nginx can have open, and what sets that. */
interface Limit {
  readonly files: number;
  readonly place: Place;
  readonly words: string;
}

export const fileLimit = defineRule({
  id: "pool/file-limit",
  about: "host",
  alike: true,
  asksDisk: true,
  cases: {
    above: {
      severity: "warning",
      symptom: { when: "saturation", status: 500, log: "24: Too many open files" },
      summary: "worker_connections above the number of files that a worker can have open",
    },
  },
  docs: {
    title: "more connections than files",
    fires: [
      "`worker_connections` is above `worker_rlimit_nofile`",
      markdown`
        \`worker_rlimit_nofile\` is not set, and \`worker_connections\` is above the \`LimitNOFILE\` of
        nginx's unit in the tree
      `,
    ],
    silent: ["neither limit is known: the system's own applies then"],
    why: markdown`
      Each connection is an open file, and a request that is passed on has two of them: one to the client
      and one to PHP-FPM. At the limit nginx cannot open the second one: \`socket() failed (24: Too many
      open files)\`, \`500 Internal Server Error\`, although \`worker_connections\` says that there is
      room. nginx warns about it when it starts.
    `,
    instead: "Set `worker_rlimit_nofile` to at least twice `worker_connections`.",
    references: [
      "https://nginx.org/en/docs/ngx_core_module.html#worker_rlimit_nofile",
      "https://nginx.org/en/docs/ngx_core_module.html#worker_connections",
    ],
    twins: { bad: "bad-below", ok: "ok-twice" },
  },
  proof: { kind: "daemons", requests: [{ path: "/slow.php?s=1", times: 20 }] },
  *check(host) {
    const { nginx } = host;
    if (nginx === null || !nginx.hasMain || nginx.root.partial) return;
    const [events] = childrenNamed(nginx.root, "events");
    const limit = limitOf(host, nginx);
    if (events === undefined || events.partial || limit === null) return;
    const written = childrenNamed(events, "worker_connections").at(-1);
    const count = connections(written);
    if (count === null || count <= limit.files) return;
    yield {
      case: "above",
      message: `worker_connections is ${count}${written === undefined ? " (the default)" : ""}, but ${limit.words}: a worker of nginx can have ${limit.files} files open`,
      at: limit.place,
      label: "two of them for each request that is passed on",
      related: [
        {
          place: written === undefined ? headPlace(events) : argumentPlace(written, 0),
          message: `${count} connections for each worker`,
        },
      ],
      effect: `beyond about ${Math.floor(limit.files / 2)} requests at a time, further ones end as 500 Internal Server Error`,
      help: help(host, limit, count),
      names: ["worker_connections"],
    };
  },
});

function connections(written: Node | undefined): number | null {
  const text = written === undefined ? nginxDefault("worker_connections") : (argument(written, 0) ?? "");
  return /^\d+$/.test(text) ? Number(text) : null;
}

function limitOf(host: Host, { root }: NginxHost): Limit | null {
  const own = childrenNamed(root, "worker_rlimit_nofile").at(-1);
  if (own !== undefined) {
    const text = argument(own, 0) ?? "";
    const place = argumentPlace(own, 0);
    return /^\d+$/.test(text)
      ? { files: Number(text), place, words: `worker_rlimit_nofile is ${text}` }
      : null;
  }
  const unit = serviceSetting(host, nginxUnits, "LimitNOFILE");
  const [soft = ""] = unit?.value.split(":") ?? [];
  if (unit === null || !/^\d+$/.test(soft)) return null;
  return { files: Number(soft), place: unit.place, words: `LimitNOFILE of nginx's unit is ${unit.value}` };
}

function help(host: Host, limit: Limit, count: number): HelpDraft {
  const own = limit.words.startsWith("worker_rlimit_nofile");
  const line = own ? `worker_rlimit_nofile ${count * 2};` : `LimitNOFILE=${count * 2}`;
  return helpOf([[replace(host, limit.place, line)]]);
}
