import type { SpaceFacts } from "../../live/facts.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { size } from "../seen.js";

/** Part of a disk that is nearly nothing, and bytes that are enough whatever part they are. */
const PART = 0.03;
const ENOUGH = 1024 ** 3;

export const disk: Check = {
  id: "resources/disk",
  title: "there is room for logs, bodies, sessions and uploads",
  looksAt:
    "free bytes and files of the disks with the logs, nginx's temporary directories, sessions and uploads",
  fires: "less than 3 % and less than 1 GB, or less than 3 % of the files that may be made, are free",
  silent: "a disk without any of these is full",
  cannotTell: "none of the directories is there",
  judge({ facts }) {
    if (facts.spaces.length === 0) return [unknown("no directory of logs or temporary files was seen")];
    const disks = new Map<string, SpaceFacts>();
    for (const one of facts.spaces) {
      const key = `${one.size} ${one.free} ${one.files} ${one.freeFiles}`;
      if (!disks.has(key)) disks.set(key, one);
    }
    return [...disks.values()].map(answerFor);
  },
};

function answerFor({ path, free, size: whole, files, freeFiles }: SpaceFacts): Answer {
  const fix = `df -h ${path}; df -i ${path}`;
  if (whole > 0 && free < whole * PART && free < ENOUGH)
    return wrong(
      free < 1024 * 1024 ? "error" : "warning",
      `the disk of ${path} is ${free < 1024 * 1024 ? "" : "nearly "}full`,
      {
        evidence: [`${size(free)} of ${size(whole)} are free`],
        fix,
      },
    );
  if (files !== null && freeFiles !== null && freeFiles < files * PART)
    return wrong(freeFiles === 0 ? "error" : "warning", `the disk of ${path} has hardly any files left`, {
      evidence: [`${freeFiles} of ${files} files may still be made`],
      fix,
    });
  return fine(`${size(free)} are free at ${path}`);
}
