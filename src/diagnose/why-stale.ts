/** A daemon that runs with other values than its files have, and files that were changed when requests began to fail. */
import { phpValue, setting } from "../fpm/settings/lookup.js";
import { showTime } from "../logs/time.js";
import type { Host, Target } from "../model/host.js";
import { offsetBytes } from "../nginx/syntax/values.js";
import { effectiveOffset } from "../nginx/tree/effective.js";
import { argument, descendants } from "../nginx/tree/nodes.js";
import { parseIniBytes } from "../php/ini.js";
import { perKey } from "../source/memo.js";
import type { Verdict } from "./cause.js";
import { type Changed, SECOND, wasChanged } from "./changes.js";
import { isAfter, lastUntil, REFUSALS, STOPS } from "./events.js";
import { byOutside, type Known } from "./evidence.js";
import { addressOf, isNumeric, leadsTo } from "./join.js";
import { hasRead, NAMES, readsOf } from "./reads.js";

/** What a line says that its daemon's files do not say. */
interface Contradiction {
  readonly daemon: Changed["daemon"];
  /** A sentence: lower case, no full stop. */
  readonly said: string;
  /** The file that says otherwise; `null`: any of them may be the one. */
  readonly path: string | null;
}

/** That a daemon was not reloaded, or that the files were changed since; `null`: nothing contradicts them, or they are on no disk. */
export function whyStale(known: Known): Verdict | null {
  const { group, begin, changes, events } = known;
  const found = addressGone(known) ?? bodyFits(known) ?? otherPostLimit(known) ?? notYetRead(known);
  const { first, last } = group.times;
  if (found === null || first === null || last === null) return null;
  const { daemon, said, path } = found;
  const changed = changes().findLast((one) => (path === null ? one.daemon === daemon : one.path === path));
  if (changed === undefined) return null;
  if (changed.time >= last + SECOND)
    return byOutside("changed-since", "event", true, [
      said,
      `${wasChanged(changed)}, after the last of these lines`,
    ]);
  const reads = readsOf(events, daemon);
  // Of a reload in the second of the last line, the line is what it ended.
  const before = lastUntil(reads, last - SECOND);
  if (before !== null && hasRead(before, changed)) return null;
  const after = reads.find((one) => one.time !== null && one.time > last - SECOND && hasRead(one, changed));
  if (after?.time != null)
    return byOutside("changed-since", "event", true, [
      said,
      `${wasChanged(changed)}, and ${NAMES[daemon]} read it at ${showTime(after.time)}: no such line came later`,
    ]);
  const asked = daemon === "nginx" ? lastUntil(events.of(["nginx-reloading"]), last) : null;
  return byOutside("not-reloaded", "event", begin !== null && changed.time >= begin, [
    said,
    wasChanged(changed),
    ...(before?.time == null ? [] : [`${NAMES[daemon]} read its files last at ${showTime(before.time)}`]),
    ...(asked?.time != null && hasRead(asked, changed)
      ? [
          `nginx was asked to read them at ${showTime(asked.time)}, and went on with the older ones: nginx -t says why`,
        ]
      : []),
  ]);
}

/** Every address that nginx may pass requests to; `null`: not all are known, or some are names, which the log has as numbers. */
const knownTargets = perKey(({ nginx, bindings }: Host): readonly Target[] | null => {
  if (nginx === null || !nginx.hasMain || nginx.faults.length > 0) return null;
  if ([nginx.root, ...descendants(nginx.root)].some(({ partial }) => partial)) return null;
  const all = bindings.flatMap(({ targets }) => targets);
  const isKnown = bindings.length > 0 && bindings.every(({ targets }) => targets.length > 0);
  return isKnown && all.every(isNumeric) ? all : null;
});

/** nginx passes requests to an address that no file names. */
function addressGone({ group, joined }: Known): Contradiction | null {
  const meant = addressOf(group.upstream);
  const isPass = group.sample.line.request?.upstream.startsWith("fastcgi://") === true;
  if (joined === null || joined.server === null || meant === null || !isPass) return null;
  const targets = knownTargets(joined.host);
  if (targets === null || targets.some((one) => leadsTo(one, meant))) return null;
  return {
    daemon: "nginx",
    said: `nginx passed requests to ${group.upstream}, which its files do not name`,
    path: null,
  };
}

/** nginx refuses a body that no limit of the server refuses. */
function bodyFits({ group, joined }: Known): Contradiction | null {
  const bytes = Number(group.parts.get("bytes") ?? Number.NaN);
  const server = joined?.server ?? null;
  if (group.signature.id !== "body-too-large" || server === null || !(bytes > 0)) return null;
  const own = effectiveOffset(server, "client_max_body_size");
  if (own.kind === "unknown") return null;
  const below = [...descendants(server)].filter(({ name }) => name === "client_max_body_size");
  const limits = [own.value, ...below.map((node) => offsetBytes(argument(node, 0) ?? ""))];
  if (!limits.every((limit) => limit !== undefined && (limit === 0 || limit >= bytes))) return null;
  return {
    daemon: "nginx",
    said: `nginx refused ${bytes} bytes, and client_max_body_size of its files allows them`,
    path: own.kind === "set" ? own.place.span.file.path : null,
  };
}

/** PHP names another limit than the files do. */
function otherPostLimit({ group, joined }: Known): Contradiction | null {
  const limit = Number(group.parts.get("limit") ?? Number.NaN);
  const [pool, ...others] = joined?.pools ?? [];
  if (group.signature.id !== "post-limit" || pool === undefined || others.length > 0) return null;
  const value = phpValue(pool, "post_max_size");
  if (value.kind !== "set" || value.value === null || parseIniBytes(value.value) === limit) return null;
  return {
    daemon: "php-fpm",
    said: `PHP refused more than ${limit} bytes, and post_max_size is ${value.value} in its files`,
    path: value.place.span.file.path,
  };
}

/** nginx asks where the files let a pool listen, and PHP-FPM was started before they said so. */
function notYetRead({ group, joined, events, changes }: Known): Contradiction | null {
  const [pool] = joined?.pools ?? [];
  const { first } = group.times;
  if (!CONNECTS.has(group.signature.id) || pool === undefined || first === null) return null;
  const listen = setting(pool, "listen");
  const start = lastUntil(readsOf(events, "php-fpm"), first);
  if (listen.kind !== "set" || start?.time == null) return null;
  const { path } = listen.place.span.file;
  const changed = changes().find((one) => one.path === path);
  const ended = events
    .of([...STOPS, ...REFUSALS])
    .some((one) => isAfter(one, start) && one.time !== null && one.time < first + SECOND);
  if (ended || changed === undefined || changed.time < start.time + SECOND || changed.time >= first + SECOND)
    return null;
  return {
    daemon: "php-fpm",
    said: `pool [${pool.name}] does not listen where its file says`,
    path,
  };
}

const CONNECTS: ReadonlySet<string> = new Set(["socket-missing", "socket-refused", "port-refused"]);

/** A file that may be why requests fail, and when its daemon read it. */
interface Blamed {
  readonly changed: Changed;
  /** `null`: no line says when, and it was changed itself between the last request that went well and the first that failed. */
  readonly read: number | null;
}

/** The file that was changed, or first read, last between the last request that went well and the first that failed; `null`: none. */
function blamedFor({ group, good, begin, changes, events }: Known): Blamed | null {
  const { first } = group.times;
  if (first === null || good === null) return null;
  const found = changes().findLast(({ time }) => time >= good && time < first + SECOND);
  if (found !== undefined) {
    // What a daemon has not read changed nothing.
    const start = lastUntil(readsOf(events, found.daemon), first);
    if (start === null || hasRead(start, found)) return { changed: found, read: null };
  }
  return (["nginx", "php-fpm"] as const)
    .flatMap((daemon): readonly Blamed[] => {
      const reads = readsOf(events, daemon);
      const read = lastUntil(reads, first);
      if (read?.time == null || read.time < good || begin === null) return [];
      // Of a file that was changed before the logs begin, an earlier reload may have been the first.
      const changed = changes().findLast(
        (one) =>
          one.daemon === daemon &&
          one.time >= begin &&
          hasRead(read, one) &&
          !reads.some((other) => isAfter(read, other) && hasRead(other, one)),
      );
      return changed === undefined ? [] : [{ changed, read: read.time }];
    })
    .reduce<Blamed | null>(
      (last, one) => (last?.read != null && last.read >= (one.read ?? 0) ? last : one),
      null,
    );
}

/** What a verdict becomes by such a file: the cause itself where there is none, else what speaks for it. */
export function withChange(known: Known, verdict: Verdict): Verdict {
  if (verdict.id === "not-reloaded" || verdict.id === "changed-since") return verdict;
  const blamed = blamedFor(known);
  if (blamed === null || known.good === null) return verdict;
  const { changed, read } = blamed;
  const wasRead = read === null ? "" : `, and ${NAMES[changed.daemon]} read it at ${showTime(read)}`;
  const said = `${wasChanged(changed)}${wasRead}; the last request before that went well was at ${showTime(known.good)}`;
  if (verdict.kind !== "unknown") return { ...verdict, evidence: [...verdict.evidence, said] };
  return { ...byOutside("file-changed", "event", false, [said, ...verdict.evidence]), tell: verdict.tell };
}
