/** How many requests came in a second, from the times at which blocks of an access log begin. */
export class Rates {
  private readonly blocks: { readonly time: number; readonly lines: number }[] = [];

  /** So many lines from that time on, as `logs/time.ts` counts. */
  add(lines: number, time: number): void {
    this.blocks.push({ time, lines });
  }

  /**
   * Requests in a second: over the whole time, and in the busiest part that is a minute or longer. `null`: there are too
   * few lines to tell.
   */
  get perSecond(): { readonly mean: number; readonly peak: number } | null {
    const sorted = [...this.blocks].sort((a, b) => a.time - b.time);
    const [first, last] = [sorted[0], sorted.at(-1)];
    if (first === undefined || last === undefined || last.time - first.time < 60_000) return null;
    // How long the last block took, nothing tells.
    const before = sorted.slice(0, -1);
    const mean = (before.reduce((sum, { lines }) => sum + lines, 0) * 1000) / (last.time - first.time);
    let peak = mean;
    let from = 0;
    let lines = 0;
    for (const [to, block] of before.entries()) {
      lines += block.lines;
      const end = sorted[to + 1]?.time ?? last.time;
      while (from < to && end - (sorted[from + 1]?.time ?? end) >= 60_000) {
        lines -= sorted[from]?.lines ?? 0;
        from += 1;
      }
      const length = end - (sorted[from]?.time ?? end);
      if (length >= 60_000) peak = Math.max(peak, (lines * 1000) / length);
    }
    return { mean, peak };
  }
}
