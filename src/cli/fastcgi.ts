import { connect, type NetConnectOpts, type Socket } from "node:net";
import { codeOf } from "../host/system-error.js";
import { pageParams } from "../live/status-page.js";
import type { Address } from "../model/address/address.js";

/** One request to PHP-FPM itself, without a web server before it. */

const [BEGIN, PARAMS, STDIN, STDOUT, GET_VALUES, VALUES] = [1, 4, 5, 6, 9, 10];

/** A status page with ten thousand workers is smaller; who sends more is not PHP-FPM. */
const MOST_BYTES = 16 * 1024 * 1024;

/** What was answered, without the headers; `null`: nothing whole, or nothing within `timeout` milliseconds. */
export function askFpm(
  to: NetConnectOpts,
  params: readonly (readonly [name: string, value: string])[],
  timeout: number,
): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const connection = connect(to);
    const clock = setTimeout(() => connection.destroy(), timeout);
    connection.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) connection.destroy();
      else chunks.push(chunk);
    });
    // What went wrong does not matter: there is no answer.
    connection.on("error", () => connection.destroy());
    connection.once("close", () => {
      clearTimeout(clock);
      resolve(bytes > MOST_BYTES ? null : bodyOf(Buffer.concat(chunks)));
    });
    connection.write(
      Buffer.concat([
        // The role of a responder; the connection ends with the request.
        record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
        record(PARAMS, Buffer.concat(params.map(([name, value]) => pair(name, value)))),
        record(PARAMS, Buffer.alloc(0)),
        record(STDIN, Buffer.alloc(0)),
      ]),
    );
  });
}

/** How PHP-FPM answers while its master or another worker has the table of workers: 8.2 does so about once in 2,000 times. */
const TABLE_IN_USE = "Internal error.";

/** Whoever has the table has it for microseconds; a worker that ended with it leaves it locked. */
const TRIES = 5;

/** A page of PHP-FPM itself, such as its status. `null`: nothing whole within `timeout` milliseconds, or an error each time. */
export async function askPage(
  to: NetConnectOpts,
  path: string,
  query: string,
  timeout: number,
): Promise<string | null> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const text = await askFpm(to, pageParams(path, query), timeout);
    if (!text?.startsWith(TABLE_IN_USE)) return text;
  }
  return null;
}

/** What came for the question for values. */
export interface ValuesAnswer {
  /** The system's word for what stopped the connection; `TIMEOUT`; `null`: connected. */
  readonly problem: string | null;
  /** `closed`: the connection was ended without a word. `null`: there was no connection. */
  readonly values: "answered" | "silent" | "closed" | "foreign" | null;
}

/**
 * Asks for values, which PHP-FPM answers when a worker is free, without a script and without a line in a log.
 * `open`: makes the connection, perhaps with the rights of another account. `timeout`: milliseconds.
 */
export function askValues(open: () => Socket, timeout: number): Promise<ValuesAnswer> {
  return new Promise((resolve) => {
    let connected = false;
    let problem: string | null = null;
    let late = false;
    const chunks: Buffer[] = [];
    const socket = open();
    const clock = setTimeout(() => {
      // An answer may be there that this process, being slow itself, has not taken yet.
      setImmediate(() =>
        setImmediate(() => {
          late = true;
          socket.destroy();
        }),
      );
    }, timeout);
    socket.once("connect", () => {
      connected = true;
      socket.write(record(GET_VALUES, pair("FCGI_MPXS_CONNS", ""), 0));
    });
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      socket.destroy();
    });
    socket.on("error", (error) => {
      problem ??= codeOf(error);
      socket.destroy();
    });
    socket.once("close", () => {
      clearTimeout(clock);
      const [first] = chunks;
      if (!connected) resolve({ problem: problem ?? "TIMEOUT", values: null });
      else if (first !== undefined)
        resolve({ problem: null, values: first[0] === 1 && first[1] === VALUES ? "answered" : "foreign" });
      else resolve({ problem: null, values: late ? "silent" : "closed" });
    });
  });
}

/** `request`: 0 for what is about no request. */
function record(type: number, content: Buffer, request = 1): Buffer {
  const head = Buffer.from([1, type, 0, request, 0, 0, 0, 0]);
  head.writeUInt16BE(content.length, 4);
  return Buffer.concat([head, content]);
}

/** Lengths are in four bytes, which PHP-FPM takes for short texts, too. */
function pair(name: string, value: string): Buffer {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(0x80000000 + Buffer.byteLength(name), 0);
  lengths.writeUInt32BE(0x80000000 + Buffer.byteLength(value), 4);
  return Buffer.concat([lengths, Buffer.from(name), Buffer.from(value)]);
}

function bodyOf(answer: Buffer): string | null {
  const texts: Buffer[] = [];
  for (let at = 0; at + 8 <= answer.length; ) {
    const length = answer.readUInt16BE(at + 4);
    if (answer[at + 1] === STDOUT) texts.push(answer.subarray(at + 8, at + 8 + length));
    at += 8 + length + (answer[at + 6] ?? 0);
  }
  const text = Buffer.concat(texts).toString("utf8");
  const end = text.indexOf("\r\n\r\n");
  return end < 0 ? null : text.slice(end + 4);
}

/** Only of this machine; `null`: it may be another. */
export function onThisMachine(address: Address): NetConnectOpts | null {
  if (address.kind === "unix") return { path: address.path };
  const { host, port } = address;
  if (port === null) return null;
  if (host === "*" || host === "0.0.0.0") return { host: "127.0.0.1", port };
  if (host === "::") return { host: "::1", port };
  return /^127\./.test(host) || host === "::1" || host === "localhost" ? { host, port } : null;
}
