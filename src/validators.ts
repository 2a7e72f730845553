import { rules } from "../rules/index.js";
import { createValidators, type Validators } from "./engine/validate.js";

/** The build replaces this module with code generated from the same schemas, see esbuild.config.js. */
export const validators: Validators = createValidators(rules);
