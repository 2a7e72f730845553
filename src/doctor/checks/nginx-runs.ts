import { type Check, fine, unknown, wrong } from "../check.js";
import { nginxPorts, stalePidAnswers, strangersSaid, whyUnseen } from "../holders.js";
import { ourNginx } from "../seen.js";

export const nginxRuns: Check = {
  id: "basics/nginx",
  title: "nginx runs, and its workers take requests",
  looksAt: "titles, users and programs of the processes in `/proc`",
  fires:
    "no master of nginx that root or the caller runs uses the host's main file, it has no workers, or the file that `pid` names has the number of another process",
  silent: "the files have no nginx",
  cannotTell:
    "no `/proc`, it hides other users' processes, or root does not see who listens where nginx has to, as outside of its container",
  judge({ host, facts }) {
    if (host.nginx === null || !host.nginx.hasMain) return [];
    const ours = ourNginx(facts);
    if (ours === null) {
      const addresses = nginxPorts(host).map(({ address }) => address);
      const unseen = whyUnseen(facts, addresses);
      if (unseen !== null) return [unknown(unseen)];
      const strangers = strangersSaid(facts, addresses, "nginx");
      const others = facts.nginx.flatMap(({ main }) => main ?? []);
      const evidence = others.map((main) => `an nginx runs with ${main}`);
      const said =
        facts.nginx.length === 0
          ? "nginx does not run"
          : "no nginx runs with these files, but another one does";
      const fix = "systemctl start nginx; journalctl -u nginx -n 20 says why it ended";
      return [
        wrong("error", said, {
          evidence: [...evidence, ...strangers],
          fix: strangers.length === 0 ? fix : `end who listens where nginx has to; then ${fix}`,
        }),
      ];
    }
    const { master, workers } = ours;
    if (workers.length === 0)
      return [
        wrong("error", `nginx's master ${master.pid} has no workers`, {
          fix: "its error_log says why they end: fpmlint diagnose",
        }),
      ];
    // While one nginx replaces another, the file is the new one's.
    const alone = facts.nginx.filter((one) => one.ours).length === 1;
    return [
      fine(`master ${master.pid}, ${workers.length} workers`),
      ...(alone ? stalePidAnswers("nginx", ours) : []),
    ];
  },
};
