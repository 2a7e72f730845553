import type { Finding } from "../../../src/engine/finding.js";
import { integer, seconds, setting } from "../../../src/fpm/pools.js";
import type { Pool } from "../../../src/fpm/types.js";
import type { Host } from "../../../src/model/host.js";
import { requestValues } from "../../../src/model/request/php-settings.js";
import { effectiveBufferSizes } from "../../../src/nginx/checks/buffers.js";
import { takes } from "../../../src/nginx/location/passed.js";
import { effectiveOffset, effectiveTime } from "../../../src/nginx/tree/effective.js";
import { argument, descendants } from "../../../src/nginx/tree/nodes.js";
import type { Node } from "../../../src/nginx/types.js";
import { parseIniBytes } from "../../../src/php/quantity.js";
import { known } from "../../../src/source/effective.js";
import { hasPlaceIn, touched, type Way } from "./touch.js";
import { BODY, BURST, FORM, HEADER, SLOW, type Symptom } from "./wanted.js";

/** What the linter says before any daemon has run. */
export interface Prediction {
  /** The findings for which nginx, or PHP-FPM, would refuse to start. */
  readonly start: Readonly<Record<"nginx" | "php-fpm", readonly Finding[]>>;
  /** For a way and a symptom the findings that foretell it. */
  of(way: Way, symptom: Symptom): readonly Finding[];
}

export function predict(host: Host, findings: readonly Finding[], ways: readonly Way[]): Prediction {
  const begin = findings.filter((one) => one.symptom?.when === "start");
  // That one marks the pool's line, and PHP-FPM cuts the path off and starts.
  const ofNginx = (one: Finding): boolean =>
    one.at.span.file.path.includes("/nginx/") || one.rule === "socket/path-too-long";
  const about = new Map(findings.map((one) => [one, touched(host, one, ways)]));
  return {
    start: { nginx: begin.filter(ofNginx), "php-fpm": begin.filter((one) => !ofNginx(one)) },
    of: (way, symptom) =>
      findings.filter((one) => {
        const touched = about.get(one)?.includes(way) === true;
        // Whom it asks whether to go on has a say in all requests, and of the limits in that on bodies.
        const asks =
          (symptom === "plain" || symptom === "large body") &&
          way.asks !== null &&
          hasPlaceIn(host, one, way.asks);
        return (touched || asks) && foretells(host, one, way, symptom);
      }),
  };
}

/**
 * Whether the finding says that this request breaks. What happens "to slow requests" or "to large
 * headers" happens to those that are beyond the limit in question; which limit counts here, the
 * model says, and that it says so rightly is a part of what is tried.
 */
function foretells(host: Host, finding: Finding, way: Way, symptom: Symptom): boolean {
  const { symptom: shows } = finding;
  // It has no symptom of its own, because it is about several limits; this one is that of forms.
  const form =
    way.entry.page === null &&
    finding.rule === "php/invalid-limit" &&
    finding.message.includes("post_max_size");
  if (form) return (symptom === "plain" || symptom === "large body") && body(host, finding, way);
  if (shows === null) return false;
  switch (symptom) {
    case "plain":
      return plain(host, finding, way);
    case "own error":
      return finding.rule === "fastcgi/intercepted-errors" && /\b404\b/.test(finding.message);
    case "other file":
      return shows.when === "always" && isForOtherFiles(finding);
    case "slow":
      return shows.when === "slow-request" ? slow(finding, way) : nobodyTakesOver(finding, way);
    case "large header":
      return shows.when === "large-header" && header(way);
    case "large body":
      return shows.when === "large-body" && body(host, finding, way);
    case "burst":
      return shows.when === "saturation" && burst(finding, way);
  }
}

/** What ordinary requests show: it happens always, or the source of a script is what they get. */
function plain(host: Host, finding: Finding, way: Way): boolean {
  const { entry, binding } = way;
  const { symptom, rule, case: name } = finding;
  // Most of its cases are about other URLs than those that somebody meant.
  if (rule === "fastcgi/source-exposed")
    return ["fallback", "nested"].includes(name) || binding === null || way.sent;
  if (rule === "fastcgi/intercepted-errors") return false;
  if (rule === "request/index-missing") return entry.uri === "/";
  if (rule === "request/path-info-lost") return entry.uri.includes(".php/");
  if (rule === "connect/empty-variable" && hasRow(host, finding, way)) return false;
  // What is said of scripts, a page of PHP-FPM's own does not show.
  if (entry.page !== null && ABOUT_SCRIPTS.has(rule)) return false;
  return symptom?.when === "always" && symptom.status !== null && !isForOtherFiles(finding);
}

/** Whether a `map` without a default has a row for the name that is asked for here. */
function hasRow(host: Host, { at }: Finding, { site }: Way): boolean {
  const tables = host.nginx === null ? [] : [...descendants(host.nginx.root)];
  return tables.some(
    ({ name, file, directive, children }) =>
      name === "map" &&
      file.path === at.span.file.path &&
      directive.start === at.span.start &&
      children.some((row) => row.name === site.name),
  );
}

const ABOUT_SCRIPTS: ReadonlySet<string> = new Set([
  "fastcgi/chroot-path",
  "fastcgi/doc-root",
  "fastcgi/extension-denied",
  "fastcgi/lost-body-params",
  "fastcgi/overridden-params",
  "request/open-basedir",
]);

/** Files that are no `.php`: what a pool's extensions say of them, ordinary scripts do not show. */
function isForOtherFiles({ rule, case: name, message }: Finding): boolean {
  if (rule !== "fastcgi/extension-denied" || name === "separator") return false;
  return !/\.php\b/.test(message.replace(/ to pool .*/, ""));
}

function slow({ rule, case: name }: Finding, way: Way): boolean {
  const { location, pools } = way;
  if (rule === "buffer/proxy-chain") return name !== "body" && proxies(way).some(isImpatient);
  // It is about what ends first in PHP, not about what the client gets.
  if (rule === "timeout/execution-limit-unreachable") return false;
  const read = effectiveTime(location, "fastcgi_read_timeout");
  if (read.kind === "unknown") return false;
  if (rule === "timeout/read-below-terminate") return SLOW * 1000 > read.value;
  const limits = pools.map((pool) => seconds(pool, "request_terminate_timeout"));
  return limits.some((one) => one.kind !== "unknown" && (one.value ?? 0) > 0 && SLOW > (one.value ?? 0));
}

/** A spare server that is dead turns a timeout, which is a clean 504 otherwise, into a 502. */
function nobodyTakesOver({ case: name }: Finding, { location, binding }: Way): boolean {
  const read = effectiveTime(location, "fastcgi_read_timeout");
  const late = read.kind !== "unknown" && SLOW * 1000 > read.value;
  return (
    name === "member" &&
    late &&
    (binding?.targets ?? []).some(({ backup, pools }) => backup && pools.length === 0)
  );
}

/** The locations in front that pass the request on. */
function proxies({ before }: Way): readonly Node[] {
  return before.filter((one) => one.children.some(({ name }) => name === "proxy_pass"));
}

function isImpatient(location: Node): boolean {
  const read = effectiveTime(location, "proxy_read_timeout");
  return read.kind !== "unknown" && SLOW * 1000 > read.value;
}

function header(way: Way): boolean {
  const sizes = [
    effectiveBufferSizes(way.location, "fastcgi"),
    ...proxies(way).map((one) => effectiveBufferSizes(one, "proxy")),
  ];
  return sizes.some(({ buffer_size: size }) => size.kind !== "unknown" && size.value < HEADER);
}

function body(host: Host, { rule, case: name, message }: Finding, way: Way): boolean {
  const { location, binding, pools, before, asks } = way;
  if (binding === null) return false;
  // A named location is not chosen by the URI, and its own limit is not asked.
  const asked = [location, ...before, ...(asks === null ? [] : [asks])].filter(
    (one) => /^(?:location|server)$/.test(one.name) && one.directive.args[0]?.text.startsWith("@") !== true,
  );
  const refused = asked.some(isTooSmall);
  const limit = (setting: string): number => {
    const values = requestValues(host, setting);
    const least = pools.map((pool) => {
      const value = values(binding, pool);
      const size = value.kind === "unknown" ? 0 : parseIniBytes(value.value ?? "");
      return size <= 0 ? Number.POSITIVE_INFINITY : size;
    });
    return Math.min(...least);
  };
  const post = limit("post_max_size");
  // Where PHP takes everything, a 413 shows that it was not meant only where the location itself takes the body;
  // the 500 of a location that is asked always does.
  const meant = Number.isFinite(post) || letsThrough(way);
  if (rule === "buffer/proxy-chain")
    return name === "body" && proxies(way).some(isTooSmall) && post >= BODY && meant;
  if (name === "refused-first" || name === "cut-by-default")
    return refused && post >= BODY && (meant || message.includes("is asked"));
  if (rule === "php/invalid-limit") return post < FORM;
  if (refused) return false;
  if (name === "above-memory") return post >= BODY && limit("memory_limit") < 2 * BODY;
  if (name === "above-post") return post < BODY && limit("upload_max_filesize") >= BODY;
  return rule === "buffer/body-limit-mismatch" && post < BODY;
}

function isTooSmall(block: Node): boolean {
  const size = effectiveOffset(block, "client_max_body_size");
  return size.kind !== "unknown" && size.value !== 0 && size.value < BODY;
}

/** Whether the location that passes to PHP would itself take the large body. */
export function letsThrough({ location }: Way): boolean {
  const size = effectiveOffset(location, "client_max_body_size");
  return size.kind !== "unknown" && (size.value === 0 || size.value >= BODY);
}

/** What a few short requests at once are enough for. */
function burst({ rule, case: name }: Finding, { pools }: Way): boolean {
  if (rule === "pool/keepalive-pins-workers") return true;
  return rule === "pool/backlog" && name === "tiny-socket" && pools.some((pool) => overflows(pool) === true);
}

/**
 * Whether a burst is more than the workers and the queue take together; `null` where it depends on
 * how fast the workers are.
 */
function overflows(pool: Pool): boolean | null {
  const backlog = integer(pool, "listen.backlog");
  const workers = integer(pool, "pm.max_children");
  if (backlog.kind !== "set" || backlog.value === null || backlog.value < 0) return false;
  // On TCP the kernel drops what is too much, and whoever sent it tries again after a second.
  const port = /\d$/.test(known(setting(pool, "listen")) ?? "");
  if (port) return BURST.times <= backlog.value + 1 ? false : null;
  if (BURST.times > backlog.value + 1 + (known(workers) ?? 0)) return true;
  return BURST.times <= backlog.value + 1 ? false : null;
}

/** Why nothing can be said about a symptom, whatever the files say; `null`: it can. */
export function unclear(host: Host, findings: readonly Finding[], way: Way, symptom: Symptom): string | null {
  const pinned = findings.find(({ rule }) => rule === "pool/keepalive-pins-workers");
  if (pinned !== undefined && (symptom !== "burst" || /times \d/.test(pinned.message)))
    return "kept connections may hold the workers";
  if (pinned === undefined && way.pools.length > 0 && keeps(host, way) && !way.pools.every(isStatic))
    return "how fast a pool grows whose workers are held by kept connections is not said";
  if (findings.some(({ rule }) => rule === "pool/process-max") && way.pools.length > 0)
    return "which pool gets no worker is not said";
  if (findings.some(({ rule, case: name }) => rule === "connect/bind-unix" && name === "kept"))
    return "whether a kept connection is free is not said";
  if (isSharedSplit(way)) return "whether this site wants a path after its scripts is not said";
  if (symptom === "slow" && way.entry.pool.walled) return "a script in a chroot leaves no marks outside";
  if (symptom === "large body" && way.entry.pool.walled)
    return "a chroot here has no place for temporary files";
  if (symptom === "large body" && sticks(host, way)) return "what another location sets stays in the worker";
  if (symptom === "burst" && way.pools.some((pool) => overflows(pool) === null))
    return "the queue may just do";
  return null;
}

/** A split that a snippet brings to locations which never get such paths. */
function isSharedSplit({ entry, location }: Way): boolean {
  const split = location.children.find(({ name }) => name === "fastcgi_split_path_info");
  return (
    entry.uri.includes(".php/") &&
    takes(location, entry.uri) === false &&
    split !== undefined &&
    split.file !== location.file
  );
}

function sticks(host: Host, { binding, pools }: Way): boolean {
  const post = requestValues(host, "post_max_size");
  return binding !== null && pools.some((pool) => post(binding, pool).kind === "unknown");
}

/** Whether any location keeps connections to one of the way's pools. */
function keeps(host: Host, { pools }: Way): boolean {
  const kept = (host.nginx === null ? [] : [...descendants(host.nginx.root)]).filter(
    ({ name }) => name === "keepalive",
  );
  const groups = new Set(kept.map(({ parent }) => (parent === null ? "" : argument(parent, 0))));
  return host.bindings.some(({ targets }) =>
    targets.some(
      ({ upstream, pools: own }) => groups.has(upstream ?? "") && own.some((one) => pools.includes(one)),
    ),
  );
}

function isStatic(pool: Pool): boolean {
  return known(setting(pool, "pm")) === "static";
}
