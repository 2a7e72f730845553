/** The picture of the layers in src/README.md, drawn from what the files really import. */

/** One floor a room: one more than the highest room that it imports. The ground floor is 0. */
function floors(graph: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const floorOf = (name: string): number => {
    const known = found.get(name);
    if (known !== undefined) return known;
    const needs = [...(graph.get(name) ?? [])];
    const floor = needs.length === 0 ? 0 : 1 + Math.max(...needs.map(floorOf));
    found.set(name, floor);
    return floor;
  };
  for (const name of graph.keys()) floorOf(name);
  return found;
}

/** What is reached in one step and in no longer way: the arrows that are worth drawing. */
function direct(graph: ReadonlyMap<string, ReadonlySet<string>>, name: string): readonly string[] {
  const needs = [...(graph.get(name) ?? [])];
  const further = new Set<string>();
  const collect = (one: string): void => {
    for (const next of graph.get(one) ?? []) {
      if (further.has(next)) continue;
      further.add(next);
      collect(next);
    }
  };
  for (const one of needs) collect(one);
  return needs.filter((one) => !further.has(one)).sort();
}

const short = (name: string): string => name.replace(/^src\//, "");

/** The highest floor first; after the arrow the rooms directly under a room. */
export function picture(graph: ReadonlyMap<string, ReadonlySet<string>>): string {
  const heights = floors(graph);
  const rows = [...graph.keys()]
    .sort((a, b) => (heights.get(b) ?? 0) - (heights.get(a) ?? 0) || (a < b ? -1 : 1))
    .map((name) => ({ name, floor: heights.get(name) ?? 0, under: direct(graph, name) }));
  const widest = Math.max(...rows.map(({ name }) => short(name).length));
  return rows
    .map(({ name, floor, under }, at) => {
      const label = rows[at - 1]?.floor === floor ? "   " : `${String(floor).padStart(2)} `;
      const arrow = under.length === 0 ? "" : ` → ${under.map(short).join(", ")}`;
      return `${label}│ ${short(name).padEnd(widest)}${arrow}`.trimEnd();
    })
    .join("\n");
}
