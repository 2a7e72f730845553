/** A line that somebody pasted: with what collected it around, or with a part of its head. */
import { unwrapped } from "../logs/docker.js";
import { type LogLine, nginxLine, readLine } from "../logs/line.js";

export interface Pasted {
  /** `null`: no daemon's line is in it. */
  readonly line: LogLine | null;
  /** What was pasted without the head that it has. */
  readonly message: string;
}

/** Characters in which a daemon's own head begins, if something is before it. */
const BEFORE = 300;

/** Where nginx's or PHP-FPM's head may begin behind what kubectl, Docker or syslog put before it. */
const HEAD =
  /\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[[a-z]{1,8}\] \d{1,10}#|\[\d\d-[A-Z][a-z][a-z]-\d{4} \d\d:\d\d:\d\d(?:\.\d{1,6})?\] [A-Z]{4,7}: |nginx: \[[a-z]{1,8}\] /;

/** What is left of nginx's head where a part of it was cut off. */
const CUT =
  /^(?:\d{4}\/\d\d\/\d\d )?(?:\d\d:\d\d:\d\d )?(?:\[([a-z]{1,8})\]:? )?(?:\d{1,10}#\d{1,10}: )?(?:\*\d{1,20} )?/;

/** Heads of which only what is behind them tells anything: PHP's own log, PHP-FPM's level, syslog. */
const OTHERS: readonly RegExp[] = [
  /^\[\d\d-[A-Z][a-z][a-z]-\d{4} \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [\w/+:-]{1,40})?\] /,
  /^\[(?:NOTICE|WARNING|ERROR|ALERT)\] /,
  /^(?:<\d{1,3}>)?(?:[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,15}(?:Z|[+-]\d\d:?\d\d)?) [^ ]{1,255} [^:[]{1,64}(?:\[\d{1,10}\])?: /,
];

/** `now`: as `logs/time.ts` counts, for lines without a year. */
export function pastedLine(text: string, now: number): Pasted {
  const said = unwrapped(text).trim();
  const line = readLine(said, now) ?? behind(said, now);
  if (line !== null) return { line, message: line.message };
  const head = OTHERS.map((one) => one.exec(said)?.[0] ?? "").find((one) => one !== "") ?? "";
  const message = said.slice(head.length);
  return { line: head === "" ? cutLine(message) : null, message: message.replace(CUT, "") };
}

/** A whole line behind something else. */
function behind(said: string, now: number): LogLine | null {
  const at = HEAD.exec(said.slice(0, BEFORE))?.index ?? 0;
  return at === 0 ? null : readLine(said.slice(at), now);
}

/** A line of nginx without a part of its head, told by what is left of it or by what nginx adds at the end. */
function cutLine(said: string): LogLine | null {
  const [head = "", level = "error"] = CUT.exec(said) ?? [];
  if (head === "" && !said.includes(", client: ")) return null;
  const whole = nginxLine(`1970/01/01 00:00:00 [${level}] 0#0: ${said.slice(head.length)}`);
  return whole === null ? null : { ...whole, time: null };
}
