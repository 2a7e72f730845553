import { filesOfNginx, tlsFiles } from "../../live/places.js";
import { type Check, fine, unknown, wrong } from "../check.js";
import { changedSince, changesSaid, moment, nginxSince, ourNginx } from "../seen.js";

export const nginxReloaded: Check = {
  id: "basics/nginx-reloaded",
  title: "nginx has read its files since they were changed",
  looksAt:
    "when each file that it reads, certificates and keys among them, was changed, and links among them, against the start of its oldest worker",
  fires: "a file is newer than the workers that take requests, as a certificate that was renewed",
  silent: "nginx does not run; a file kept an older time, as rsync and packages keep it",
  cannotTell: "when the workers started is hidden",
  judge({ host, facts }) {
    const ours = ourNginx(facts);
    if (ours === null) return [];
    const since = nginxSince(ours);
    if (since === null) return [unknown("when nginx's workers started is not shown")];
    const { files, directories } = filesOfNginx(host);
    const changed = changedSince(facts, { files: [...files, ...tlsFiles(host)], directories }, since);
    if (changed.length === 0) return [fine(`read ${moment(since)}, and nothing was changed since`)];
    return [
      wrong("warning", "nginx runs with older files than these: they were changed and not reloaded", {
        evidence: [`the workers started ${moment(since)}`, ...changesSaid(changed)],
        fix: "nginx -t && systemctl reload nginx",
      }),
    ];
  },
};
