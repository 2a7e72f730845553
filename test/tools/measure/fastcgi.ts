import { askFpm } from "../../../src/cli/fastcgi.js";

/** Nobody waits so long: the tools give up before, and end PHP-FPM. */
const TEN_MINUTES = 600_000;

/** What a script printed, asked of PHP-FPM itself; `null`: no whole answer came. */
export function run(socket: string, script: string, query: string): Promise<string | null> {
  const params = {
    SCRIPT_FILENAME: script,
    REQUEST_METHOD: "GET",
    QUERY_STRING: query,
    SERVER_PROTOCOL: "HTTP/1.1",
  };
  return askFpm({ path: socket }, Object.entries(params), TEN_MINUTES);
}
