/** When a daemon read its files, as its log says. */
import { type Changed, SECOND } from "./changes.js";
import { type Event, type Events, STARTS } from "./events.js";

/**
 * Lines that a daemon writes when it starts, and when it reloads, once it has read its files. nginx writes them with the
 * level notice: where its log has a higher one, they are missing.
 */
export const READS_FILES = {
  nginx: ["nginx-started"],
  "php-fpm": [...STARTS, "inherited"],
} as const satisfies Record<Changed["daemon"], readonly string[]>;

export const NAMES = { nginx: "nginx", "php-fpm": "PHP-FPM" } as const satisfies Record<
  Changed["daemon"],
  string
>;

/** Whether files as they were at that time of the log have a change: lines have whole seconds. */
export function hasRead({ time }: Event, changed: Changed): boolean {
  return time !== null && time + SECOND > changed.time;
}

/** Each time a daemon read its files, in order. */
export function readsOf(events: Events, daemon: Changed["daemon"]): readonly Event[] {
  return events.of(READS_FILES[daemon]);
}
