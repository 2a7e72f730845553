import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

export interface Ended {
  /** `null`: a signal ended it. */
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end. It prints to files in `scratch`: what Node gives to children, `/dev/stderr` cannot open. */
export async function call(
  command: string,
  args: readonly string[],
  scratch: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  const dir = fs.mkdtempSync(path.join(scratch, "call-"));
  const [out, err] = [`${dir}/out`, `${dir}/err`];
  const [outFd, errFd] = [fs.openSync(out, "a"), fs.openSync(err, "a")];
  try {
    const child = spawn(command, args, { stdio: ["ignore", outFd, errFd], cwd: "/", env });
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", resolve);
    });
    return { status, out: fs.readFileSync(out, "utf8"), err: fs.readFileSync(err, "utf8") };
  } finally {
    fs.closeSync(outFd);
    fs.closeSync(errFd);
    fs.rmSync(dir, { recursive: true, force: true });
  }
}
