import { type OptionTable, repeatable, sharedOptions } from "../options.js";

export const DIAGNOSE_EPILOGUE = `Examples:
  fpmlint diagnose                              this server: its configuration, and the logs that it names
  fpmlint diagnose --since 1h --status 502      the last hour, only what ended as 502
  fpmlint diagnose /var/log/nginx/error.log.1 /etc
  kubectl logs deploy/web | fpmlint diagnose - hosts/web/etc
  fpmlint diagnose --host copies/web1           another machine's files and logs, copied below a directory
  fpmlint diagnose --format json --since today

Exit status: 0 nothing was lost, 1 causes found, 2 wrong usage or no log, 3 a log could not be read.`;

/** Options of `fpmlint diagnose`. */
export const DIAGNOSE_OPTIONS = {
  since: {
    type: "string",
    describe:
      "from when on: 1h, 30m, 2d, today, 12:00, '2026-11-28 12:00' [default: 24h for logs that the configuration names]",
  },
  until: { type: "string", describe: "up to when, likewise [default: the end]" },
  status: { ...repeatable, describe: "only what ended with this status, as in 502 or 502,504; repeatable" },
  server: { type: "string", describe: "only requests for this server_name or Host" },
  pool: { type: "string", describe: "only this pool of PHP-FPM" },
  host: {
    type: "string",
    completes: "file",
    describe: "directory with another machine's files: its configuration and logs are read below it",
  },
  journal: {
    type: "boolean",
    default: false,
    describe: "ask journalctl too, for PHP-FPM's units and the kernel",
  },
  follow: {
    type: "boolean",
    default: false,
    describe: "go on reading, and print each cause when it is seen first; ends with Ctrl-C",
  },
  "show-requests": {
    type: "boolean",
    default: false,
    describe: "show log lines whole, with addresses, queries, referrers and users",
  },
  format: {
    ...repeatable,
    completes: { formats: ["text", "json", "sarif"] },
    describe: "text, json or sarif; NAME=FILE writes to a file; repeatable [default: text]",
  },
  config: sharedOptions.config,
} as const satisfies OptionTable;
