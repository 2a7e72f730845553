import { connect, type NetConnectOpts } from "node:net";

/** One request to PHP-FPM itself, without a web server before it. */

const [BEGIN, PARAMS, STDIN, STDOUT] = [1, 4, 5, 6];

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

function record(type: number, content: Buffer): Buffer {
  const head = Buffer.from([1, type, 0, 1, 0, 0, 0, 0]);
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
