/** The characters that frames are drawn with. */
export interface Glyphs {
  /** Starts the first frame of a finding. */
  readonly first: string;
  /** Joins a further file to it. */
  readonly next: string;
  readonly bar: string;
  /** Replaces the bar where lines are skipped. */
  readonly gap: string;
  readonly primary: string;
  readonly secondary: string;
  readonly ellipsis: string;
  readonly arrow: string;
  /** Marks the lines that tie the two halves together. */
  readonly link: string;
}

export const UNICODE: Glyphs = {
  first: "╭─",
  next: "├─",
  bar: "│",
  gap: "·",
  primary: "━",
  secondary: "─",
  ellipsis: "…",
  arrow: "→",
  link: "①",
};

export const ASCII: Glyphs = {
  first: "-->",
  next: "==>",
  bar: "|",
  gap: ":",
  primary: "^",
  secondary: "-",
  ellipsis: "...",
  arrow: "->",
  link: "(1)",
};
