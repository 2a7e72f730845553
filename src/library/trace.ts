import { follow } from "../cli/trace/follow.js";
import { readRequest } from "../cli/trace/request.js";
import type { Incomplete } from "../engine/finding.js";
import type { TraceReport } from "../report/trace/document.js";
import { traceReport } from "../report/trace/json.js";
import { checkOptions, type Kind, kinds, oneOf, wrong } from "./arguments.js";
import type { TraceOptions } from "./options.js";
import { READ_OPTIONS, readingOf } from "./reading.js";
import { asArguments, type Refused, refusedBy } from "./refusal.js";

export type TraceAnswer =
  | {
      readonly kind: "traced";
      readonly result: TraceReport;
      /** What could not be read, and may change the way. */
      readonly incomplete: readonly Incomplete[];
    }
  | Refused;

const OPTIONS = {
  ...READ_OPTIONS,
  method: kinds.text,
  headers: kinds.headers,
  bodySize: kinds.amount,
  http: oneOf(["1.0", "1.1", "2", "3"]),
  from: kinds.text,
  exists: kinds.texts,
  missing: kinds.texts,
} as const satisfies Readonly<Record<keyof TraceOptions, Kind>>;

/**
 * What one request meets. `url`: `http://NAME/PATH`, `https://NAME/PATH`, or a path alone, which the default server
 * takes. Never throws for what it reads; throws TypeError for wrong arguments.
 */
export function trace(url: string, options: TraceOptions = {}): TraceAnswer {
  if (typeof url !== "string") throw wrong("trace", "url", url, "a URL, as in http://shop.example/cart");
  checkOptions("trace", options, OPTIONS);
  const reading = readingOf("trace", options);
  const { method, headers, bodySize, http, from, exists = [], missing = [] } = options;
  const request = asArguments("trace", () =>
    readRequest({
      url,
      method,
      header: Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
      bodySize: typeof bodySize === "number" ? String(Math.floor(bodySize)) : bodySize,
      http,
      from,
    }),
  );
  for (const [name, paths] of Object.entries({ exists, missing }))
    for (const path of paths)
      if (!path.startsWith("/"))
        throw wrong("trace", `a path in ${name}`, path, "absolute, as nginx sees it");
  try {
    const paths = reading.paths === undefined || reading.paths.length === 0 ? ["."] : reading.paths;
    const { result, unread } = follow({ paths, exists, missing }, reading, request);
    return { kind: "traced", result: traceReport(result), incomplete: unread };
  } catch (error) {
    return refusedBy(error);
  }
}
