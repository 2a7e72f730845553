import type { Request } from "../../model/request/resolve/types.js";
import { type Place, position } from "../../source/file.js";
import type { GivesUp, TracedLimit } from "../../trace/limits.js";
import type { TracedPool } from "../../trace/trace.js";
import { count } from "../coverage.js";
import { escapeText } from "../terminal/escape.js";
import { displayWidth, padColumns } from "../terminal/width.js";
import type { Page } from "./page.js";

/** The limits of a request as a table, those alone that can matter to it. */

const BODY: ReadonlySet<string> = new Set([
  "client_max_body_size",
  "client_body_timeout",
  "post_max_size",
  "upload_max_filesize",
]);

/** Of these the default is what everybody has, and hardly ever what somebody looks for. */
const RARE: ReadonlySet<string> = new Set([
  "large_client_header_buffers",
  "client_body_timeout",
  "fastcgi_connect_timeout",
  "fastcgi_send_timeout",
  "fastcgi_buffer_size",
]);

/** Whether a limit can matter to this request. */
export function matters({ setting, isDefault, amount }: TracedLimit, request: Request): boolean {
  const body = request.bodyLength !== null || /^(?:POST|PUT|PATCH)$/.test(request.method);
  if (BODY.has(setting) && !body) return false;
  if (amount === Number.POSITIVE_INFINITY) return false;
  return !(isDefault && RARE.has(setting));
}

export function limitsOf(page: Page, { pool, limits }: TracedPool, request: Request, several: boolean): void {
  const of = several && pool !== null ? ` in pool [${pool.name}]` : "";
  page.title(`Limits${of}, in the order in which the request meets them`);
  const rows = limits.limits.filter((one) => matters(one, request));
  const cells = rows.map((one) => [escapeText(one.value ?? "unknown"), one.setting] as const);
  const widths = [0, 1].map((at) => Math.max(0, ...cells.map((row) => displayWidth(row[at] ?? ""))));
  rows.forEach((one, index) => {
    const [value = "", setting = ""] = cells[index] ?? [];
    page.item(
      `  ${padColumns(value, widths[0] ?? 0)}  ${padColumns(setting, widths[1] ?? 0)}  `,
      `${one.what}; beyond it ${one.beyond}${fromText(one)}`,
    );
  });
  const others = limits.limits.length - rows.length;
  if (others > 0)
    page.item(
      "  ",
      `and ${count(others, "other")} that cannot matter here or ${others === 1 ? "is" : "are"} as usual (--format json has all)`,
    );
  const { waiting, computing, open } = limits;
  page.item("  ", whoText("A script that waits, for a database and the like", waiting));
  if (computing?.limit !== waiting?.limit) page.item("  ", whoText("A script that computes", computing));
  if (open) page.item("  ", "One of the limits on time is unknown, so something else may end it first.");
}

function fromText(one: TracedLimit): string {
  if (one.reason !== null) return ` (${one.reason})`;
  if (one.isDefault) return " (the default)";
  return one.place === null ? "" : ` (${placeText(one.place)})`;
}

function placeText({ span }: Place): string {
  return `${span.file.display}:${position(span.file, span.start).line}`;
}

function whoText(script: string, gives: GivesUp | null): string {
  if (gives === null) return `${script}: nothing that is known ends it.`;
  const { limit, after } = gives;
  const who = limit.daemon === "PHP" ? "PHP itself" : limit.daemon;
  return `${script}: ${who} gives up first, after ${Number(after.toFixed(3))}s (${limit.setting}), and the client gets ${limit.beyond}.`;
}
