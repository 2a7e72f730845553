import { Ajv, type Options } from "ajv";
import { lazily } from "../source/memo.js";
import type { Rule } from "./rule.js";
import { schemas } from "./schemas.js";

/** What ajv says of a fault, as far as it is used here. */
export interface ErrorObject {
  /** JSON pointer to the value at fault. */
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  /** Set when the fault is in the name of a property of that object, not in the object. */
  readonly propertyName?: string;
}

/** Checks `data` and fills in defaults, in place; `errors` belongs to the last call. */
export type Validate = ((data: unknown) => boolean) & { errors?: readonly ErrorObject[] | null };

/** By the names of `schemas`. */
export type Validators = Readonly<Record<string, Validate>>;

/** The build uses the same options, so that tests and the built command agree. */
export const ajvOptions = {
  allErrors: true,
  useDefaults: true,
  strict: true,
  allowUnionTypes: true,
  // A rule's schema is used alone and inside `config`: one function each, not two copies.
  inlineRefs: false,
} as const satisfies Options;

/**
 * Compiles at run time, each schema when it is first used. Only `src/validators.ts` and tests may use this: the build
 * replaces that module with generated code, because loading ajv costs more than a whole lint.
 */
export function createValidators(rules: readonly Rule[]): Validators {
  const named = schemas(rules);
  const ajv = lazily(() => {
    const made = new Ajv(ajvOptions);
    for (const [name, schema] of Object.entries(named)) made.addSchema(schema, name);
    return made;
  });
  return Object.fromEntries(Object.keys(named).map((name) => [name, later(() => compiled(ajv(), name))]));
}

function later(compile: () => Validate): Validate {
  const validate = lazily(compile);
  const check: Validate = (data) => {
    const valid = validate()(data);
    check.errors = validate().errors ?? null;
    return valid;
  };
  return check;
}

function compiled(ajv: Ajv, name: string): Validate {
  const validate = ajv.getSchema(name);
  if (validate === undefined) throw new Error(`no schema named ${name}`);
  return validate as Validate;
}
