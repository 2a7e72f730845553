import { type Answer, type Check, fine, wrong } from "../check.js";

export const files: Check = {
  id: "reality/files",
  title: "the files have no faults",
  looksAt: "the linter's findings, without those that `fpmlint.json` and comments silence",
  fires: "there is an error or a warning; `fpmlint /etc` shows each whole",
  silent: "there are only infos",
  cannotTell: "never; what was not read is listed at the end",
  judge({ findings }) {
    if (findings.length === 0) return [fine("no error and no warning")];
    return findings.map(
      ({ rule, severity, message, at }): Answer =>
        wrong(severity === "error" ? "error" : "warning", `${message} (${rule})`, {
          place: at,
          fix: `fpmlint explain ${rule}`,
        }),
    );
  },
};
