import type { PhpOutcome } from "../../model/request/resolve/types.js";
import type { TracedPool } from "../../trace/trace.js";
import { padColumns } from "../terminal/width.js";
import type { Page } from "./page.js";
import { valueText } from "./steps.js";

/** What PHP finds in `$_SERVER`, as far as applications rest on it. JSON has all. */

const MATTERS: readonly string[] = [
  "SCRIPT_FILENAME",
  "SCRIPT_NAME",
  "PATH_INFO",
  "PATH_TRANSLATED",
  "DOCUMENT_ROOT",
  "REQUEST_URI",
  "QUERY_STRING",
  "REQUEST_METHOD",
  "CONTENT_TYPE",
  "CONTENT_LENGTH",
  "HTTP_HOST",
  "SERVER_NAME",
  "HTTPS",
  "PHP_VALUE",
  "PHP_ADMIN_VALUE",
];

/** Where these are empty, they say nothing that a reader needs. */
const OFTEN_EMPTY: ReadonlySet<string> = new Set(["PATH_INFO", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTPS"]);

/** Parameters without which PHP-FPM cannot work. */
const NEEDED: readonly string[] = ["SCRIPT_FILENAME", "REQUEST_METHOD"];

/** Names and what is said about each, in order. */
export function paramRows({ params }: PhpOutcome, pools: readonly TracedPool[]): ReadonlyMap<string, string> {
  const last = new Map(params.map((param) => [param.name, param]));
  const runs = pools.flatMap(({ answer }) => (answer?.kind === "runs" ? [answer.server] : []))[0];
  const rows = new Map<string, string>();
  for (const name of MATTERS) {
    const sent = last.get(name);
    const seen = runs === undefined ? sent?.text : runs.get(name);
    if (sent === undefined && seen === undefined && !NEEDED.includes(name)) continue;
    const value = sent === undefined ? "not sent" : sent.text === "" ? "(empty)" : valueText(sent);
    const changed = runs !== undefined && sent?.text !== null && seen !== sent?.text;
    const made = !changed ? "" : seen === undefined ? "; PHP-FPM removes it" : `; PHP-FPM makes it ${seen}`;
    if (sent?.text === "" && !changed && OFTEN_EMPTY.has(name)) continue;
    rows.set(name, value + made);
  }
  return rows;
}

/** How many other parameters are sent. */
export function otherParams({ params }: PhpOutcome): number {
  return new Set(params.map(({ name }) => name).filter((name) => !MATTERS.includes(name))).size;
}

export function paramsOf(page: Page, rows: ReadonlyMap<string, string>): void {
  const width = Math.max(0, ...[...rows.keys()].map((name) => name.length));
  for (const [name, value] of rows) page.item(`  ${padColumns(name, width)}  `, value);
}
