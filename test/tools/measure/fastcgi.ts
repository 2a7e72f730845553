import { connect } from "node:net";

/** One request to PHP-FPM itself, without a server before it. */

const [BEGIN, PARAMS, STDIN, STDOUT] = [1, 4, 5, 6];

/** What the script printed, its headers included; `null`: no whole answer came. */
export function run(socket: string, script: string, query: string): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const connection = connect(socket);
    connection.on("data", (chunk: Buffer) => chunks.push(chunk));
    connection.once("error", () => resolve(null));
    connection.once("close", () => resolve(printed(Buffer.concat(chunks))));
    const params = {
      SCRIPT_FILENAME: script,
      REQUEST_METHOD: "GET",
      QUERY_STRING: query,
      SERVER_PROTOCOL: "HTTP/1.1",
    };
    connection.write(
      Buffer.concat([
        // The role of a responder; the connection ends with the request.
        record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
        record(PARAMS, Buffer.concat(Object.entries(params).map(([name, value]) => pair(name, value)))),
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

/** Both shorter than 128 bytes, or with their length in four. */
function pair(name: string, value: string): Buffer {
  const length = (text: string): Buffer => {
    const bytes = Buffer.byteLength(text);
    const long = Buffer.alloc(4);
    long.writeUInt32BE(0x80000000 + bytes);
    return bytes < 128 ? Buffer.from([bytes]) : long;
  };
  return Buffer.concat([length(name), length(value), Buffer.from(name), Buffer.from(value)]);
}

function printed(answer: Buffer): string | null {
  const texts: Buffer[] = [];
  for (let at = 0; at + 8 <= answer.length; ) {
    const length = answer.readUInt16BE(at + 4);
    if (answer[at + 1] === STDOUT) texts.push(answer.subarray(at + 8, at + 8 + length));
    at += 8 + length + (answer[at + 6] ?? 0);
  }
  return texts.length === 0 ? null : Buffer.concat(texts).toString("utf8");
}
