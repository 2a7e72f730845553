import type { Severity } from "../../engine/rule.js";

/** What a piece of text is for; the colour follows from it, and never carries the meaning alone. */
export type Role = Severity | "gutter" | "headline" | "help";

/** Dresses a piece of text for its role. */
export type Paint = (role: Role, text: string) => string;

/**
 * Red and magenta are the colours of the sixteen that can be read on black and on white; everything else is the terminal's
 * own colour, bold or faint.
 */
export const CODES: Readonly<Record<Role, string>> = {
  error: "1;31",
  warning: "1;35",
  info: "1",
  gutter: "2",
  headline: "1",
  help: "1",
};

/** ANSI colours, or the text as it is. */
export function painter(color: boolean): Paint {
  if (!color) return (_role, text) => text;
  return (role, text) => (text === "" ? "" : `\x1b[${CODES[role]}m${text}\x1b[0m`);
}

export interface ColorChoice {
  /** `--color`. */
  readonly flag: "always" | "never" | "auto";
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the stream that is written to is a terminal. */
  readonly isTTY: boolean;
}

/** The flag wins, then `FORCE_COLOR`, then `NO_COLOR`, then what the stream is. */
export function chooseColor({ flag, env, isTTY }: ColorChoice): boolean {
  if (flag !== "auto") return flag === "always";
  if (env.FORCE_COLOR && env.FORCE_COLOR !== "0") return true;
  if (env.NO_COLOR) return false;
  return isTTY && env.TERM !== "dumb";
}

/**
 * Whether frames are drawn with box characters.
 *
 * The first of LC_ALL, LC_CTYPE and LANG that is not empty decides, as in the C library. Where none
 * is set POSIX means ASCII, but that is the case in containers and on CI runners, whose logs are
 * read as UTF-8; so it means Unicode here, and `LC_ALL=C` asks for ASCII.
 */
export function chooseUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.TERM === "dumb") return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return !locale || /utf-?8/i.test(locale);
}
