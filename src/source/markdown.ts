/**
 * Markdown in a source file, wrapped where the line is full: lines of one paragraph are joined, blank
 * lines and lines inside a fence stay. The indentation that all lines have in common is taken away.
 *
 *     what: markdown`
 *       Names the pool that was meant and how it differs. Where nothing decides
 *       between several, it lists them.
 *     `,
 */
export function markdown(texts: TemplateStringsArray, ...values: readonly string[]): string {
  const text = texts.raw.map((part, at) => part.replaceAll("\\`", "`") + (values[at] ?? "")).join("");
  const lines = dedented(text.split("\n"));
  const joined: string[] = [];
  let fenced = false;
  let open = false;
  for (const line of lines) {
    const fence = line.startsWith("```");
    const own = fenced || fence || line === "" || /^(?:[-*] |\d+\. |\|)/.test(line);
    if (own || !open) joined.push(line);
    else joined[joined.length - 1] = `${joined[joined.length - 1]} ${line.trim()}`;
    if (fence) fenced = !fenced;
    open = !fenced && !fence && line !== "";
  }
  return joined.join("\n").trim();
}

function dedented(lines: readonly string[]): readonly string[] {
  const depths = lines
    .filter((line) => line.trim() !== "")
    .map((line) => line.length - line.trimStart().length);
  const depth = depths.length === 0 ? 0 : Math.min(...depths);
  return lines.map((line) => line.slice(depth).trimEnd());
}
