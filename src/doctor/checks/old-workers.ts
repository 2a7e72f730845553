import { type Check, fine, wrong } from "../check.js";
import { duration, nginxSince, ourNginx } from "../seen.js";

/** Seconds for which requests of an earlier generation may go on. */
const PATIENCE = 600;

export const oldWorkers: Check = {
  id: "basics/old-workers",
  title: "no worker of nginx is still shutting down",
  looksAt: "the titles of nginx's workers, and when the new ones started",
  fires: "a worker is shutting down ten minutes after the reload: a connection keeps it, and its memory",
  silent: "the reload was less than ten minutes ago",
  cannotTell: "never",
  judge({ facts }) {
    const ours = ourNginx(facts);
    if (ours === null) return [];
    const since = nginxSince(ours);
    const age = since === null ? 0 : facts.now - since;
    if (ours.old.length === 0 || age < PATIENCE) return [fine(`${ours.old.length} are shutting down`)];
    return [
      wrong(
        "warning",
        `${ours.old.length} workers of nginx are still shutting down, ${duration(age)} after a reload`,
        {
          evidence: ours.old.slice(0, 5).map(({ pid }) => `process ${pid} is shutting down`),
          fix: "worker_shutdown_timeout ends them; WebSockets and long downloads keep them",
        },
      ),
    ];
  },
};
