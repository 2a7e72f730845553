/** A workflow command as GitHub's runner reads it. */
export interface Annotation {
  readonly level: string;
  readonly properties: Readonly<Record<string, string | undefined>>;
  readonly message: string;
}

/** The commands in an output; other lines are left out. */
export function annotations(output: string): readonly Annotation[] {
  return output.split(/[\r\n]/).flatMap((line) => {
    const found = /^::([a-z]+) (.*?)::(.*)$/.exec(line);
    if (found === null) return [];
    const [, level = "", pairs = "", message = ""] = found;
    const properties = Object.fromEntries(
      pairs.split(",").map((pair) => {
        const at = pair.indexOf("=");
        return [pair.slice(0, at), decoded(pair.slice(at + 1))];
      }),
    );
    return [{ level, properties, message: decoded(message) }];
  });
}

function decoded(text: string): string {
  return text
    .replaceAll("%0A", "\n")
    .replaceAll("%0D", "\r")
    .replaceAll("%3A", ":")
    .replaceAll("%2C", ",")
    .replaceAll("%25", "%");
}
