import { count } from "../coverage.js";
import type { ObservedCheck, ObservedFill, ObservedMachine, ObservedWrong } from "../topology/observed.js";
import { cut, folded, h, MOST_ROWS, rows, SHAPES, short, shown } from "./markup.js";

/** What `fpmlint doctor` saw of the running machine: what needs somebody, what cannot be told, how full the pools were. */

/** Sentences of one fault or check. */
const MOST_LINES = 8;

export function machine(seen: ObservedMachine): string {
  const { checks, pools, notRead } = seen;
  const faults = (["error", "warning"] as const).flatMap((wanted) =>
    checks.flatMap((check) =>
      check.wrongs.filter(({ severity }) => severity === wanted).map((one) => ({ check, one })),
    ),
  );
  const untold = checks.filter(({ whys }) => whys.length > 0).map(untoldItem);
  const unread = notRead.map(({ file, reason }) => `<li>${h(`${cut(file, 160)}: ${cut(reason, 300)}`)}`);
  const several = new Set(pools.map(({ name }) => name)).size < pools.length;
  const title = (pool: ObservedFill): string => h(fillTitle(pool, several));
  return [
    `<p><strong>${h(headline(checks))}</strong></p><p class=dim>${h(lookedAt(seen))}.</p>`,
    rows(
      faults,
      ({ check, one }) => faultRow(check, one),
      ({ check, one }) => faultTitle(check, one),
      "faults",
    ),
    listed("Cannot tell", untold, "checks"),
    listed("Not read", unread, "files"),
    pools.length === 0 ? "" : "<h3>Busy workers against pm.max_children</h3>",
    rows(pools, (one) => fillRow(one, title(one)), title, "pools"),
  ].join("");
}

/** Checks of which nothing was there to look at do not count. */
function headline(checks: readonly ObservedCheck[]): string {
  const looked = checks.filter(({ status }) => status !== "skipped");
  const ill = looked.filter(({ status }) => status === "error" || status === "warning").length;
  const untold = looked.filter(({ status }) => status === "unknown").length;
  const rest = untold === 0 ? "" : `, and ${shown(untold)} cannot tell`;
  if (ill === 0) return `Of ${count(looked.length, "check")}, none needs somebody${rest}.`;
  return `Of ${count(looked.length, "check")}, ${shown(ill)} ${ill === 1 ? "needs" : "need"} somebody${rest}.`;
}

function lookedAt({ at, source, root, container }: ObservedMachine): string {
  const time = new Date(at).toISOString().slice(0, 16).replace("T", " ");
  return [
    `As it was at ${time} UTC`,
    ...(source === "snapshot" ? ["from a snapshot, which asks nobody"] : []),
    ...(root ? [] : ["root did not look, so a part was not seen"]),
    ...(container === true ? ["a container, without the machine around it"] : []),
  ].join("; ");
}

function faultTitle({ id }: ObservedCheck, { severity, said }: ObservedWrong): string {
  return `<span class=${severity}><span class=sev>${SHAPES[severity]} ${severity}</span></span> ${h(cut(said, 300))} <span class=dim>${h(cut(id, 80))}</span>`;
}

function faultRow(check: ObservedCheck, one: ObservedWrong): string {
  const { evidence, place, fix } = one;
  const lines = [
    ...some(evidence).map((text) => `Seen: ${text}`),
    ...(place === null ? [] : [`In the files: ${cut(place.file, 160)}:${place.line}`]),
    ...(fix === null ? [] : [`To do: ${cut(fix, 300)}`]),
  ];
  const list = lines.length === 0 ? "" : `<ul>${lines.map((line) => `<li>${h(line)}</li>`).join("")}</ul>`;
  return `<div class=row><h3>${faultTitle(check, one)}</h3>${list}</div>`;
}

function untoldItem({ id, status, whys }: ObservedCheck): string {
  const part = status === "unknown" ? "" : ", of a part";
  return `<li>${h(`${cut(id, 80)}${part}: ${some([...new Set(whys)]).join("; ")}`)}`;
}

/** The first sentences, and how many others there are. */
function some(texts: readonly string[]): readonly string[] {
  const more = texts.length - MOST_LINES;
  const first = texts.slice(0, MOST_LINES).map((text) => cut(text, 300));
  return more > 0 ? [...first, `and ${shown(more)} more`] : first;
}

function listed(title: string, items: readonly string[], noun: string): string {
  if (items.length === 0) return "";
  const more = folded(items.slice(MOST_ROWS), MOST_ROWS, items.length, noun);
  return `<h3>${title}</h3><ul>${items.slice(0, MOST_ROWS).join("")}</ul>${more}`;
}

/** `pool [shop]: 19 of 20 workers busy; all busy 4 times since it was started`. */
function fillTitle(
  { name, master, maxChildren, workers, busy, full }: ObservedFill,
  several: boolean,
): string {
  const who = `pool [${cut(name, 60)}]${several ? ` of ${cut(master, 100)}` : ""}`;
  const of = (number: number): string =>
    maxChildren === null ? count(number, "worker") : `${shown(number)} of ${count(maxChildren, "worker")}`;
  const now =
    busy !== null
      ? `${of(busy)} busy`
      : workers === null
        ? `not seen running${maxChildren === null ? "" : `, may have ${count(maxChildren, "worker")}`}`
        : `${of(workers)} running, nobody told how many are busy`;
  const times =
    full === 0 ? "never all busy" : full === 1 ? "all busy once" : `all busy ${shown(full ?? 0)} times`;
  return [
    `${who}: ${now}`,
    ...(maxChildren === null ? ["pm.max_children is not known"] : []),
    ...(full === null ? [] : [`${times} since it was started`]),
  ].join("; ");
}

function fillRow({ maxChildren, busy }: ObservedFill, title: string): string {
  if (busy === null || maxChildren === null || maxChildren === 0)
    return `<div class=row><h4>${title}</h4></div>`;
  const share = Math.min(1, busy / maxChildren) * 100;
  const style = share === 100 ? '"v f"' : "v";
  return `<div class=row><h4>${title}</h4><svg aria-hidden=true height=18><rect class=${style} x=0 width="${short(share)}%" y=2 height=14 /><rect class=o x=0 width="100%" y=2 height=14 /></svg></div>`;
}
