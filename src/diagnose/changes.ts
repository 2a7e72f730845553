/** When the files of a host were changed, against the lines that say that requests failed. */
import { showTime } from "../logs/time.js";
import { allMasters, type Host } from "../model/host.js";
import { unique } from "../source/collect.js";

/** A file of the configuration on the disk. */
export interface Changed {
  readonly daemon: "nginx" | "php-fpm";
  /** As `SourceFile.path`. */
  readonly path: string;
  /** What reports print. */
  readonly display: string;
  /** When it was written last, as `logs/time.ts` counts. */
  readonly time: number;
}

/** Log lines have whole seconds, files have parts of them. */
export const SECOND = 1000;

/**
 * The files of both halves, the one that was changed last at the end; none: they are on no disk. `toWall`: what the
 * machine's clock showed at a moment in milliseconds since 1970.
 */
export function changesOf(host: Host, toWall: (moment: number) => number): readonly Changed[] {
  const nginx = host.nginx?.texts.map(({ file }) => file) ?? [];
  const fpm = allMasters(host).flatMap(({ files, ini }) => [...files, ...ini.files]);
  const all = [
    ...unique(nginx).map((file) => ({ file, daemon: "nginx" as const })),
    ...unique(fpm).map((file) => ({ file, daemon: "php-fpm" as const })),
  ];
  const changed = all.flatMap(({ file: { path, display }, daemon }): readonly Changed[] => {
    const entry = host.fs.entry(path);
    const opened = entry.kind === "file" ? entry.open?.() : undefined;
    if (opened === undefined || "unreadable" in opened) return [];
    opened.close();
    return [{ daemon, path, display, time: toWall(opened.changed) }];
  });
  return changed.sort((a, b) => a.time - b.time);
}

/** `etc/nginx/nginx.conf was changed at 2026-11-28 12:00:00`. */
export function wasChanged({ display, time }: Changed): string {
  return `${display} was changed at ${showTime(time)}`;
}
