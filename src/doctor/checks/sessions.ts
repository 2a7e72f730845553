import { sessionDirectories } from "../../live/places.js";
import type { Check } from "../check.js";
import { writable } from "./written.js";

export const sessions: Check = {
  id: "requests/sessions",
  title: "the pools may keep sessions",
  looksAt:
    "`session.save_path` where `session.save_handler` is files, with the account and groups of the pool's workers",
  fires:
    "the directory is missing, on a file system that is read-only, or the account may not make files in it: users are logged out",
  silent: "the path is not set, begins with a number of directories, or the pool has a `chroot`",
  cannotTell:
    "the account is not known, the directory cannot be looked at, or an access control list may allow it",
  judge: (look) =>
    sessionDirectories(look.host).map((one) =>
      writable(look, one, {
        name: "session.save_path",
        severity: "error",
        effect: "sessions are not kept: users are logged out",
      }),
    ),
};
