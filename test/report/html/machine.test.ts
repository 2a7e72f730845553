import { expect, test } from "vitest";
import { drawn } from "../topology/support/hosts.js";
import { diagnosisOf, inFile, LOG, pageWith } from "./support/day.js";
import { machineDocument } from "./support/machine.js";

/** What the running machine shows, as the page has it: `--with` and the JSON of doctor. */

/** The section, without the others. */
const sectionOf = (page: string): string =>
  page.split("<section id=machine1>")[1]?.split("<section id=findings>")[0] ?? "";

/** Its text, without tags. */
const wordsOf = (page: string): string =>
  sectionOf(page)
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

test("says what needs somebody, what cannot be told, and how full pools are", async () => {
  const words = wordsOf(await pageWith(machineDocument()));
  expect(words).toMatch(/^ The running machine Of \d+ checks, 1 needs somebody, and \d+ cannot tell\. /);
  expect(words).toContain("As it was at 2027-01-15 08:00 UTC; root did not look, so a part was not seen.");
  expect(words).toContain("■ error nginx does not run basics/nginx");
  expect(words).toContain("To do: systemctl start nginx");
  expect(words).toContain("Cannot tell basics/unit: systemd is not here");
  expect(words).toContain("Not read /etc/nginx/secret.conf: permission denied");
  expect(words).toContain("pool [shop]: 1 of 2 workers busy; all busy 4 times since it was started");
  expect(sectionOf(await pageWith(machineDocument()))).toContain('<rect class=v x=0 width="50%"');
});

test("a sound machine is a sentence, and a full pool is marked", async () => {
  const sound = JSON.parse(machineDocument({ root: true }));
  const [pool] = sound.pools;
  Object.assign(sound, { checks: [], notRead: [], pools: [] });
  expect(wordsOf(await pageWith(JSON.stringify(sound))).trim()).toBe(
    "The running machine Of 0 checks, none needs somebody. As it was at 2027-01-15 08:00 UTC.",
  );
  sound.source = "snapshot";
  sound.container = true;
  sound.pools = [
    { ...pool, busy: 3, full: 0 },
    { ...pool, master: "other.conf", busy: null, full: null },
    { ...pool, name: "a", busy: null, workers: null, full: 1 },
    { ...pool, name: "b", busy: 1, maxChildren: null },
  ];
  const page = await pageWith(JSON.stringify(sound));
  const words = wordsOf(page);
  expect(words).toContain("from a snapshot, which asks nobody; a container, without the machine around it.");
  expect(words).toContain("php-fpm.conf: 3 of 2 workers busy; never all busy since it was started");
  expect(words).toContain("pool [shop] of other.conf: 2 of 2 workers running, nobody told how many are busy");
  expect(words).toContain("not seen running, may have 2 workers; all busy once since it was started");
  expect(words).toContain("1 worker busy; pm.max_children is not known; all busy 4 times");
  expect(sectionOf(page).match(/<svg/g)?.length).toBe(1);
  expect(sectionOf(page)).toContain('<rect class="v f" x=0 width="100%"');
});

test("errors come first, and what a faulty check cannot tell is said as a part", async () => {
  const document = JSON.parse(machineDocument());
  const wrong = { kind: "wrong", evidence: [], place: { file: "a.conf", line: 7 }, fix: null };
  document.checks = [
    {
      id: "a/b",
      status: "error",
      answers: [
        { ...wrong, severity: "warning", said: "later" },
        {
          ...wrong,
          severity: "error",
          said: "now",
          evidence: Array.from({ length: 10 }, (_, at) => `e${at}`),
        },
        { kind: "unknown", why: "nobody asked" },
        { kind: "unknown", why: "nobody asked" },
      ],
    },
  ];
  const words = wordsOf(await pageWith(JSON.stringify(document)));
  expect(words).toContain("Of 1 check, 1 needs somebody.");
  expect(words).toMatch(
    /■ error now a\/b .* Seen: e7 Seen: and 2 more In the files: a\.conf:7 ▲ warning later a\/b/,
  );
  expect(words).toContain("Cannot tell a/b, of a part: nobody asked Not read");
});

test("is the same each time, and shows everything from the document as text", async () => {
  const hostile = JSON.parse(machineDocument());
  const name = '</script><img src=x onerror=document.title=1>"\u202e';
  for (const check of hostile.checks) {
    check.id = name;
    for (const answer of check.answers) {
      if (answer.kind === "unknown") answer.why = name;
      if (answer.kind !== "wrong") continue;
      Object.assign(answer, { said: name, evidence: [name], fix: name, place: { file: name, line: 1 } });
    }
  }
  hostile.pools = [1, 2].map(() => ({ ...hostile.pools[0], name, master: name }));
  hostile.notRead = [{ file: name, reason: name }];
  const page = await pageWith(JSON.stringify(hostile));
  expect(await pageWith(JSON.stringify(hostile))).toBe(page);
  expect(page.match(/<script/g)?.length).toBe(1);
  expect(page).not.toContain("<img");
  expect(page).not.toContain("\u202e");
  expect(sectionOf(page).match(/&lt;\/script&gt;/g)?.length).toBeGreaterThan(8);
});

test("shows forty of each, and folds the others", async () => {
  const many = JSON.parse(machineDocument());
  const [pool] = many.pools;
  const answer = { kind: "wrong", severity: "error", said: "x", evidence: [], place: null, fix: null };
  many.checks = Array.from({ length: 60 }, (_, at) => ({
    id: `c/${at}`,
    status: "error",
    answers: [answer, { kind: "unknown", why: `why ${at}` }],
  }));
  many.pools = Array.from({ length: 45 }, (_, at) => ({ ...pool, name: `p${at}` }));
  const words = wordsOf(await pageWith(JSON.stringify(many)));
  expect(words).toContain("41 to 60 of 60 faults");
  expect(words).toContain("41 to 60 of 60 checks");
  expect(words).toContain("41 to 45 of 45 pools");
  for (const text of ["c/59, of a part: why 59", "pool [p44]: 1 of 2"]) expect(words).toContain(text);
});

test("goes with the JSON of diagnose, in any order; without --with the page has neither", async () => {
  const [day, machine] = [await diagnosisOf(LOG), machineDocument()];
  const page = await inFile(day, (file) => pageWith(machine, "--with", file));
  for (const text of ['<a href="#happened1">', '<a href="#machine1">', "<section id=happened1>"])
    expect(page).toContain(text);
  expect(await inFile(machine, (file) => pageWith(day, "--with", file))).toBe(page);
  expect(page).toContain("<h2>The running machine</h2>");
  expect(await drawn("example", "--format", "html")).not.toContain("machine1");
});
