/**
 * What the C libraries say of the errors that log lines have. A line is told by the number; the words are for
 * people, and for comparing with what a rule quotes.
 */
export interface ErrorWords {
  readonly number: number;
  /** Debian, RHEL and most others. */
  readonly glibc: string;
  /** Alpine, and so most images. */
  readonly musl: string;
}

const row = (number: number, glibc: string, musl = glibc): ErrorWords => ({ number, glibc, musl });

/** Those that the signatures have, read from glibc 2.36 and musl 1.2.3. */
export const errorWords: readonly ErrorWords[] = [
  row(1, "Operation not permitted"),
  row(2, "No such file or directory"),
  row(11, "Resource temporarily unavailable"),
  row(12, "Cannot allocate memory", "Out of memory"),
  row(13, "Permission denied"),
  row(20, "Not a directory"),
  row(21, "Is a directory"),
  row(22, "Invalid argument"),
  row(23, "Too many open files in system"),
  row(24, "Too many open files", "No file descriptors available"),
  row(28, "No space left on device"),
  row(30, "Read-only file system"),
  row(32, "Broken pipe"),
  row(40, "Too many levels of symbolic links", "Symbolic link loop"),
  row(88, "Socket operation on non-socket", "Not a socket"),
  row(91, "Protocol wrong type for socket", "Protocol wrong type for socket"),
  row(95, "Operation not supported", "Not supported"),
  row(97, "Address family not supported by protocol"),
  row(98, "Address already in use", "Address in use"),
  row(99, "Cannot assign requested address", "Address not available"),
  row(101, "Network is unreachable", "Network unreachable"),
  row(104, "Connection reset by peer"),
  row(110, "Connection timed out", "Operation timed out"),
  row(111, "Connection refused"),
  row(113, "No route to host", "Host is unreachable"),
];

const byNumber = new Map(errorWords.map((one) => [one.number, one] as const));

/** The words of glibc; `null`: the number is not among those of the signatures. */
export function glibcWords(number: number): string | null {
  return byNumber.get(number)?.glibc ?? null;
}

/** The line as glibc would have written it: `110: Operation timed out` becomes `110: Connection timed out`. */
export function asGlibc(line: string): string {
  let said = line;
  for (const { number, glibc, musl } of errorWords) {
    if (glibc === musl) continue;
    said = said.replaceAll(`${number}: ${musl}`, `${number}: ${glibc}`);
    said = said.replaceAll(`${musl} (${number})`, `${glibc} (${number})`);
  }
  return said;
}
