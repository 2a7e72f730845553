import { directoryOf } from "../../host/path.js";
import { type PoolPath, phpLogs } from "../../live/places.js";
import { accessTo, WRITE } from "../access.js";
import { type Answer, type Check, fine, type Look, unknown, wrong } from "../check.js";
import { identityOfPool, pathSeen, rightsSaid, userName, viewerOf } from "../seen.js";
import { writable } from "./written.js";

const EFFECT = "PHP's errors are not there: they go to nginx's error log";

export const phpLog: Check = {
  id: "requests/php-log",
  title: "the pools may write PHP's errors where the files say",
  looksAt:
    "`error_log` of PHP and its directory, with the account and groups of the pool's workers, which open it for each message",
  fires:
    "the file or its directory does not let the account in, the directory is missing, or the file is a directory: the errors go to nginx's error log",
  silent:
    "`error_log` is not set, relative, `syslog` or a device; `log_errors` is off; the pool has a `chroot`",
  cannotTell:
    "the account is not known, the directory cannot be looked at, or an access control list may allow it",
  judge: (look) => phpLogs(look.host).map((one) => answerFor(look, one)),
};

function answerFor(look: Look, { path, pool, place }: PoolPath): Answer {
  const { host, facts } = look;
  const viewer = viewerOf(host, pool);
  const directory = directoryOf(path);
  const [seen, around] = [path, directory].map((one) => pathSeen(facts, one, viewer));
  if (seen == null || seen.state === "hidden") return unknown(`${path} cannot be looked at`);
  if (seen.state === "missing") {
    const isLink = around?.state === "there" && directoryOf(seen.real) !== around.real;
    if (isLink) return unknown(`${path} is a link to ${seen.real}, which is missing`);
    return writable(
      look,
      { path: directory, pool, place },
      { name: "the directory of PHP's error_log", severity: "warning", effect: EFFECT },
    );
  }
  if (seen.kind === "directory")
    return wrong("warning", `error_log of pool ${pool.name}, ${path}, is a directory`, {
      evidence: [EFFECT],
      place,
      fix: "error_log has to name a file",
    });
  if (seen.kind !== "file") return fine(`${path} is no file on a disk`);
  const account = identityOfPool(look, pool);
  if (account === null) return unknown(`the account of pool ${pool.name} is not known`);
  const access = accessTo(seen, account, WRITE, seen.opened === true ? true : null);
  const who = userName(host, account.user);
  if (access.kind === "unknown") return unknown(`whether ${who} may write to ${path} is not shown`);
  if (access.kind === "yes") return fine(`${who} may write to ${path}`);
  return wrong("warning", `pool ${pool.name} may not write to its error_log, ${path}`, {
    evidence: [rightsSaid(host, access.at), `its workers are ${who}`, EFFECT],
    place,
    fix: `namei -l ${path}; logrotate's "create" has to name that account`,
  });
}
