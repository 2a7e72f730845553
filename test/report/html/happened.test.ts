import { expect, test } from "vitest";
import { once } from "../../../src/source/memo.js";
import { drawn } from "../topology/support/hosts.js";
import { diagnosisOf, LOG, pageWith } from "./support/day.js";

/** What happened on the server, as the page shows it: `--with`. */

const made = new Map<string, Promise<string>>();
const document = (): Promise<string> => once(made, "day", () => diagnosisOf(LOG));

/** The section, without the others. */
const sectionOf = (page: string): string =>
  page.split("<section id=happened1>")[1]?.split("<section id=findings>")[0] ?? "";

/** Its text, without tags. */
const wordsOf = (page: string): string =>
  sectionOf(page)
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

test("shows causes by the hour, and how full pools were", async () => {
  const words = wordsOf(await pageWith(await document()));
  expect(words).toContain("55 requests failed: 2 causes.");
  expect(words).toContain("From 2026-11-28 09:00:00 to 2026-11-28 13:10:39.");
  expect(words).toContain("Columns are hours, 2026-11-27 14:00 to 2026-11-28 13:00");
  expect(words).toContain("52 requests: all workers are busy");
  expect(words).toContain("10:00 12 · 13:00 40");
  expect(words).toContain("pool [shop], 20 workers: all busy 2 times");
  expect(words).toContain("08:00 12 of 20 · 10:00 20 of 20, full once · 13:00 20 of 20, full once");
});

test("leads to the findings that the page has, and names the others", async () => {
  const section = sectionOf(await pageWith(await document()));
  expect(section).toMatch(/<a href="#connect\/listen-mismatch:[0-9a-f]+">connect\/listen-mismatch<\/a>/);
  const other = JSON.parse(await document());
  for (const cause of other.causes) for (const finding of cause.findings) finding.fingerprint = "0";
  const without = sectionOf(await pageWith(JSON.stringify(other)));
  expect(without).not.toContain("<a ");
  expect(without).toContain("connect/listen-mismatch");
});

test("is the same each time, and shows everything from the document as text", async () => {
  const hostile = JSON.parse(await document());
  const name = '</script><img src=x onerror=document.title=1>"\u202e';
  for (const cause of hostile.causes) {
    Object.assign(cause, { title: name, when: name, evidence: [name], tell: name });
    cause.check = { run: name, look: name };
    cause.findings = [{ ...cause.findings[0], rule: name, fingerprint: name }];
  }
  for (const pool of hostile.pools) pool.name = name;
  hostile.first = name;
  const page = await pageWith(JSON.stringify(hostile));
  expect(await pageWith(JSON.stringify(hostile))).toBe(page);
  expect(page.match(/<script/g)?.length).toBe(1);
  expect(page).not.toContain("<img");
  expect(page).not.toContain("\u202e");
  expect(sectionOf(page)).toContain("&lt;/script&gt;");
});

test("draws a day, forty causes and forty pools, and says what else there is", async () => {
  const many = JSON.parse(await document());
  const [cause] = many.causes;
  const hours = Array.from({ length: 30 }, (_, hour) => ({
    at: `2026-11-${27 + Math.floor(hour / 24)}T${String(hour % 24).padStart(2, "0")}:00:00`,
    requests: hour + 1,
  }));
  many.causes = Array.from({ length: 100 }, (_, index) => ({ ...cause, title: `cause ${index}`, hours }));
  many.pools = Array.from({ length: 45 }, (_, index) => ({ ...many.pools[0], name: `p${index}` }));
  const words = wordsOf(await pageWith(JSON.stringify(many)));
  expect(words).toContain("14 earlier hours with anything in them · 14:00 15 ·");
  expect(words).not.toContain("13:00 14 ·");
  expect(words).toContain("41 to 90 of 100 causes");
  expect(words).toContain("91 to 100 of 100 causes");
  expect(words).toContain("41 to 45 of 45 pools");
  expect(words).toContain("cause 99");
});

test("a day without a failure is one sentence", async () => {
  const quiet = { ...JSON.parse(await document()), lost: 0, requests: 1200, statuses: [] };
  const words = wordsOf(
    await pageWith(JSON.stringify({ ...quiet, causes: [], pools: [], first: null, last: null })),
  );
  expect(words.trim()).toBe("What happened None of 1,200 requests failed.");
});

test("a page has the part, and a way to it, only where it was asked for", async () => {
  expect(await pageWith(await document())).toContain('<a href="#happened1">');
  expect(await drawn("example", "--format", "html")).not.toContain("happened");
});
