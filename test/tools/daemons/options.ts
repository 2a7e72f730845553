import { parseArgs } from "node:util";

export interface Options {
  /** Suites of Debian, in this order: `trixie`. */
  readonly suites: readonly string[];
  /** `8.5`; `null`: what the suite has, of several the newest. */
  readonly php: string | null;
  /** How many fixtures the daemons prove, drawn by FPMLINT_SAMPLE; `null`: all. */
  readonly proofs: number | null;
  /** How many cases the comparisons try, in thousandths of the usual number. */
  readonly cases: number;
  /** Where suites are kept; `null`: below node_modules/.cache. */
  readonly cache: string | null;
  /** Whether an archive that cannot be reached ends with status 0. */
  readonly optional: boolean;
  /** Only fetch, and print the switch that uses the daemons. */
  readonly fetchOnly: boolean;
}

export const HELP = `npm run daemons -- --suite NAME [--suite NAME]... [options]

Fetches nginx and PHP-FPM of a suite of Debian beside the installed ones, without
installing them, and runs the tests with them that ask the daemons.

  --suite NAME   bullseye, bookworm, trixie, forky, sid, experimental ...; repeatable
  --php X.Y      that PHP of the suite (8.5) where it has several
  --proofs N     how many fixtures the daemons prove (60), or "all"
  --cases N      how many cases the comparisons try, in thousandths of the usual
                 number (50)
  --cache DIR    where suites are kept (node_modules/.cache/daemons)
  --optional     an archive that cannot be reached is a line, and no failure
  --fetch-only   runs no test, and prints the switch that uses the daemons
`;

/** `wrong`: a sentence that says what is. */
export function readOptions(
  args: readonly string[],
): { readonly options: Options } | { readonly help: true } | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        suite: { type: "string", multiple: true },
        php: { type: "string" },
        proofs: { type: "string", default: "60" },
        cases: { type: "string", default: "50" },
        cache: { type: "string" },
        optional: { type: "boolean", default: false },
        "fetch-only": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return { help: true };
    const suites = values.suite ?? [];
    if (suites.length === 0) return { wrong: "--suite is missing: --suite trixie" };
    const odd = suites.find((suite) => !/^[a-z]+$/.test(suite));
    if (odd !== undefined) return { wrong: `--suite ${odd} is no name of a suite, such as trixie` };
    if (values.php !== undefined && !/^\d\.\d$/.test(values.php))
      return { wrong: `--php ${values.php} is no version of PHP such as 8.5` };
    if (!/^[1-9]\d{0,5}$/.test(values.cases))
      return { wrong: `--cases ${values.cases} is no whole number above 0` };
    if (!/^([1-9]\d{0,4}|all)$/.test(values.proofs))
      return { wrong: `--proofs ${values.proofs} is neither a whole number above 0 nor "all"` };
    return {
      options: {
        suites,
        php: values.php ?? null,
        proofs: values.proofs === "all" ? null : Number(values.proofs),
        cases: Number(values.cases),
        cache: values.cache ?? null,
        optional: values.optional,
        fetchOnly: values["fetch-only"],
      },
    };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}
