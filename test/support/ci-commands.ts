import fc from "fast-check";

/** Lines of an output that GitHub, Azure or TeamCity would obey: spaces in front count for nothing, and neither do colours. */
export function obeyed(output: string): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
  const plain = output.replace(/\x1b\[[\d;]*m/g, "");
  return [output, plain].flatMap((text) =>
    text
      .split(/[\r\n]/)
      .filter((line) => line.trimStart().startsWith("::") || /##(?:vso|teamcity)?\[/i.test(line)),
  );
}

/** Pieces of hostile names and values. */
export const pieces = fc.oneof(
  fc.constantFrom("::", "##[", "##vso[", "##teamcity[", "#", "[", ":", "error", "]", "::error::x"),
  fc.constantFrom(" ", "\n", "\r", "\r\n", "\t", "\u00ad", "\u034f", "\u2028", "\u00a0", "\ufeff", "a", "\\"),
  fc.string({ maxLength: 3 }),
);
