import { type OptionTable, repeatable, sharedOptions } from "../options.js";

export const DOCTOR_EPILOGUE = `Examples:
  fpmlint doctor                         this machine, best as root
  fpmlint doctor --quiet                 a line for each thing that is wrong, for monitoring
  fpmlint doctor --format json
  fpmlint doctor --no-exec               starts no program
  fpmlint doctor --snapshot > collect.sh for a server without Node: sh collect.sh > server.txt
  fpmlint doctor server.txt              what that file says, on any machine

Reads only. It connects to the addresses that the files name, a second each, and starts no
program but ss, systemctl show, journalctl --dmesg and nginx -V of the system's directories.

Exit status: 0 nothing is wrong that the machine shows, 1 something needs you, 2 wrong usage,
3 it could not look everywhere: not root, no /proc, or a file could not be read.`;

/** Options of `fpmlint doctor`. */
export const DOCTOR_OPTIONS = {
  snapshot: {
    type: "boolean",
    default: false,
    describe: "print a shell script that collects the facts of a server, to be judged elsewhere",
  },
  exec: {
    type: "boolean",
    default: true,
    describe: "run ss, systemctl show, journalctl --dmesg and nginx -V; --no-exec runs none",
  },
  quiet: {
    alias: "q",
    type: "boolean",
    default: false,
    describe: "only what is wrong, a line each",
  },
  format: {
    ...repeatable,
    completes: { formats: ["text", "json", "prometheus"] },
    describe: "text, json or prometheus; NAME=FILE writes to a file; repeatable [default: text]",
  },
  config: sharedOptions.config,
} as const satisfies OptionTable;
