import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { memoryFilesystem } from "../../../src/host/memory.js";
import { addressFault } from "../../../src/nginx/address/faults.js";
import { addressUses } from "../../../src/nginx/address/uses.js";
import { readTree } from "../../../src/nginx/tree/tree.js";
import { ask } from "./oracle.js";

/** Addresses put together from pieces, sound or not. */
const addressPiece = fc.constantFrom(
  ...[
    "127.0.0.1",
    "localhost",
    "[::1]",
    "::1",
    "::",
    "[",
    "]",
    "unix:",
    "UNIX:",
    "/run/a",
    "/",
    "?",
    ":",
    ":",
    ":",
    "*",
  ],
  ...[
    "9000",
    "80",
    "0",
    "65535",
    "65536",
    "-",
    ".",
    "1",
    "255",
    "256",
    "a",
    "ffff",
    "http://",
    "grpc://",
    "é",
    " ",
  ],
  "x".repeat(104),
);

export const address = fc.array(addressPiece, { maxLength: 6 }).map((pieces) => pieces.join(""));

/** `stop_here` ends it before any name is looked up. */
export const ADDRESS_DIRECTIVES: Readonly<Record<string, (address: string) => string>> = Object.fromEntries([
  ...["fastcgi_pass", "proxy_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"].map((name) => [
    name,
    (text: string) => `events {}\nhttp { server { location / { ${name} "${text}"; } } stop_here; }`,
  ]),
  ["listen", (text: string) => `events {}\nhttp { server { listen "${text}"; } stop_here; }`],
  ["server", (text: string) => `events {}\nhttp { upstream u { server "${text}"; } stop_here; }`],
]);

/** How our reading of an address differs from nginx's; `null` when it does not, or when nginx would look up a name. */
export async function addressDifference(
  directive: string,
  text: string,
  directory: string,
): Promise<string | null> {
  const main = path.join(directory, "nginx.conf");
  const config = ADDRESS_DIRECTIVES[directive]?.(text) ?? "";
  const tree = readTree({ fs: memoryFilesystem({ "/nginx.conf": config }), whole: true }, "/nginx.conf");
  const [use] = tree === null ? [] : addressUses(tree.root);
  if (use === undefined) return `${directive} ${text} is no address`;
  const named = use.address.kind === "inet" && !use.address.literal && use.role !== "pass";
  if (named && !/^localhost$/i.test(use.address.host)) return null;
  fs.writeFileSync(main, config);
  const { message } = await ask(main);
  const said = addressFault(use)?.said ?? 'unknown directive "stop_here"';
  return message.startsWith(said) ? null : `${directive} "${text}": nginx ${message}, ours ${said}`;
}
