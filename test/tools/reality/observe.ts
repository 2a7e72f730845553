import * as fs from "node:fs";
import { type Answer, type Running, request } from "../../daemons/bench.js";
import { waitFor } from "../../daemons/processes.js";
import type { Entry, SiteDraft } from "./draft.js";
import { BODY, BURST, FORM, HEADER, SLOW, type Symptom } from "./wanted.js";

export interface Seen {
  readonly broken: boolean;
  /** Of the answer that shows it, or of the last one. */
  readonly status: number | null;
  /** What came, in words. */
  readonly saw: string;
}

/** Longer than anything that is still to succeed, shorter than nginx's own minute. */
const PATIENCE_MS = 8000;

let marks = 0;

/**
 * Sends what the symptom calls for to one entry. `wanted`: whether the location that passes to PHP has a limit
 * of its own that lets the large body through.
 */
export async function observe(
  running: Running,
  site: SiteDraft,
  entry: Entry,
  symptom: Symptom,
  wanted: boolean,
): Promise<Seen> {
  const to = target(entry.front ?? site);
  const send = (query: string, bodyBytes = 0): Promise<Answer> =>
    request(running, { path: `${entry.uri}?a=1&${query}`, ...to, bodyBytes });
  switch (symptom) {
    case "plain":
      if (entry.page !== null) return page(entry.page, await send("full="));
      return plain(entry, await send("do="), await send("do=", FORM));
    case "own error": {
      const answer = await send("do=error");
      // A page of nginx's may be a script as well, which then knows nothing of the query.
      return seen(answer.status !== 404 || Number(json(answer).get ?? 0) < 2, answer);
    }
    case "other file":
      return otherFiles(running, to);
    case "large header": {
      const answer = await send(`do=header&n=${HEADER}`);
      return seen(answer.status !== 200, answer);
    }
    case "large body":
      return largeBody(await send("do=", BODY), await send("do="), wanted);
    case "slow":
      return slow(running, send);
    case "burst": {
      const sent = Array.from({ length: BURST.times }, () => send(`do=slow&s=${BURST.seconds}`));
      const answers = await Promise.all(sent);
      const odd = answers.find(({ status }) => status !== 200);
      const saw = answers.map(({ status }) => status ?? "none").join(" ");
      return { broken: odd !== undefined, status: (odd ?? answers[0])?.status ?? null, saw };
    }
  }
}

interface Target {
  readonly port: number;
  readonly host: string;
  readonly timeoutMs: number;
}

function target(site: SiteDraft): Target {
  return { port: site.port, host: site.name, timeoutMs: PATIENCE_MS };
}

function seen(broken: boolean, answer: Answer, more = ""): Seen {
  const start = answer.body.replace(/\s+/g, " ").slice(0, 100);
  return { broken, status: answer.status, saw: `${answer.status ?? "no answer"} ${start}${more}` };
}

/**
 * Works when PHP ran and knows the query and the form of the request, and the path that was passed on. A name
 * that begins with a question mark is none that the client sent.
 */
function plain({ uri }: Entry, get: Answer, post: Answer): Seen {
  if (uri.includes(".php/") && json(get).info === "") return seen(true, get, ", without the path");
  const { get: names, odd } = json(get);
  if (get.status !== 200 || Number(names ?? 0) === 0 || odd === true) return seen(true, get);
  return seen(post.status !== 200 || json(post).post !== 1, post, ", to a small form");
}

/** What PHP-FPM itself says. */
function page(kind: "status" | "ping", answer: Answer): Seen {
  const wanted = kind === "ping" ? "pong" : "accepted conn:";
  return seen(answer.status !== 200 || !answer.body.includes(wanted), answer);
}

/** Files of the site that are no ordinary scripts: some are passed to PHP, some are not. */
async function otherFiles(running: Running, to: Target): Promise<Seen> {
  const answers: Answer[] = [];
  for (const file of ["page.phtml", "style.css"])
    answers.push(await request(running, { path: `/${file}`, ...to }));
  const denied = answers.find(({ status }) => status === 403);
  return seen(denied !== undefined, denied ?? answers[0] ?? { status: null, body: "", ms: 0 });
}

/**
 * Broken: PHP has nothing of the form, or nginx refuses a form that PHP would take. Refused by
 * nginx and too large for PHP as well is what the limits are for. Where PHP has no limit, nginx's is meant to
 * be the one, and that is the limit of the location which passes to PHP.
 */
function largeBody(answer: Answer, small: Answer, wanted: boolean): Seen {
  if (answer.status === 200) return seen(json(answer).post !== 1, answer);
  if (answer.status !== 413) return seen(true, answer);
  const taken = String(json(small).post_max ?? "");
  const factor: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
  const bytes = Number.parseInt(taken, 10) * (factor[taken.slice(-1).toUpperCase()] ?? 1);
  return seen(bytes >= BODY || (bytes <= 0 && wanted), answer, `, PHP takes ${taken}`);
}

/**
 * Broken: any answer but the script's own, except a 504 after which the worker was free soon:
 * PHP neither worked on to the end nor for much longer than nginx had waited. A limit that suits ends
 * it before 4/3 of nginx's, one that does not only from twice as long on.
 */
async function slow(running: Running, send: (query: string) => Promise<Answer>): Promise<Seen> {
  marks += 1;
  const mark = `slow-${marks}`;
  const answer = await send(`do=slow&s=${SLOW}&mark=${mark}`);
  if (answer.status === 200) return seen(false, answer);
  const file = `${running.copy.root}/tmp/${mark}`;
  let ran = -1;
  let since = Date.now();
  const ended = (): boolean => fs.existsSync(`${file}.end`);
  await waitFor(() => {
    const now = read(`${file}.ran`);
    if (now !== ran) [ran, since] = [now, Date.now()];
    return ended() || Date.now() - since > 1000;
  }, 2 * PATIENCE_MS);
  const held = ended() || ran * 1000 >= 1.7 * answer.ms;
  const more = `, PHP ${ended() ? "worked to the end" : ran < 0 ? "did not begin" : `ran for ${ran.toFixed(2)}s`}`;
  return seen(answer.status !== 504 || held, answer, more);
}

function read(file: string): number {
  return fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : -1;
}

function json(answer: Answer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(answer.body);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
