import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** A log of any size, as a busy site writes it. */
export interface LogShape {
  readonly name: string;
  readonly describe: string;
  /** What ripgrep counts in it: the one thing that is asked of it by hand. */
  readonly sought: string;
  /** Exit statuses that mean that it was read: what lost nothing ends with 0. */
  readonly done: readonly number[];
  readonly line: (number: number) => string;
}

const START = Date.UTC(2026, 10, 27);
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
  "curl/8.5.0",
  "Mozilla/5.0 (compatible; examplebot/2.1; +https://bot.example/about)",
];

const two = (number: number): string => String(number).padStart(2, "0");

/** Twelve lines a second. */
function clock(number: number): { readonly date: Date; readonly time: string } {
  const date = new Date(START + number * 80);
  return {
    date,
    time: `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`,
  };
}

function access(number: number): string {
  const { date, time } = clock(number);
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  const status = number % 31 === 0 ? 404 : number % 7 === 0 ? 304 : 200;
  return `203.0.113.${number % 250} - - [${day}:${time} +0000] "GET /product/${number % 5000}/index.php?page=${number % 17} HTTP/1.1" ${status} ${500 + (number % 40_000)} "https://shop.example/category/${number % 90}" "${AGENTS[number % 3]}"\n`;
}

const HEADER = "while reading response header from upstream";

/** What a quarter of them says comes once or seldom. */
const MESSAGES: readonly ((number: number) => string)[] = [
  () =>
    "connect() to unix:/run/php/www.sock failed (11: Resource temporarily unavailable) while connecting to upstream",
  () => `upstream timed out (110: Connection timed out) ${HEADER}`,
  (number) =>
    `FastCGI sent in stderr: "PHP message: PHP Warning:  Undefined variable $x${number % 40} in /srv/shop/index.php on line ${number % 300}" ${HEADER}`,
  (number) => `open() "/srv/shop/favicon${number % 50}.ico" failed (2: No such file or directory)`,
  () => `FastCGI sent in stderr: "Primary script unknown" ${HEADER}`,
  () => `recv() failed (104: Connection reset by peer) ${HEADER}`,
  () => 'directory index of "/srv/shop/files/" is forbidden',
  (number) => `client intended to send too large body: ${1_000_000 + (number % 1_000_000)} bytes`,
];

function error(number: number): string {
  const { date, time } = clock(number);
  const day = `${date.getUTCFullYear()}/${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}`;
  const message = MESSAGES[number % MESSAGES.length]?.(number) ?? "";
  const upstream = message.includes("upstream") ? ', upstream: "fastcgi://unix:/run/php/www.sock:"' : "";
  const server = `shop${number % 4}.example`;
  return `${day} ${time} [error] 71${number % 9}#71${number % 9}: *${number} ${message}, client: 203.0.113.${number % 250}, server: ${server}, request: "GET /product/${number % 500}/index.php?page=${number % 17} HTTP/1.1"${upstream}, host: "${server}", referrer: "https://shop.example/category/${number % 90}"\n`;
}

export const logShapes: readonly LogShape[] = [
  {
    name: "access.log",
    describe: "an access log in which nothing was lost",
    sought: '" 5',
    done: [0],
    line: access,
  },
  {
    name: "error.log",
    describe: "an error log of which every line is read; a quarter of the messages come once or seldom",
    sought: "Connection timed out",
    done: [1],
    line: error,
  },
];

/** Bytes that are written at once. */
const PIECE = 1024 * 1024;

/** Writes a log of so many megabytes. */
export function writeLog(path: string, { line }: LogShape, megabytes: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, "w");
  let left = megabytes * 1e6;
  for (let number = 0; left > 0; ) {
    let text = "";
    while (text.length < PIECE) {
      text += line(number);
      number += 1;
    }
    left -= writeSync(descriptor, text);
  }
  closeSync(descriptor);
}
