import { drawCheckstyle } from "./checkstyle.js";
import { drawGithub } from "./github.js";
import { drawGitlab } from "./gitlab.js";
import { drawJunit } from "./junit.js";
import { drawPrometheus } from "./prometheus.js";
import { drawSarif } from "./sarif.js";

export type { Run } from "./common.js";
export { githubSummary } from "./github.js";

/** The formats of services, by the name that `--format` takes. */
export const machineFormats = {
  sarif: drawSarif,
  github: drawGithub,
  gitlab: drawGitlab,
  checkstyle: drawCheckstyle,
  junit: drawJunit,
  prometheus: drawPrometheus,
} as const;

export type MachineFormat = keyof typeof machineFormats;
