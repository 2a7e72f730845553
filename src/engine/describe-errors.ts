import { SHARE_PATTERN, SIZE_PATTERN } from "../capacity/size.js";
import { meant, nearest } from "../source/spelling.js";
import { NGINX_VERSION_PATTERN, PHP_VERSION_PATTERN } from "./schemas.js";
import type { ErrorObject } from "./validate.js";

/** What is wrong in a document of JSON. */
export interface Fault {
  /** The keys and numbers that lead to the place. */
  readonly path: readonly string[];
  /** The key is at fault, not its value. */
  readonly key: boolean;
  /** `rules.buffer/header-too-small[1].minimum: must be string`. */
  readonly text: string;
}

/**
 * One fault a mistake, in the order in which they were found. `document`: what was checked. `most`: how many
 * are wanted.
 */
export function faultsIn(
  errors: readonly ErrorObject[],
  document: unknown,
  most = Number.POSITIVE_INFINITY,
): readonly Fault[] {
  const named = new Set(
    errors.flatMap(({ keyword, instancePath, params }) =>
      keyword === "propertyNames" ? [`${params.propertyName} ${instancePath}`] : [],
    ),
  );
  const typed = new Set(errors.filter(({ keyword }) => keyword === "type").map((one) => one.instancePath));
  const faults = new Map<string, Fault>();
  for (const error of errors) {
    if (faults.size >= most) break;
    // What is no text at all is none of these texts.
    if (isEcho(error, named) || (error.keyword === "enum" && typed.has(error.instancePath))) continue;
    const fault = faultOf(error, document);
    faults.set(fault.text, fault);
  }
  return [...faults.values()];
}

/** The same as lines. */
export function describeErrors(errors: readonly ErrorObject[], document: unknown = null): readonly string[] {
  return faultsIn(errors, document).map(({ text }) => text);
}

/**
 * ajv also reports the keyword around the one that failed, which tells nobody anything new. `named`: the
 * properties of which `propertyNames` says the same, and knows the names that exist.
 */
function isEcho({ keyword, instancePath, params }: ErrorObject, named: ReadonlySet<string>): boolean {
  if (keyword === "if" || keyword === "propertyNames") return true;
  return keyword === "additionalProperties" && named.has(`${params.additionalProperty} ${instancePath}`);
}

function faultOf(error: ErrorObject, document: unknown): Fault {
  const path = segments(error.instancePath);
  const { params, keyword, propertyName } = error;
  const key = propertyName ?? (keyword === "additionalProperties" ? String(params.additionalProperty) : null);
  const text = describe(error, path, document);
  return key === null ? { path, key: false, text } : { path: [...path, key], key: true, text };
}

/** A fault that no schema can say, at a value. */
export function faultAt(path: readonly string[], message: string): Fault {
  return { path, key: false, text: line(path, message) };
}

function describe(error: ErrorObject, path: readonly string[], document: unknown): string {
  const { params } = error;
  if (error.propertyName !== undefined) {
    return line([...path, error.propertyName], unknownKey(error.propertyName, strings(params.allowedValues)));
  }
  switch (error.keyword) {
    case "additionalProperties":
      return line([...path, String(params.additionalProperty)], "unknown key");
    case "required":
      return line([...path, String(params.missingProperty)], "is required");
    case "enum":
      return line(path, oneOf(strings(params.allowedValues), valueAt(document, path)));
    case "type":
      return line(path, `must be ${[params.type].flat().join(" or ")}`);
    case "pattern":
      if (params.pattern === SIZE_PATTERN)
        return line(path, "must be a size with its unit, such as 8G or 512M");
      if (params.pattern === SHARE_PATTERN) return line(path, "must be a percentage below 100, such as 20%");
      if (params.pattern === NGINX_VERSION_PATTERN) return line(path, "must be a version such as 1.22.1");
      if (params.pattern === PHP_VERSION_PATTERN) return line(path, "must be a version such as 8.3");
      return line(path, error.message ?? "does not have the form that it must have");
    default:
      return line(path, error.message ?? `breaks "${error.keyword}"`);
  }
}

function oneOf(allowed: readonly string[], value: unknown): string {
  const near = typeof value === "string" ? meant(value, allowed) : null;
  const suggestion = near === null ? "" : `; did you mean "${near}"?`;
  return `must be one of ${allowed.map(quoted).join(", ")}${suggestion}`;
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    // Never what every object has.
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === null ? "unknown key" : `unknown key, did you mean "${near}"?`;
}

function line(path: readonly string[], message: string): string {
  const place = path
    .map((part, i) => (/^\d+$/.test(part) ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join("");
  return place === "" ? message : `${place}: ${message}`;
}

function segments(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function quoted(value: string): string {
  return `"${value}"`;
}
