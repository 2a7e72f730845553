import { uploadDirectories } from "../../live/places.js";
import type { Check } from "../check.js";
import { writable } from "./written.js";

export const uploads: Check = {
  id: "requests/uploads",
  title: "the pools may take uploads",
  looksAt:
    "`upload_tmp_dir`, else `sys_temp_dir`, `TMPDIR` or `/tmp`, with the account and groups of the pool's workers",
  fires:
    "the directory is missing, on a file system that is read-only, or the account may not make files in it",
  silent: "`file_uploads` is off, or the pool has a `chroot`",
  cannotTell:
    "the account is not known, the directory cannot be looked at, or an access control list may allow it",
  judge: (look) =>
    uploadDirectories(look.host).map((one) =>
      writable(look, one, {
        name: "the directory of uploads",
        severity: "warning",
        effect: "uploads fail, or go to another directory",
      }),
    ),
};
