/** PHP-FPM's slow log: which function each slow request was in. */
import { detached } from "../logs/detached.js";
import { monthTime } from "../logs/time.js";

const HEAD = /^\[\d\d-[A-Z][a-z][a-z]-\d{4} \d\d:\d\d:\d\d\] {1,4}\[pool ([^\]]{1,200})\] pid \d{1,10}$/;
const FRAME = /^\[0x[0-9a-f]{1,16}\] ([^ ]{1,200}) (.{1,500})$/;

/** Functions that are kept. */
const MOST = 2000;

export class SlowLog {
  /** Traces by the function at their top and its place: `sleep() /srv/x.php:3`. */
  readonly tops = new Map<string, number>();
  traces = 0;
  private wanted = false;

  /** Whether the line has a form that only a slow log has. */
  line(text: string, since: number | null, until: number | null): boolean {
    if (text.startsWith("[0x")) {
      const frame = this.wanted ? FRAME.exec(text) : null;
      this.wanted = false;
      if (frame === null) return true;
      const key = detached(`${frame[1]} ${frame[2]}`, 800);
      if (this.tops.has(key) || this.tops.size < MOST) this.tops.set(key, (this.tops.get(key) ?? 0) + 1);
      return true;
    }
    if (!HEAD.test(text)) return false;
    const time = monthTime(text, 1);
    this.wanted = (since === null || (time ?? 0) >= since) && (until === null || (time ?? 0) <= until);
    if (this.wanted) this.traces += 1;
    return true;
  }

  /** The function that most traces have at their top, with their number; `null`: there is no trace. */
  get top(): readonly [string, number] | null {
    return [...this.tops].sort(([, a], [, b]) => b - a)[0] ?? null;
  }
}
