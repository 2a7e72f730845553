/** A calculator for sums as people write them, exact: `(8192 MiB − 500 MiB) × 0.8 / 60 MiB`. */

/** A whole number above 0 stands below. */
export interface Fraction {
  readonly top: bigint;
  readonly bottom: bigint;
}

const UNITS: Readonly<Record<string, bigint>> = { MiB: 1024n * 1024n, bytes: 1n, byte: 1n };

function fraction(top: bigint, bottom: bigint): Fraction {
  if (bottom === 0n) throw new Error("a division by 0");
  return bottom < 0n ? { top: -top, bottom: -bottom } : { top, bottom };
}

const OPERATIONS: Readonly<Record<string, (a: Fraction, b: Fraction) => Fraction>> = {
  "+": (a, b) => fraction(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom),
  "−": (a, b) => fraction(a.top * b.bottom - b.top * a.bottom, a.bottom * b.bottom),
  "×": (a, b) => fraction(a.top * b.top, a.bottom * b.bottom),
  "/": (a, b) => fraction(a.top * b.bottom, a.bottom * b.top),
};

/** A decimal number without an exponent, with the sign that the sums have. */
export function decimal(text: string): Fraction {
  const [, minus, whole, part = ""] = /^(−?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) throw new Error(`not a number: ${text}`);
  const top = BigInt(whole + part);
  return { top: minus === "" ? top : -top, bottom: 10n ** BigInt(part.length) };
}

/** Rounded down, also below 0. */
export function floor({ top, bottom }: Fraction): bigint {
  const whole = top / bottom;
  return top < 0n && whole * bottom !== top ? whole - 1n : whole;
}

/** The value of a sum; sizes are bytes. Throws where anything in it is not understood. */
export function calculate(text: string): Fraction {
  const words = text.match(/[\d.]+|[a-zA-Z]+|[^\s\w.]/g) ?? [];
  let at = 0;
  const take = (): string => words[at++] ?? "";
  const chain = (operators: string, next: () => Fraction): Fraction => {
    let value = next();
    while (at < words.length && operators.includes(words[at] ?? "")) {
      const operation = OPERATIONS[take()];
      if (operation === undefined) throw new Error(`no operator in ${text}`);
      value = operation(value, next());
    }
    return value;
  };
  const size = (): Fraction => {
    const word = take();
    if (word === "(") {
      const inner = sum();
      if (take() !== ")") throw new Error(`a bracket is open in ${text}`);
      return inner;
    }
    const number = decimal(word);
    const unit = UNITS[words[at] ?? ""];
    if (unit === undefined) return number;
    at += 1;
    return { top: number.top * unit, bottom: number.bottom };
  };
  const product = (): Fraction => chain("×/", size);
  const sum = (): Fraction => chain("+−", product);
  const value = sum();
  if (at < words.length) throw new Error(`${words[at]} was not expected in ${text}`);
  return value;
}
