import { SHARE_PATTERN, SIZE_PATTERN } from "../capacity/size.js";
import { nearest } from "../source/spelling.js";
import type { ErrorObject } from "./validate.js";

/** One line per fault: `rules.buffer/header-too-small[1].minimum: must be string`. */
export function describeErrors(errors: readonly ErrorObject[]): readonly string[] {
  const lines = errors.filter((error) => !isEcho(error, errors)).map(describe);
  return [...new Set(lines)];
}

/** ajv also reports the keyword around the one that failed, which tells nobody anything new. */
function isEcho(error: ErrorObject, all: readonly ErrorObject[]): boolean {
  if (error.keyword === "if" || error.keyword === "propertyNames") return true;
  // The error of `propertyNames` says the same and knows the names that exist.
  return (
    error.keyword === "additionalProperties" &&
    all.some(
      (other) =>
        other.keyword === "propertyNames" &&
        other.instancePath === error.instancePath &&
        other.params.propertyName === error.params.additionalProperty,
    )
  );
}

function describe(error: ErrorObject): string {
  const path = segments(error.instancePath);
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
      return line(path, `must be one of ${strings(params.allowedValues).map(quoted).join(", ")}`);
    case "type":
      return line(path, `must be ${[params.type].flat().join(" or ")}`);
    case "pattern":
      if (params.pattern === SIZE_PATTERN)
        return line(path, "must be a size such as 8G or 512M, or a number of bytes");
      if (params.pattern === SHARE_PATTERN) return line(path, "must be a percentage below 100, such as 20%");
      return line(path, error.message ?? "does not have the form that it must have");
    default:
      return line(path, error.message ?? `breaks "${error.keyword}"`);
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === null ? "unknown key" : `unknown key, did you mean "${meant}"?`;
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
