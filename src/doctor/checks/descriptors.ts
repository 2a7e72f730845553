import type { ProcessFacts } from "../../live/facts.js";
import { argument, argumentPlace, everywhere } from "../../nginx/tree/nodes.js";
import { type Answer, type Check, fine, type Look, unknown, wrong } from "../check.js";
import { type Daemon, daemonsOf, ourNginx } from "../seen.js";

const NEARLY = 0.8;

export const descriptors: Check = {
  id: "resources/descriptors",
  title: "the daemons may open as many files as they need",
  looksAt: "open descriptors and `Max open files` of masters and workers, and `worker_connections`",
  fires: "four fifths of the limit are in use, or `worker_connections` is above the limit of nginx's workers",
  silent: "neither daemon runs",
  cannotTell: "the limits are hidden, or nginx's main file was not read",
  judge(look) {
    const named = daemonsOf(look.facts).flatMap(({ name, processes }) =>
      processes.map((one) => [name, one] as const),
    );
    const [worker] = ourNginx(look.facts)?.workers ?? [];
    return [...used(named), ...(worker === undefined ? [] : connections(look, worker))];
  },
};

function used(processes: readonly (readonly [Daemon["name"], ProcessFacts])[]): readonly Answer[] {
  if (processes.length === 0) return [];
  const told = processes.filter(([, one]) => one.descriptors !== null && one.mostDescriptors !== null);
  if (told.length === 0) return [unknown("only root may count the open files of the daemons")];
  const full = told.filter(([, one]) => (one.descriptors ?? 0) >= NEARLY * (one.mostDescriptors ?? Infinity));
  if (full.length === 0) return [fine("all have descriptors left")];
  return full.slice(0, 3).map(([name, { pid, descriptors, mostDescriptors }]) =>
    wrong("warning", `process ${pid} of ${name} has nearly all files open that it may`, {
      evidence: [`${descriptors} of ${mostDescriptors} descriptors are in use`],
      fix:
        name === "nginx" ? "worker_rlimit_nofile" : "rlimit_files of the pool, or LimitNOFILE of the service",
    }),
  );
}

function connections({ host }: Look, { mostDescriptors }: ProcessFacts): readonly Answer[] {
  const node = host.nginx === null ? undefined : everywhere(host.nginx.root, "worker_connections").at(-1);
  const text = node === undefined ? "" : (argument(node, 0) ?? "");
  if (node === undefined || mostDescriptors === null || !/^\d{1,9}$/.test(text)) return [];
  if (Number(text) <= mostDescriptors)
    return [fine(`${text} connections fit into ${mostDescriptors} descriptors`)];
  return [
    wrong("warning", `nginx's workers may open ${mostDescriptors} files, fewer than worker_connections`, {
      evidence: [`a request that is passed on takes two of the ${mostDescriptors} descriptors`],
      place: argumentPlace(node, 0),
      fix: `worker_rlimit_nofile ${Number(text) * 2};`,
    }),
  ];
}
