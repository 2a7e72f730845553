import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import type { Finding } from "../../src/engine/finding.js";
import { incompleteOf } from "../../src/engine/incomplete.js";
import { groupBy } from "../../src/source/collect.js";
import { sources } from "../build/fixtures.js";
import { memoryHost } from "../build/hosts.js";
import { describeProofs, nginxCommand } from "../daemons/available.js";
import { type Copy, copyFixture } from "../daemons/bench.js";
import { runRules } from "../support/lint.js";
import { withTree } from "../support/tree.js";
import { applications, type Layout, layouts } from "./support/applications.js";

/**
 * Sites as the manuals of PHP applications have them, each on a host of its own, in two layouts. Whatever
 * is more than an info is a false alarm until the daemons say otherwise.
 */

/** Where a manual contradicts itself, and what the daemons do with it: two limits, and the smaller one counts. */
const contradictions: Readonly<Record<string, string>> = {
  "freshrss request/fallback-without-slash plain": "index.php as the last argument of try_files is no URI",
  "lychee timeout/read-below-terminate below-execution": "PHP has 200 seconds, nginx its default of 60",
  "magento timeout/read-below-terminate below-execution": "PHP has 18000 seconds, nginx 600",
  "phpbb fastcgi/try-files-path-info emptied": "the installer's script is in front of =404",
  "phpbb request/fallback-not-last below-a-path": "@rewrite_installapp is in front of =404",
  "phpbb fastcgi/protection-bypassed bypassed":
    "common.php is denied after the PHP location next to it, which takes it",
  "piwigo timeout/read-below-terminate below-execution": "PHP has 300 seconds, nginx its default of 60",
  "prestashop buffer/body-limit-mismatch cut-by-default":
    "10m in the PHP location, and 1m by default in the location that hands on to it",
  "zabbix timeout/read-below-terminate below-execution": "PHP has 300 seconds, nginx 180",
};

interface Seen {
  readonly site: string;
  readonly layout: string;
  readonly finding: Finding;
}

const sites = applications();

const hosts = sites.flatMap((site) =>
  layouts.map((layout) => ({
    site: site.name,
    layout: layout.name,
    host: memoryHost(layout.compose([site]), { fpm: [layout.fpm] }),
  })),
);

const seen: readonly Seen[] = hosts.flatMap(({ site, layout, host }) =>
  runRules(rules, host, () => ({ level: null, options: {} })).map((finding) => ({ site, layout, finding })),
);

function line({ finding }: Seen): string {
  return `${finding.severity} ${finding.rule} ${finding.case}: ${finding.message}`;
}

test("there are at least sixty sites, each with PHP that meets its pool", () => {
  expect(sites.length).toBeGreaterThanOrEqual(60);
  const apart = hosts.filter(
    ({ host }) => host.bindings.length === 0 || !host.bindings.every((one) => met(one.targets)),
  );
  expect(apart.map(({ site, layout }) => `${site} ${layout}`)).toEqual([]);
});

function met(targets: readonly { readonly pools: readonly unknown[] }[]): boolean {
  return targets.length > 0 && targets.every(({ pools }) => pools.length === 1);
}

test("every site is read whole", () => {
  const unread = hosts.flatMap(({ site, layout, host }) =>
    incompleteOf(host).map(({ file, reason }) => `${site} ${layout} ${file}: ${reason}`),
  );
  expect(unread).toEqual([]);
});

test("no site has an error, and a warning only where its manual contradicts itself", () => {
  const grave = seen.filter(({ finding }) => finding.severity !== "info");
  const known = ({ site, finding }: Seen): string => `${site} ${finding.rule} ${finding.case}`;
  const wrong = grave.filter((one) => !(known(one) in contradictions));
  expect(wrong.map((one) => `${one.site} ${one.layout} ${line(one)}`)).toEqual([]);
  expect([...new Set(grave.map(known))].sort()).toEqual(Object.keys(contradictions).sort());
});

/** So many sites may lack what every site has. */
const FEW = 5;

/** What the layout brings to every site once; then, by site, what its own lines bring. */
function listed(): string {
  const cases = groupBy(seen, ({ layout, finding }) => `${layout} ${finding.rule} ${finding.case}`);
  const without = (group: readonly Seen[]): readonly string[] => {
    const named = new Set(group.map(({ site }) => site));
    return sites.map(({ name }) => name).filter((name) => !named.has(name));
  };
  const onEvery = (group: readonly Seen[]): boolean => without(group).length <= FEW;
  const general = cases.filter(onEvery).map((group) => {
    const [{ layout, finding }] = group;
    const but = without(group);
    const who = but.length === 0 ? "every site" : `every site but ${but.join(", ")}`;
    return `${who} (${layout}): ${finding.rule} ${finding.case}`;
  });
  const own = cases.filter((group) => !onEvery(group)).flat();
  const rows = groupBy(own, (one) => `${one.site} ${line(one)}`).map((group) => {
    const named = new Set(group.map(({ layout }) => layout));
    const where = named.size === layouts.length ? "" : ` (${[...named].join(", ")})`;
    return `${group[0].site}${where}: ${line(group[0])}`;
  });
  return [...general.sort(), ...rows.sort(), ""].join("\n");
}

test("the findings are the expected ones", () => {
  const file = join(sources(), "applications", "expected.txt");
  if (process.env.FPMLINT_UPDATE === "1") writeFileSync(file, listed());
  expect(listed()).toBe(readFileSync(file, "utf8"));
});

/** What nginx says of all sites in one configuration; `null`: it accepts them. */
async function refusal(layout: Layout): Promise<string | null> {
  let said: string | null = null;
  await withTree(async ({ top, put, link }) => {
    for (const [path, node] of Object.entries(layout.compose(sites))) {
      // nginx asks the machine for this account, and the account is not what is asked about here.
      if (typeof node === "string") put({ [path]: node.replace("user nginx;", "user www-data;") });
      else link(node.link, path);
    }
    const copy = await copyFixture(top());
    said = await asked(copy);
    copy.remove();
  });
  return said;
}

function asked(copy: Copy): Promise<string | null> {
  const args = ["-t", "-c", `${copy.root}/etc/nginx/nginx.conf`, "-p", copy.root, "-e", "stderr"];
  return new Promise((resolve) => {
    execFile(nginxCommand ?? "nginx", args, { encoding: "utf8" }, (error, _, stderr) =>
      resolve(error === null ? null : copy.restore(stderr)),
    );
  });
}

describeProofs("real nginx", (proof) => {
  for (const layout of layouts) {
    proof(`accepts all sites at once (${layout.name})`, async () => {
      expect(await refusal(layout)).toBeNull();
    });
  }
});
