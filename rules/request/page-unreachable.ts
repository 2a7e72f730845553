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
import { matchingOf, patternOf } from "../../src/nginx/location/extensions.js";
import { writtenPaths } from "../../src/nginx/location/finite.js";
import { matches } from "../../src/nginx/location/pattern.js";
import { argumentPlace, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { unique } from "../../src/source/collect.js";
import { known, placeOf } from "../../src/source/effective.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { perKey } from "../../src/source/memo.js";

type Case = "other-path" | "tried";

interface Missed {
  readonly binding: Binding;
  readonly case: Case;
  /** The URLs of the location, at least one. */
  readonly uris: readonly string[];
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
        the location of one path, or of a regular expression that names it, that is called a status or ping page, or that is the page of another pool,
        passes to a pool whose \`pm.status_path\` and \`ping.path\` are not that path
      `,
      markdown`
        \`try_files\` in that location, often from a shared snippet, looks for a file of that name and
        answers 404
      `,
    ],
    silent: [
      "the pool is not in the tree, or its paths are not known",
      "a regular expression names several pages, and the pool has one of them",
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
    const uris = server === null ? [] : pagesIn(host, location);
    if (server === null || uris.length === 0) return;
    const pools = [...new Set(binding.targets.flatMap((target) => target.pools))];
    if (pools.length === 0 || !pools.every(hasKnownPages)) return;
    const tried = uris.map((uri) => ({ uri, node: triedAway(host, binding, uri) }));
    const [node] = tried.flatMap((one) => one.node ?? []);
    if (node !== undefined) {
      const away = tried.filter((one) => one.node === node).map(({ uri }) => uri);
      yield { binding, case: "tried", uris: away, pools, tried: node };
      return;
    }
    const missed = uris.filter((uri) => {
      const found = passed(host, server, uri, { client: "127.0.0.1" });
      return found.length > 0 && found.every((one) => isMissed(one, binding));
    });
    // A snippet names both, and a pool has the one that is wanted.
    if (missed.length === uris.length)
      yield { binding, case: "other-path", uris: missed, pools, tried: null };
  },
  cause: ({ binding }) => placeKey(headPlace(binding.location)),
  report([first], host) {
    const { binding, uris, pools, tried, case: name } = first;
    const lacking = uris.filter((uri) => !pools.some((pool) => pagesOf(pool).includes(uri)));
    const others = pagesElsewhere(host, lacking, pools);
    const urls = uris.join(" and ");
    const passes = pools[0]?.name === undefined ? "PHP-FPM" : `pool [${pools[0].name}]`;
    return {
      case: name,
      message:
        tried === null
          ? `${headText(binding.location)} is for ${pageText(uris)}, but ${poolsText(pools)} no page of the path ${uris.join(" or ")}`
          : `${headText(tried)} looks for a file called ${uris.join(" or ")}, so the request never gets to ${passes}${lackingText(uris, lacking, pools)}`,
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
      effect: `${urls} ${uris.length === 1 ? "is" : "are"} answered with 404, and what watches this page sees an error`,
      help:
        tried === null
          ? helpOf([pagesFor(host, uris, pools)], "or pass the location to the pool that has this page")
          : isOwn(tried, binding)
            ? helpOf([[remove(host, headPlace(tried)), ...pagesFor(host, lacking, pools)]])
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

/** The pages that a location is for, and only for them. */
function pagesIn(host: Host, location: Node): readonly string[] {
  const [modifier = "", path = modifier] = location.directive.args.map(({ text }) => text);
  const pattern = patternOf(location);
  if (pattern === null) return !/^[~@]/.test(modifier) && isPage(host, path, modifier === "=") ? [path] : [];
  const { text } = matchingOf(location);
  const written = writtenPaths(location).filter((path) => isPage(host, path, true));
  const named = [...allPages(host)].filter(
    (page) => names(text, page) && matches(pattern, page) === true && isPage(host, page, false),
  );
  return unique([...written, ...named]).slice(0, MOST_PAGES);
}

/** Of the pages that one regular expression names, so many are asked for. */
const MOST_PAGES = 4;

/** Whether a regular expression has the last name of a page, so that it is not for everything. */
function names(text: string, page: string): boolean {
  const name = page.slice(page.lastIndexOf("/") + 1);
  return name !== "" && text.replaceAll("\\", "").includes(name);
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

function pageText(uris: readonly string[]): string {
  const ping = uris.filter((uri) => /ping/i.test(uri)).length;
  if (ping > 0 && ping < uris.length) return "a status and a ping page";
  return `a ${ping > 0 ? "ping" : "status"} page`;
}

function lackingText(uris: readonly string[], lacking: readonly string[], pools: readonly Pool[]): string {
  if (lacking.length === 0) return "";
  const which = uris.length === 1 ? "of this path either" : `of the path ${lacking.join(" or ")}`;
  return `, and ${poolsText(pools)} no page ${which}`;
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

function pagesElsewhere(
  host: Host,
  uris: readonly string[],
  pools: readonly Pool[],
): readonly RelatedReport[] {
  return host.pools
    .filter((pool) => !pools.includes(pool) && pagesOf(pool).some((page) => uris.includes(page)))
    .map((pool) => ({ place: pool.section, message: `pool [${pool.name}] has it` }));
}

/** Gives the pools pages of these paths, of each kind the first. */
function pagesFor(host: Host, uris: readonly string[], pools: readonly Pool[]): readonly Edit[] {
  const first = uris.filter((uri, at) => uris.findIndex((one) => keyOf(one) === keyOf(uri)) === at);
  return first.flatMap((uri) => pageOf(host, uri, pools));
}

function keyOf(uri: string): (typeof PAGES)[number] {
  return /ping/i.test(uri) ? "ping.path" : "pm.status_path";
}

function pageOf(host: Host, uri: string, pools: readonly Pool[]): readonly Edit[] {
  const key = keyOf(uri);
  return pools.flatMap((pool) => {
    const value = setting(pool, key);
    const line = `${key} = ${uri}`;
    const edit = value.kind === "set" ? write(host, value, line) : addInto(host, pool.section, line);
    return edit === null ? [] : [edit];
  });
}
