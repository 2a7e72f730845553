import { defineRule } from "../../src/engine/define.js";
import type { Edit } from "../../src/engine/help.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { waysTo } from "../../src/evidence/meetings.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { type Passed, passed, sentParam } from "../../src/evidence/scripts.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { addInto, helpOf, remove, write } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import type { Step } from "../../src/model/request/resolve/types.js";
import { argumentPlace, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { known, placeOf } from "../../src/source/effective.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { perKey } from "../../src/source/memo.js";

type Case = "other-path" | "tried";

interface Missed {
  readonly binding: Binding;
  readonly case: Case;
  /** The URL of the location. */
  readonly uri: string;
  readonly pools: readonly Pool[];
  /** The `try_files` that ends it. */
  readonly tried: Node | null;
}

const PAGES = ["pm.status_path", "ping.path"] as const;

export const pageUnreachable = defineRule({
  id: "request/page-unreachable",
  about: "site",
  alike: true,
  cases: {
    "other-path": {
      severity: "warning",
      symptom: { when: "always", status: 404, log: null },
      summary: "the location of a status or ping page leads to a pool that has no page of that path",
    },
    tried: {
      severity: "warning",
      symptom: { when: "always", status: 404, log: null },
      summary: "try_files in the location of a status or ping page looks for a file of that name",
    },
  },
  docs: {
    title: "a status or ping page that its location does not reach",
    fires: [
      markdown`
        the location of one path that is called a status or ping page, or that is the page of another pool,
        passes to a pool whose \`pm.status_path\` and \`ping.path\` are not that path
      `,
      markdown`
        \`try_files\` in that location, often from a shared snippet, looks for a file of that name and
        answers 404
      `,
    ],
    silent: [
      "the pool is not in the tree, or its paths are not known",
      "SCRIPT_FILENAME is a fixed script, so that the application itself answers",
      "the page is only asked for directly at the socket, without a location",
    ],
    why: markdown`
      PHP-FPM compares SCRIPT_NAME with \`pm.status_path\` and \`ping.path\` of the pool that gets the
      request. Any other path is a script to it, and there is none: 404 with the text \`File not found.\`
      \`try_files\` never asks PHP-FPM, because the page is no file. A monitor then reports an outage, or
      nothing at all.
    `,
    instead: markdown`
      \`pm.status_path = /fpm-status\` in the pool that \`location = /fpm-status\` passes to, and no
      \`try_files\` in the location.
    `,
    references: ["https://www.php.net/manual/en/fpm.status.php"],
    twins: { bad: "bad-other-path", ok: "ok-page" },
  },
  asksDisk: true,
  proof: { kind: "daemons", requests: [{ path: "/fpm-status" }, { path: "/fpm-ping" }] },
  *find(binding, host): Generator<Missed> {
    const { server, location } = binding;
    const [modifier = "", path = modifier] = location.directive.args.map(({ text }) => text);
    if (server === null || /^[~@]/.test(modifier) || !isPage(host, path, modifier === "=")) return;
    const pools = [...new Set(binding.targets.flatMap((target) => target.pools))];
    if (pools.length === 0 || !pools.every(hasKnownPages)) return;
    const tried = triedAway(host, binding, path);
    if (tried !== null) {
      yield { binding, case: "tried", uri: path, pools, tried };
      return;
    }
    const found = passed(host, server, path, { client: "127.0.0.1" });
    if (found.length === 0 || !found.every((one) => isMissed(one, binding))) return;
    yield { binding, case: "other-path", uri: path, pools, tried: null };
  },
  cause: ({ binding }) => placeKey(headPlace(binding.location)),
  report([first], host) {
    const { binding, uri, pools, tried, case: name } = first;
    const has = pools.some((pool) => pagesOf(pool).includes(uri));
    const others = has ? [] : pagesElsewhere(host, uri, pools);
    const passes = pools[0]?.name === undefined ? "PHP-FPM" : `pool [${pools[0].name}]`;
    return {
      case: name,
      message:
        tried === null
          ? `${headText(binding.location)} is for a ${/ping/i.test(uri) ? "ping" : "status"} page, but ${poolsText(pools)} no page of the path ${uri}`
          : `${headText(tried)} looks for a file called ${uri}, so the request never gets to ${passes}${has ? "" : `, and ${poolsText(pools)} no page of this path either`}`,
      at:
        tried === null
          ? argumentPlace(binding.location, binding.location.directive.args.length - 1)
          : isOwn(tried, binding)
            ? headPlace(tried)
            : headPlace(binding.location),
      label: tried === null ? "no page of this path" : "a page of PHP-FPM is no file",
      related: [
        ...(tried === null || isOwn(tried, binding)
          ? []
          : [{ place: headPlace(tried), message: "included here" }]),
        { place: headPlace(binding.pass), message: "passes the request there" },
        ...pools.flatMap(ownPages),
        ...others,
      ],
      effect: `${uri} is answered with 404, and what watches this page sees an error`,
      help:
        tried === null
          ? helpOf([pageOf(host, uri, pools)], "or pass the location to the pool that has this page")
          : isOwn(tried, binding)
            ? helpOf([[remove(host, headPlace(tried)), ...(has ? [] : pageOf(host, uri, pools))]])
            : helpOf([], "include fastcgi.conf; in this location, without the file that has the try_files"),
      names: namesOf(binding, pools[0]),
    };
  },
});

/** Whether a path is meant for a page of PHP-FPM: a pool has it, or its name says so. `exact`: no other path. */
function isPage(host: Host, path: string, exact: boolean): boolean {
  if (!path.startsWith("/") || /\.\w+$/.test(path) || path.endsWith("/")) return false;
  if (allPages(host).has(path)) return true;
  return (exact || /php|fpm/i.test(path)) && /status|ping/i.test(path);
}

const allPages = perKey(({ pools }: Host): ReadonlySet<string> => new Set(pools.flatMap(pagesOf)));

function pagesOf(pool: Pool): readonly string[] {
  return PAGES.flatMap((key) => known(setting(pool, key)) ?? []).filter((path) => path !== "");
}

function hasKnownPages(pool: Pool): boolean {
  return PAGES.every((key) => setting(pool, key).kind !== "unknown");
}

/** The `try_files` of the location, where every way of the request ends in its status. */
function triedAway(host: Host, { server, location }: Binding, path: string): Node | null {
  const ways = waysTo(host, server, path, { client: "127.0.0.1" });
  const missing = ways.filter(
    ({ rests }) => !rests.some((one) => one.kind === "path" && !one.is.includes("missing")),
  );
  const [way] = missing;
  if (way === undefined || missing.length > 1) return null;
  const at = way.steps.findIndex((one) => one.kind === "try-files" && one.answer === "last");
  const [step, next] = way.steps.slice(at);
  if (at === -1 || step?.kind !== "try-files" || step.node.parent !== location) return null;
  // An error page may take the place of the answer, and PHP-FPM has no part in that either.
  const ends = next === undefined ? way.outcome.kind === "status" : isEnd(next);
  return ends && way.outcome.kind !== "php" ? step.node : null;
}

function isEnd(step: Step): boolean {
  return (step.kind === "status" && step.reason === "try-files") || step.kind === "error-page";
}

/** Whether PHP-FPM looks for a script of the page's own name. */
function isMissed({ outcome, answers, way }: Passed, { pass }: Binding): boolean {
  if (outcome.pass !== pass || way.steps.some(({ kind }) => kind === "internal-redirect")) return false;
  const script = sentParam(outcome, "SCRIPT_FILENAME");
  const fixed = script !== null && /\.\w+$/.test(script);
  return (
    !fixed &&
    answers.length > 0 &&
    answers.every(({ answer }) => answer.kind === "refused" || answer.kind === "runs")
  );
}

/** Whether a directive is written in the location itself, and not in a file that others include, too. */
function isOwn({ file }: Node, { location }: Binding): boolean {
  return file === location.file;
}

function poolsText(pools: readonly Pool[]): string {
  const names = pools.map(({ name }) => `[${name}]`).join(", ");
  return pools.length === 1 ? `pool ${names} has` : `the pools ${names} have`;
}

function ownPages(pool: Pool): readonly RelatedReport[] {
  const set = PAGES.flatMap((key): readonly RelatedReport[] => {
    const value = setting(pool, key);
    const place = value.kind === "set" ? placeOf(value) : null;
    return place === null ? [] : [{ place, message: `the page of pool [${pool.name}]` }];
  });
  return set.length > 0 ? set : [{ place: pool.section, message: `pool [${pool.name}] has no status page` }];
}

function pagesElsewhere(host: Host, uri: string, pools: readonly Pool[]): readonly RelatedReport[] {
  return host.pools
    .filter((pool) => !pools.includes(pool) && pagesOf(pool).includes(uri))
    .map((pool) => ({ place: pool.section, message: `pool [${pool.name}] has it` }));
}

/** Gives the pools a page of this path. */
function pageOf(host: Host, uri: string, pools: readonly Pool[]): readonly Edit[] {
  const key = /ping/i.test(uri) ? "ping.path" : "pm.status_path";
  return pools.flatMap((pool) => {
    const value = setting(pool, key);
    const line = `${key} = ${uri}`;
    const edit = value.kind === "set" ? write(host, value, line) : addInto(host, pool.section, line);
    return edit === null ? [] : [edit];
  });
}
