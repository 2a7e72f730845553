import type { Check } from "../check.js";
import { answers } from "./answers.js";
import { backlog } from "./backlog.js";
import { certificateNames } from "./certificate-names.js";
import { certificates } from "./certificates.js";
import { descriptors } from "./descriptors.js";
import { disk } from "./disk.js";
import { files } from "./files.js";
import { fpmReloaded } from "./fpm-reloaded.js";
import { fpmRuns } from "./fpm-runs.js";
import { killed } from "./killed.js";
import { listens } from "./listens.js";
import { logs } from "./logs.js";
import { memory } from "./memory.js";
import { names } from "./names.js";
import { nginxReloaded } from "./nginx-reloaded.js";
import { nginxRuns } from "./nginx-runs.js";
import { oldWorkers } from "./old-workers.js";
import { openBasedir } from "./open-basedir.js";
import { pages } from "./pages.js";
import { phpLog } from "./php-log.js";
import { poolsRun } from "./pools-run.js";
import { ports } from "./ports.js";
import { program } from "./program.js";
import { queue } from "./queue.js";
import { roots } from "./roots.js";
import { scripts } from "./scripts.js";
import { sessions } from "./sessions.js";
import { socketAccess } from "./socket-access.js";
import { socketFile } from "./socket-file.js";
import { socketMode } from "./socket-mode.js";
import { stopped } from "./stopped.js";
import { swap } from "./swap.js";
import { temporary } from "./temporary.js";
import { unit } from "./unit.js";
import { uploads } from "./uploads.js";
import { workers } from "./workers.js";

/** Every check, group by group, what stops everything first. */
export const checks: readonly Check[] = [
  nginxRuns,
  fpmRuns,
  poolsRun,
  stopped,
  nginxReloaded,
  fpmReloaded,
  program,
  oldWorkers,
  unit,
  files,
  listens,
  socketFile,
  socketAccess,
  socketMode,
  answers,
  pages,
  ports,
  workers,
  queue,
  killed,
  memory,
  swap,
  descriptors,
  backlog,
  disk,
  roots,
  scripts,
  openBasedir,
  sessions,
  uploads,
  temporary,
  names,
  certificates,
  certificateNames,
  logs,
  phpLog,
];
