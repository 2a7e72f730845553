import { type Answer, type Checked, GROUPS, groupOf, type Wrong } from "../../doctor/check.js";
import type { Incomplete } from "../../engine/finding.js";
import { incompleteAt } from "../../engine/incomplete.js";
import type { MachineFacts } from "../../live/facts.js";
import { drawPlaces } from "../frame/places.js";
import { type Paint, painter } from "../terminal/color.js";
import { escapeText } from "../terminal/escape.js";
import { hanging } from "../terminal/width.js";

export interface DoctorTextOptions {
  readonly color: boolean;
  readonly unicode: boolean;
  readonly width: number;
  /** Nothing but what is wrong, a line each. */
  readonly quiet: boolean;
}

/** What was examined. */
export interface Examined {
  readonly checked: readonly Checked[];
  readonly facts: MachineFacts;
  /** Files that could not be read. */
  readonly unread: readonly Incomplete[];
}

/** Of one check so many answers are shown whole. */
const MOST_SHOWN = 5;

/** What needs somebody, whole; everything else as counts. */
export function doctorText(examined: Examined, options: DoctorTextOptions): string {
  const { checked } = examined;
  if (options.quiet) return checked.flatMap(quietLines).join("");
  const paint = painter(options.color);
  const blocks = [
    ...GROUPS.map(([group, name]) =>
      groupLines(
        name,
        checked.filter(({ check }) => groupOf(check) === group),
        options,
        paint,
      ),
    ),
    unknownLines(checked, options, paint),
    endLines(examined, options, paint),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

/** Why nothing wrong proves little, a line each: without `--quiet`, the end of the text says so. */
export function whyIncomplete({ checked, facts, unread }: Examined): string {
  const lines = [...notSeen(facts), ...unreadLines(unread), verdict(checked)];
  return lines.map((line) => `fpmlint: ${escapeText(line)}\n`).join("");
}

/** Whether nothing of the processes of this machine was hidden. */
export function seesAll(facts: MachineFacts): boolean {
  return facts.root && facts.proc && !holdersHidden(facts);
}

/** Root sees who holds a socket, unless the process is outside of the container or of what `/proc` shows. */
function holdersHidden({ root, listeners }: MachineFacts): boolean {
  return root && listeners.some(({ owners }) => owners.length === 0);
}

function notSeen(facts: MachineFacts): readonly string[] {
  const { source, root, proc, hidden } = facts;
  return [
    ...(source === "live" && !root ? ["not root: what other users' processes have open was not seen"] : []),
    ...(proc ? [] : ["there is no /proc: which processes run was not seen"]),
    ...(hidden ? ["/proc hides the processes of other users"] : []),
    ...(holdersHidden(facts) ? ["/proc does not show all processes that listen"] : []),
  ];
}

function unreadLines(unread: readonly Incomplete[]): readonly string[] {
  return unread.map((one) => `not read: ${incompleteAt(one)}: ${one.reason}`);
}

/** `3 of 27 need you`; the last line of the text. */
export function verdict(checked: readonly Checked[]): string {
  const looked = checked.filter(({ status }) => status !== "skipped");
  const ill = looked.filter(needsYou).length;
  const unknown = looked.filter(({ status }) => status === "unknown").length;
  const rest = unknown === 0 ? "" : `, ${unknown} cannot tell`;
  if (ill === 0) return `nothing wrong that this machine shows: ${looked.length} checks${rest}`;
  return `${ill} of ${looked.length} ${ill === 1 ? "needs" : "need"} you${rest}`;
}

export function needsYou({ status }: Checked): boolean {
  return status === "error" || status === "warning";
}

function quietLines({ check, answers }: Checked): readonly string[] {
  return wrongs(answers).map(({ severity, said }) => `${severity}[${check.id}]: ${escapeText(said)}\n`);
}

function wrongs(answers: readonly Answer[]): readonly Wrong[] {
  return answers.flatMap((one) => (one.kind === "wrong" ? [one] : []));
}

function groupLines(
  name: string,
  checked: readonly Checked[],
  options: DoctorTextOptions,
  paint: Paint,
): readonly string[] {
  const count = (status: string): number => checked.filter((one) => one.status === status).length;
  const ill = checked.filter(needsYou);
  const parts = [
    `${count("ok")} fine`,
    ...(count("unknown") > 0 ? [`${count("unknown")} cannot tell`] : []),
    ...(count("skipped") > 0
      ? [`${count("skipped")} ${count("skipped") === 1 ? "does" : "do"} not apply`]
      : []),
    ...(ill.length > 0 ? [`${ill.length} ${ill.length === 1 ? "needs" : "need"} you`] : []),
  ];
  const mark = options.unicode ? (ill.length === 0 ? "✓" : "✗") : ill.length === 0 ? "ok" : "!!";
  return [
    paint("headline", `${mark} ${name}: ${parts.join(", ")}`),
    ...ill.flatMap((one) => illLines(one, options, paint)),
  ];
}

function illLines({ check, answers }: Checked, options: DoctorTextOptions, paint: Paint): readonly string[] {
  const all = wrongs(answers);
  const more = all.length - MOST_SHOWN;
  return [
    ...all.slice(0, MOST_SHOWN).flatMap((one) => wrongLines(check.id, one, options, paint)),
    ...(more > 0 ? ["", `  and ${more} more of ${check.id}; --format json lists all`] : []),
  ];
}

function wrongLines(
  id: string,
  { severity, said, evidence, place, fix }: Wrong,
  options: DoctorTextOptions,
  paint: Paint,
): readonly string[] {
  const row = (name: string, text: string): readonly string[] =>
    hanging(`${name}: ${escapeText(text)}`, options.width - 4, name.length + 2).map((line) => `    ${line}`);
  const frames =
    place === null
      ? []
      : drawPlaces([{ place, message: "" }], {
          unicode: options.unicode,
          width: options.width - 4,
          paint,
          severity,
        });
  const head = `${paint(severity, severity)}[${id}]: `;
  const [first = "", ...rest] = hanging(escapeText(said), options.width - severity.length - id.length - 6, 0);
  return [
    "",
    `  ${head}${paint("headline", first)}`,
    ...rest.map((line) => `      ${line}`),
    ...evidence.flatMap((one) => row("seen", one)),
    ...frames.map((line) => `    ${line}`),
    ...(fix === null ? [] : row("do", fix)),
  ];
}

function unknownLines(
  checked: readonly Checked[],
  { width }: DoctorTextOptions,
  paint: Paint,
): readonly string[] {
  const found = checked.flatMap(({ check, answers }) => {
    const whys = [...new Set(answers.flatMap((one) => (one.kind === "unknown" ? [one.why] : [])))];
    return whys.length === 0 ? [] : [{ id: check.id, whys }];
  });
  if (found.length === 0) return [];
  return [
    paint("headline", "cannot tell:"),
    ...found.flatMap(({ id, whys }) => {
      const more = whys.length > 2 ? ` and ${whys.length - 2} more` : "";
      return hanging(`${id}: ${escapeText(whys.slice(0, 2).join("; "))}${more}`, width - 2, 2).map(
        (line) => `  ${line}`,
      );
    }),
  ];
}

function endLines(
  { checked, facts, unread }: Examined,
  { width }: DoctorTextOptions,
  paint: Paint,
): readonly string[] {
  const ran = facts.programs.filter(({ problem }) => problem === null).map(({ command }) => command);
  const notRun = facts.programs.flatMap(({ command, problem }) =>
    problem === null ? [] : [`${command.split(" ", 1)[0] ?? ""} (${problem})`],
  );
  const lines = [
    ...(ran.length > 0 ? [`ran: ${ran.join("; ")}`] : []),
    ...(notRun.length > 0 ? [`not run: ${notRun.join(", ")}`] : []),
    ...notSeen(facts),
    ...(facts.container === true ? ["this is a container: the machine around it was not seen"] : []),
    ...unreadLines(unread),
  ];
  return [
    ...lines.flatMap((line) => hanging(escapeText(line), width, 2)),
    paint("headline", verdict(checked)),
  ];
}
