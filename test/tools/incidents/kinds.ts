import type { Kind } from "./kind.js";
import { answer } from "./kinds/answer.js";
import { clean } from "./kinds/clean.js";
import { connect } from "./kinds/connect.js";
import { down } from "./kinds/down.js";
import { edited } from "./kinds/edited.js";
import { full } from "./kinds/full.js";
import { limits } from "./kinds/limits.js";

export const kinds: readonly Kind[] = [
  ...clean,
  ...connect,
  ...down,
  ...full,
  ...limits,
  ...answer,
  ...edited,
];
