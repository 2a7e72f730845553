import { createServer } from "node:net";
import { threadId } from "node:worker_threads";

/**
 * Below the range from which the kernel takes the local ports of outgoing connections (32768 and
 * up on Linux), so that a connection of somebody else cannot take a port between choice and use.
 */
const FIRST = 12_000;
const COUNT = 20_000;

/** Two test processes begin at different places, so they do not meet in that gap either. */
let next = ((process.pid * 64 + threadId) * 16) % COUNT;

/** A port that nothing uses, and that this process has not given away before. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried += 1) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if ((await bindable(port, "::")) && (await bindable(port, "0.0.0.0"))) return port;
  }
  throw new Error("no free TCP port");
}

function bindable(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      // A machine without IPv6 says so here; the IPv4 answer decides then.
      resolve(error.code === "EAFNOSUPPORT" || error.code === "EADDRNOTAVAIL");
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
