import { rules } from "../../rules/index.js";
import { validators } from "../validators.js";
import { command } from "./command.js";

// Whoever reads the output may stop early (`fpmlint … | head`); that is no fault to report.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

// Never process.exit(): it cuts what is still on its way into a pipe.
process.exitCode = await command(process.argv.slice(2), {
  rules,
  validators,
  env: process.env,
  workingDirectory: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
});
