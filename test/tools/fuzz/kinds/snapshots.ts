import { encodeText } from "../../../../src/source/bytes.js";
import type { Random } from "../../reality/random.js";
import { mutateBytes } from "../bytes.js";
import { type Draw, isConfiguration, mutateFiles, mutateText, textAt } from "../case.js";
import { file, filesIn, type Tree } from "../tree.js";
import { CONTROLS, HUGE_NUMBERS, PROTOTYPE_NAMES, WORKFLOW_COMMANDS } from "../words.js";

function bodyOf(text: string): string {
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => `|${line}\n`)
    .join("");
}

/** A process as the script writes it. */
function process(
  pid: number,
  parent: number,
  title: string,
  sockets: readonly number[],
  user: number,
): string {
  const program = title.startsWith("nginx") ? "nginx" : "php-fpm8.2";
  const ids = [user, user, user, user].join("\t");
  return [
    `line /proc/${pid}/status:Name:\t${program}`,
    `line /proc/${pid}/status:Uid:\t${ids}`,
    `line /proc/${pid}/status:Gid:\t${ids}`,
    `line /proc/${pid}/status:PPid:\t${parent}`,
    `line /proc/${pid}/status:VmRSS:\t    2000 kB`,
    `file /proc/${pid}/cmdline`,
    `|${title}`,
    `file /proc/${pid}/stat`,
    `|${pid} (${program}) S ${parent} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100000 0 0 0`,
    `file /proc/${pid}/limits`,
    "|Max open files            1024                 4096                 files",
    `link /proc/${pid}/exe\t/usr/sbin/${program}`,
    `fds /proc/${pid}/fd`,
    ...sockets.map((inode, at) => `fd ${at + 3}\tsocket:[${inode}]`),
    "",
  ].join("\n");
}

/** The sockets on which the texts of a tree listen. */
function socketsOf(tree: Tree): readonly string[] {
  const texts = filesIn(tree).map((path) => textAt(tree, path));
  return [...new Set(texts.flatMap((text) => text.match(/\/[\w./-]+\.sock\b/g) ?? []))].slice(0, 8);
}

function machine(tree: Tree, random: Random): readonly string[] {
  const mains = filesIn(tree).filter((path) => path.endsWith("php-fpm.conf"));
  const pools = filesIn(tree).flatMap((path) =>
    [...textAt(tree, path).matchAll(/^\[([\w.-]+)\]/gm)].map(([, name = ""]) => name),
  );
  const sockets = socketsOf(tree);
  const rows = sockets.flatMap((path, at) => [
    `|a${at}0: 00000002 00000000 00010000 0001 01 ${500 + at} ${path}\n`,
    ...[1, 2, 3].map((one) => {
      const waits = random.chance(0.5);
      return `|a${at}${one}: 00000003 00000000 00000000 0001 0${waits ? 2 : 3} ${waits ? 0 : 600 + at * 10 + one} ${path}\n`;
    }),
  ]);
  const tcp = `|   0: 0100007F:2328 00000000:0000 0A 00000000:0000000${random.int(0, 9)} 00:00000000 00000000     0        0 700 1\n|   1: 0100007F:2328 0100007F:ED04 01 00000000:00000008 00:00000000 00000000    33        0 ${random.pick(["0", "701"])} 1\n`;
  const states = filesIn(tree).map((path) => `stat 81a4 0 0 1700000000\t/${path}\n`);
  return [
    "file /proc/uptime\n|5000.00 9.00\n",
    "file /proc/self/status\n|Name:\tsh\n|Uid:\t0\t0\t0\t0\n",
    process(10, 1, "nginx: master process /usr/sbin/nginx -g daemon on;", [80], 0),
    process(11, 10, "nginx: worker process", [80], 33),
    ...mains.map((main, at) => process(20 + at * 100, 1, `php-fpm: master process (/${main})`, [500], 0)),
    ...pools
      .slice(0, 6)
      .map((pool, at) => process(21 + at, 20, `php-fpm: pool ${pool}`, [500, 601 + at], 33)),
    `file /proc/net/unix\n|Num       RefCount Protocol Flags    Type St Inode Path\n${rows.join("")}`,
    `file /proc/net/tcp\n|  sl  local_address\n${tcp}`,
    ...(random.chance(0.7)
      ? [`later /proc/net/unix\n${rows.filter(() => random.chance(0.7)).join("")}later /proc/net/tcp\n${tcp}`]
      : []),
    ...states,
    ...sockets.map((path) => `stat c1b0 33 33 1700000000\t${path}\n`),
    "stat 41ed 0 0 1700000000\t/run\nroom 800 1000 4096 90 100\t/var/log\nlists shown\nacl /run\n",
    `output ss -xlH\n${sockets.map((path) => `|u_str LISTEN ${random.int(0, 600)} 511 ${path} 5 * 0\n`).join("")}`,
    "output systemctl show\n|Id=php8.2-fpm.service\n|LoadState=loaded\n|ActiveState=failed\n|Result=exit-code\n|NRestarts=4\n",
    "output journalctl --dmesg\n|2026-11-28T12:00:00+0000 web kernel: Out of memory: Killed process 12 (php-fpm8.2)\n",
    "name php.internal \nname db.internal 192.0.2.7\n",
  ];
}

/** What a process, a file or a path may be called. */
function hostile(random: Random): string {
  return random.pick([
    ...CONTROLS,
    ...PROTOTYPE_NAMES,
    ...WORKFLOW_COMMANDS,
    ...HUGE_NUMBERS,
    "\0",
    "/a".repeat(random.int(1, 3000)),
    "/..",
    "\t",
    "|",
    "socket:[__proto__]",
    "x".repeat(random.chance(0.05) ? 1_000_000 : random.int(1, 3000)),
  ]);
}

function changed(lines: readonly string[], random: Random): readonly string[] {
  const all = [...lines];
  for (let left = random.int(1, 8); left > 0 && all.length > 2; left -= 1) {
    const at = random.int(1, all.length - 1);
    const line = all[at] ?? "";
    const place = random.int(0, line.length);
    const kind = random.int(0, 4);
    if (kind === 0) all.splice(at, 1);
    if (kind === 1) all.splice(at, 0, ...all.slice(at, at + random.int(1, 12)));
    if (kind === 2) all[at] = line.slice(0, place);
    if (kind === 3) all[at] = line.slice(0, place) + hostile(random) + line.slice(place);
    if (kind === 4) [all[at], all[1]] = [all[1] ?? "", line];
  }
  return random.chance(0.15) ? all.slice(0, random.int(0, all.length)) : all;
}

/** `fpmlint doctor` of a snapshot of a machine with the files of a fixture, whole or damaged. */
export const snapshots: Draw = (random, { fixtures }) => {
  const tree = fixtures.pick(random);
  if (random.chance(0.3)) mutateFiles(tree, random, mutateText);
  const files = filesIn(tree).filter(isConfiguration);
  const texts = files.map((path) => `file /${path}\n${bodyOf(textAt(tree, path))}`);
  const text = ["fpmlint-snapshot 1\nnow 1800000000\n", ...machine(tree, random), ...texts, "end\n"].join("");
  const lines = random.chance(0.8) ? changed(text.split("\n"), random) : text.split("\n");
  const bytes = encodeText(lines.join("\n"));
  const written = random.chance(0.15) ? mutateBytes(bytes, bytes, random) : bytes;
  return {
    tree: new Map([["server.txt", file(written)]]),
    run: { kind: "doctor", words: ["server.txt"] },
    stdin: "",
  };
};
