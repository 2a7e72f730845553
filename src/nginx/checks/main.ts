import { wordMap } from "../../source/word-map.js";
import { count } from "../syntax/numbers.js";
import type { Word } from "../types.js";
import { isCount, must, named, parameterRefusal } from "./parameters.js";
import { args, type Check, notTaken, quoted, refused, text, word } from "./refusal.js";

/** Directives of the main context and of `events`. */

export const workerProcesses: Check = (one) => {
  const at = word(one, 0);
  if (at.text === "auto" || count(at.text) !== null) return null;
  const log = '"worker_processes" directive invalid value';
  return notTaken(one, at, "slot", log, "auto or a number", "worker_processes auto;");
};

export const workerConnections: Check = (one) => {
  const at = word(one, 0);
  if (count(at.text) !== null) return null;
  return notTaken(one, at, "other", `invalid number "${at.text}"`, "a number", "worker_connections 1024;");
};

export const workerPriority: Check = (one) => {
  const at = word(one, 0);
  if (count(at.text.replace(/^[-+]/, "")) !== null) return null;
  const log = '"worker_priority" directive invalid number';
  return notTaken(one, at, "other", log, "a number, with or without a sign");
};

export const workerAffinity: Check = (one) => {
  const masks = text(one, 0) === "auto" ? args(one).slice(1) : args(one);
  for (const at of masks) {
    const odd = [...at.text].reverse().find((character) => !/[01 ]/.test(character));
    if (odd === undefined) continue;
    const log = `invalid character "${odd}" in "worker_cpu_affinity"`;
    return notTaken(one, at, "other", log, "auto, or masks of 0 and 1");
  }
  return null;
};

const THREADS = wordMap({
  threads: named("threads", (value) => (count(value) ?? 0) > 0, "a number above 0"),
  max_queue: named("max_queue", isCount, "a number"),
});

export const threadPool: Check = (one) => {
  const known = args(one).filter(({ text: value }) => /^(?:threads|max_queue)=/.test(value));
  const log = '"thread_pool" must have "threads" parameter';
  const needed =
    text(one, 0) === "default" ? null : must(one, "threads", log, `thread_pool ${text(one, 0)} threads=4;`);
  return parameterRefusal(one, known, THREADS) ?? needed;
};

export const aio: Check = (one) => {
  const at = word(one, 0);
  const threads = /^threads(?:=(.*))?$/s.exec(at.text);
  // `on` needs a platform; where it is not Linux, it is there.
  if (threads === null)
    return /^(?:on|off)$/.test(at.text)
      ? null
      : notTaken(one, at, "slot", '"aio" directive invalid value', "on, off or threads");
  const pool = threads[1];
  const known = pool === undefined || pool.includes("$") || one.scope.threadPools.has(pool);
  if (known || !one.scope.complete) return null;
  const message = `there is no thread_pool with the name ${quoted(pool)}`;
  return refused("other", `unknown thread pool "${pool}"`, at, message, `thread_pool ${pool} threads=32;`);
};

const ELSEWHERE = ["kqueue", "/dev/poll", "eventport", "rtsig", "poll", "select", "win32_select"];

export const use: Check = (one) => {
  const at = word(one, 0);
  const log = `invalid event type "${at.text}"`;
  // poll and select are built in where nothing better is.
  if (at.text === "epoll" || ELSEWHERE.slice(4).includes(at.text)) return null;
  const refusal = notTaken(
    one,
    at,
    "other",
    log,
    "epoll on Linux; without the line nginx picks the best one",
  );
  if (!ELSEWHERE.includes(at.text)) return refusal;
  return { ...refusal, settle: `It is certain if nginx runs on Linux, which has no ${at.text}.` };
};

/** Characters that no account has, whatever the host: `user "a b"`. */
const NO_ACCOUNT = /^$|[\s"'\\/:;#{}$<>|&*?!`()[\]]|[^\x20-\x7e]/;

export const user: Check = (one) => {
  for (const [index, at] of args(one).entries()) {
    if (!NO_ACCOUNT.test(at.text)) continue;
    return noAccount(at, index === 0 ? "user" : "group");
  }
  return null;
};

export function noAccount(at: Word, kind: "user" | "group", why = "cannot be an account") {
  const log = `${kind === "user" ? "getpwnam" : "getgrnam"}("${at.text}") failed`;
  const message = `the ${kind} ${quoted(at.text)} ${why}`;
  return refused(
    "account",
    log,
    at,
    message,
    `write the name of an existing ${kind}; nginx does not accept numbers`,
  );
}
