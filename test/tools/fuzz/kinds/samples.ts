import type { Random } from "../../reality/random.js";
import { type Draw, mutateText } from "../case.js";
import { file } from "../tree.js";
import { CONTROLS, HUGE_NUMBERS, WORKFLOW_COMMANDS } from "../words.js";

const HEADERS = [
  "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND",
  ...["  PID   RSS COMMAND", "RSS CMD", "RSS", "PID  PSS  RSS  USS ARGS", "  RSS COMMAND PID", ""],
];
const COMMANDS = [
  "php-fpm: pool www",
  "php-fpm: pool shop",
  "php-fpm: master process (/etc/x)",
  "nginx: worker process",
];

function row(header: string, random: Random): string {
  const size = String(random.int(0, 900_000));
  const odd = random.chance(0.05);
  const cell = (name: string): string => {
    if (odd) return random.pick([...HUGE_NUMBERS, ...CONTROLS, ...WORKFLOW_COMMANDS]);
    if (/^(COMMAND|CMD|ARGS)$/.test(name)) return random.pick(COMMANDS);
    return /^(USER|TTY|STAT|START|TIME)$/.test(name) ? random.pick(["www-data", "?", "S", "10:00"]) : size;
  };
  return (header.trim() === "" ? ["RSS"] : header.trim().split(/ +/)).map(cell).join("  ");
}

const POOLS =
  "[global]\n[www]\nlisten = 9000\npm = dynamic\npm.max_children = 9\n[shop]\nlisten = 9001\npm = static\npm.max_children = 4\n";

/** The output of `ps`, of several forms and damaged, from standard input or a file. */
export const samples: Draw = (random) => {
  const header = random.pick(HEADERS);
  const rows = Array.from({ length: random.int(0, 40) }, () => row(header, random));
  const plain = [header, ...rows].join(random.chance(0.9) ? "\n" : "\r\n");
  const text = random.chance(0.6) ? mutateText(plain, random) : plain;
  const named = random.chance(0.3);
  const tree = new Map([
    ["etc/php/8.2/fpm/php-fpm.conf", file(POOLS)],
    ["ps.txt", file(text)],
  ]);
  const format = random.chance(0.4) ? ["--format", "json"] : [];
  const words = ["etc", "--ram", "4G", "--samples", named ? "ps.txt" : "-", ...format];
  return { tree, run: { kind: "capacity", words }, stdin: named ? "" : text };
};
