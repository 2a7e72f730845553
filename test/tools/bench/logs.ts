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

/** A number below `end`, the same for the same line and the same `what`. */
function drawn(number: number, what: number, end: number): number {
  let mixed = Math.imul(number ^ Math.imul(what, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return Math.floor((((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32) * end);
}

/** The same, of which small ones come far more often: half of them are below an eighth of the end. */
function skewed(number: number, what: number, end: number): number {
  return Math.floor((drawn(number, what, 1 << 24) / (1 << 24)) ** 3 * end);
}

/** What is said, and of how many lines in a hundred. A third of them has numbers or names of its own. */
const MESSAGES: readonly { readonly share: number; readonly say: (number: number) => string }[] = [
  {
    share: 12,
    say: () =>
      "connect() to unix:/run/php/www.sock failed (11: Resource temporarily unavailable) while connecting to upstream",
  },
  { share: 12, say: () => `upstream timed out (110: Connection timed out) ${HEADER}` },
  {
    share: 26,
    say: (number) =>
      `FastCGI sent in stderr: "PHP message: PHP Warning:  Undefined variable $x${skewed(number, 1, 40)} in /srv/shop/src/Part${skewed(number, 2, 60)}.php on line ${skewed(number, 2, 300)}" ${HEADER}`,
  },
  {
    share: 14,
    say: (number) =>
      `open() "/srv/shop/files/${skewed(number, 3, 40_000)}.jpg" failed (2: No such file or directory)`,
  },
  { share: 10, say: () => `FastCGI sent in stderr: "Primary script unknown" ${HEADER}` },
  { share: 10, say: () => `recv() failed (104: Connection reset by peer) ${HEADER}` },
  {
    share: 8,
    say: (number) => `directory index of "/srv/shop/files/${skewed(number, 4, 900)}/" is forbidden`,
  },
  {
    share: 8,
    say: (number) =>
      `client intended to send too large body: ${1_000_000 + drawn(number, 5, 9_000_000)} bytes`,
  },
];

/** Something goes wrong for a while: nine in ten lines then say that. */
const BURST = 500;

function messageOf(number: number): string {
  const burst = Math.floor(number / BURST);
  const isOfBurst = burst % 3 === 0 && drawn(number, 6, 10) > 0;
  let left = drawn(isOfBurst ? burst : number, 7, 100);
  for (const { share, say } of MESSAGES) {
    if (left < share) return say(number);
    left -= share;
  }
  throw new Error("the shares of the messages are less than a hundred");
}

const PATHS: readonly ((number: number) => string)[] = [
  (number) => `/product/${skewed(number, 8, 20_000)}/index.php?page=${drawn(number, 9, 17)}`,
  (number) => `/?utm_source=mail&utm_campaign=${drawn(number, 10, 30)}&click=${drawn(number, 11, 2 ** 32)}`,
  (number) => `/index.php/api/orders/${drawn(number, 12, 1_000_000)}`,
  () => "/wp-login.php",
  (number) => `/search?q=${drawn(number, 13, 2 ** 32).toString(36)}&sort=price`,
];

/** One in eight by IPv6. */
function clientOf(number: number): string {
  const client = skewed(number, 14, 1_000_000);
  const [low, high] = [client & 255, client >> 8];
  return drawn(number, 15, 8) === 0
    ? `2001:db8:${high.toString(16)}::${low.toString(16)}`
    : `10.${high >> 8}.${high & 255}.${low}`;
}

/** Each has a client, a request and a referrer of its own, as logs have it. */
function error(number: number): string {
  const { date, time } = clock(number);
  const day = `${date.getUTCFullYear()}/${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}`;
  const message = messageOf(number);
  const upstream = message.includes("upstream") ? ', upstream: "fastcgi://unix:/run/php/www.sock:"' : "";
  const server = `shop${skewed(number, 16, 6)}.example`;
  const worker = 710 + drawn(number, 17, 4);
  const method = drawn(number, 18, 4) === 0 ? "POST" : "GET";
  const path = PATHS[drawn(number, 19, PATHS.length)]?.(number) ?? "/";
  const referrer =
    drawn(number, 20, 3) === 0 ? "" : `, referrer: "https://${server}/category/${skewed(number, 21, 400)}"`;
  return `${day} ${time} [error] ${worker}#${worker}: *${1_000_000 + number} ${message}, client: ${clientOf(number)}, server: ${server}, request: "${method} ${path} HTTP/1.1"${upstream}, host: "${server}"${referrer}\n`;
}

/** What a pool's workers say, and of ten lines one of the pool itself. */
function said(number: number): string {
  const { date, time } = clock(number);
  const day = `${two(date.getUTCDate())}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()}`;
  const child = 3000 + drawn(number, 1, 40);
  const pool = `shop${skewed(number, 2, 6)}`;
  const message =
    drawn(number, 3, 10) > 0
      ? `child ${child} said into stderr: "NOTICE: PHP message: PHP Warning:  Undefined variable $x${skewed(number, 4, 40)} in /srv/shop/src/Part${skewed(number, 5, 60)}.php on line ${skewed(number, 6, 300)}"`
      : drawn(number, 7, 4) > 0
        ? `child ${child}, script '/srv/shop/public/index.php' (request: "GET /index.php?page=${drawn(number, 8, 17)}") executing too slow (${drawn(number, 9, 9)}.${drawn(number, 10, 1_000_000)} sec), logging`
        : "server reached pm.max_children setting (40), consider raising it";
  return `[${day} ${time}] WARNING: [pool ${pool}] ${message}\n`;
}

/** What somebody may write who wants to fill the memory: other servers and long paths all the time. */
function names(number: number): string {
  const path = `/${drawn(number, 8, 2 ** 32)
    .toString(36)
    .repeat(40)}`;
  return error(number)
    .replaceAll(/shop\d\.example/g, `site${drawn(number, 7, 12_000)}.example`)
    .replace(/(request: "[A-Z]+ )[^ ]*/, `$1${path}`);
}

/** As Docker keeps what a container prints. */
function wrapped(number: number): string {
  const { date } = clock(number);
  return `${JSON.stringify({ log: error(number), stream: "stderr", time: date.toISOString() })}\n`;
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
    describe:
      "an error log of which every line is read; a third of the messages, and each client and request, are of their own",
    sought: "Connection timed out",
    done: [1],
    line: error,
  },
  {
    name: "php-fpm.log",
    describe: "PHP-FPM's log with catch_workers_output: nine in ten lines are what workers said",
    sought: "executing too slow",
    done: [0, 1],
    line: said,
  },
  {
    name: "container.log",
    describe: "the same error log as Docker keeps it, in JSON",
    sought: "Connection timed out",
    done: [1],
    line: wrapped,
  },
  {
    name: "names.log",
    describe: "an error log of 12,000 servers, of which each line has a path of some 280 bytes of its own",
    sought: "Connection timed out",
    done: [1],
    line: names,
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
