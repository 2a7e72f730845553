import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inflateSync } from "node:zlib";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandIn } from "../../support/run-command.js";
import { runs, sample } from "../../support/sample.js";
import { withTree } from "../../support/tree.js";
import { drawn, HOSTILE_FILES, hostNames, likeSites } from "../topology/support/hosts.js";
import { diagnosisOf, inFile, LOG, pageWith } from "./support/day.js";
import { machineDocument } from "./support/machine.js";

/**
 * What a browser makes of the page: Debian's chromium. Without it these are skipped with a line that says so, unless
 * FPMLINT_REQUIRE_BROWSER=1.
 */

const COMMAND = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
const required = process.env.FPMLINT_REQUIRE_BROWSER === "1";
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** One browser for all tests; each has a page of its own. */
let browser: Browser | null = null;
let directory = "";

beforeAll(async () => {
  if (COMMAND === undefined) return;
  directory = mkdtempSync(join(tmpdir(), "fpmlint-page-"));
  // As root, which a container of CI has, chromium has no sandbox.
  browser = await chromium.launch({ executablePath: COMMAND, args: ["--no-sandbox"] });
});

afterAll(async () => {
  await browser?.close();
  if (directory !== "") rmSync(directory, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  /** What the page says to the console, what it asks for, and what fails in it. */
  readonly said: readonly string[];
}

interface Look {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
  readonly script?: boolean;
}

async function look(html: string, work: (opened: Opened) => Promise<void>, how: Look = {}): Promise<void> {
  if (browser === null) throw new Error("no browser");
  const file = join(directory, "page.html");
  writeFileSync(file, html);
  const url = pathToFileURL(file).href;
  const context = await browser.newContext({
    viewport: { width: how.width ?? 1200, height: 900 },
    colorScheme: how.scheme ?? "light",
    javaScriptEnabled: how.script ?? true,
  });
  try {
    const page = await context.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => said.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => said.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => {
      if (request.url() !== url) said.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    await work({ page, said });
    expect(said).toEqual([]);
  } finally {
    await context.close();
  }
}

/** Without a browser skipped, or failed where one is required. */
function inBrowser(name: string, work: () => Promise<void>): void {
  test(name, async ({ skip }) => {
    if (COMMAND === undefined && required)
      throw new Error("FPMLINT_REQUIRE_BROWSER is set, but chromium is not installed");
    if (COMMAND === undefined) skip("browser: chromium is not installed");
    await work();
  });
}

/** What axe-core finds: id of the rule and the elements. */
async function faults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{ violations: readonly Violation[] }>("axe.run()");
  return violations.map(({ id, nodes }) =>
    [id, ...nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`)].join("\n"),
  );
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** The code is a text: these tests are compiled without the names of a browser. */
function widthOf(page: Page): Promise<unknown> {
  return page.evaluate("document.documentElement.scrollWidth");
}

async function follow(page: Page, id: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(id)}`);
}

/** The number of the element that has the focus; `end`: none has. */
const WHERE = `document.activeElement === document.body ? "end" : String(
  [...document.querySelectorAll("a[href], summary, input, button")].indexOf(document.activeElement))`;

const MEMORY = ["--ram", "4G", "--format", "html"];

inBrowser("the yardstick finds a field without a label", async () => {
  await look(
    "<!DOCTYPE html><html lang=en><title>x</title><main><h1>x</h1><input></main>",
    async ({ page }) => {
      expect((await faults(page)).map((fault) => fault.split("\n")[0])).toEqual(["label"]);
    },
  );
});

inBrowser("each host of the fixtures is shown without an error and without a request", async () => {
  // In CI all of them, elsewhere those that the seed draws: drawing and opening one takes as long as most tests.
  for (const name of sample(hostNames, runs(hostNames.length, 5), "in a browser"))
    await look(await drawn(name, ...MEMORY), async ({ page }) => {
      expect(await page.title()).toContain("fpmlint");
      expect(await widthOf(page), name).toBeLessThanOrEqual(1200);
    });
});

describe("the page of the example", () => {
  const example = (): Promise<string> =>
    drawn("example", ...MEMORY, "--rate", "shop=40/s", "--mean", "250ms");

  for (const width of [390, 1200])
    inBrowser(`is as wide as a window of ${width} pixels`, async () => {
      await look(
        await example(),
        async ({ page }) => {
          expect(await widthOf(page)).toBeLessThanOrEqual(width);
        },
        { width },
      );
    });

  for (const scheme of ["light", "dark"] as const)
    for (const width of [390, 1200])
      inBrowser(`has contrast, labels and an order of headings: ${scheme}, ${width} pixels`, async () => {
        await look(
          await example(),
          async ({ page }) => {
            await page.locator("#open").click();
            expect(await faults(page)).toEqual([]);
          },
          { scheme, width },
        );
      });

  inBrowser("leads from a box to its findings, and every finding can be reached", async () => {
    const { findings } = JSON.parse(await drawn("example", "--ram", "4G", "--format", "json"));
    await look(await drawn("example", ...MEMORY), async ({ page }) => {
      for (const { rule, fingerprint } of findings as { rule: string; fingerprint: string }[]) {
        const id = `${rule}:${fingerprint}`;
        await follow(page, id);
        await page.waitForFunction(`document.activeElement.id === ${JSON.stringify(id)}`);
        expect(await page.locator(`[id="${id}"]`).isVisible()).toBe(true);
      }
      await page.locator("#h1-talks svg a").first().click();
      expect(await page.evaluate("document.activeElement.id")).toMatch(/^fastcgi\/params-shadowed:/);
    });
  });

  inBrowser("filters by words and by severity", async () => {
    await look(await drawn("example", ...MEMORY), async ({ page }) => {
      const shown = () => page.locator("article.f:visible").count();
      const all = await shown();
      await page.getByLabel("Filter").fill("timeout/terminate-below-read");
      expect(await shown()).toBe(1);
      expect(await page.locator(".kind:visible").count()).toBe(1);
      expect(await page.locator("output").textContent()).toMatch(/^1 of \d+ findings shown$/);
      await page.getByLabel("Filter").fill("");
      expect(await shown()).toBe(all);
      await page.locator('input[value="info"]').uncheck();
      const grave = await shown();
      expect(grave).toBeGreaterThan(0);
      expect(grave).toBeLessThan(all);
      // A link to what the filter hides shows it.
      const info = await page.locator(".kind[data-s=info] article").first().getAttribute("id");
      await follow(page, info ?? "");
      await page.locator(`[id="${info}"]`).waitFor({ state: "visible" });
    });
  });

  inBrowser("is gone through with the keyboard alone", async () => {
    await look(await drawn("example", ...MEMORY), async ({ page }) => {
      const wanted = await page.locator("a[href], summary, input, button").count();
      const reached = new Set<string>();
      for (let presses = 0; presses < 300; presses++) {
        await page.keyboard.press("Tab");
        const at = String(await page.evaluate(WHERE));
        if (at === "end" && reached.size > 0) break;
        if (at !== "-1" && at !== "end") reached.add(at);
      }
      // What is folded is reached when it is unfolded.
      const hidden = await page.locator("details:not([open]) > :not(summary) a[href]").count();
      expect(reached.size).toBe(wanted - hidden);
    });
  });

  inBrowser("is read without its script", async () => {
    await look(
      await drawn("example", ...MEMORY),
      async ({ page }) => {
        expect(await page.locator("form").isVisible()).toBe(false);
        expect(await page.locator("article.f").first().isVisible()).toBe(true);
        expect(await page.locator("summary").first().isVisible()).toBe(true);
      },
      { script: false },
    );
  });

  inBrowser("is printed with all that is folded", async () => {
    await look(await drawn("example", ...MEMORY), async ({ page }) => {
      const folded = await pagesOf(page);
      await page.locator("#open").click();
      expect(await pagesOf(page)).toBe(folded);
      expect(folded).toBeGreaterThan(3);
    });
  });
});

/** How many pages the PDF has. */
async function pagesOf(page: Page): Promise<number> {
  const pdf = await page.pdf({ format: "A4" });
  const text = pdf.toString("latin1");
  const streams = [...text.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].map(([, body = ""]) => {
    try {
      return inflateSync(Buffer.from(body, "latin1")).toString("latin1");
    } catch {
      return "";
    }
  });
  const count = [text, ...streams].flatMap((one) => [...one.matchAll(/\/Type\s*\/Page\b(?!s)/g)]).length;
  return count;
}

for (const [scheme, width] of [
  ["light", 390],
  ["dark", 1200],
] as const)
  inBrowser(`what happened on the server is shown within ${width} pixels: ${scheme}`, async () => {
    await look(
      await inFile(machineDocument(), async (file) =>
        pageWith(await diagnosisOf(LOG), "--ram", "4G", "--with", file),
      ),
      async ({ page }) => {
        expect(await widthOf(page)).toBeLessThanOrEqual(width);
        expect(await faults(page)).toEqual([]);
        expect(await page.locator("#machine1").isVisible()).toBe(true);
        await page.locator("#happened1 a").first().click();
        expect(await page.evaluate("document.activeElement.id")).toMatch(/^connect\/listen-mismatch:/);
      },
      { scheme, width },
    );
  });

inBrowser("names that are scripts and images do nothing", async () => {
  await withTree(async ({ top, put }) => {
    put(HOSTILE_FILES);
    const { out } = await commandIn(top(), ["report", "--format", "html", "."]);
    await look(out, async ({ page }) => {
      expect(await page.title()).not.toBe("1");
      expect(await page.locator("img, iframe, u, i").count()).toBe(0);
      expect(await page.locator("script").count()).toBe(1);
      await page.getByLabel("Filter").fill("<script>");
      await page.locator("#open").click();
      expect(await faults(page)).toEqual([]);
    });
  });
});

inBrowser("a box of many sites leads to all of them", async () => {
  await withTree(async ({ top, put }) => {
    put(likeSites(60));
    const { out } = await commandIn(top(), ["report", "--format", "html", "etc"]);
    await look(out, async ({ page }) => {
      await page.locator("#close").click();
      await page.locator("#h1-talks svg a", { hasText: "60 ×" }).click();
      await page.getByText("site59.example.com", { exact: true }).first().waitFor({ state: "visible" });
    });
  });
});
