import type { InferredOptionTypes } from "yargs";
import { type COMMON_OPTIONS, type OptionTable, repeatable, sharedOptions } from "../options.js";

export const CAPACITY_EPILOGUE = `Examples:
  fpmlint capacity                                  this server, with its workers measured
  fpmlint capacity etc --ram 4G --worker-size 60M   a copy of /etc, with a given worker size
  ps -eo pid,rss,stat,wchan:30,args | fpmlint capacity /etc --ram 4G --samples -
  fpmlint capacity --rate shop=40/s --mean 250ms --p95 900ms
  fpmlint capacity --what-if 2G,4G,8G               what more memory would bring
  fpmlint capacity /etc --diff                      the change as a diff; --write applies it

The sum: ((memory − reserve) × (1 − headroom) − shared) / worker. Sizes are binary: 1G = 1024M.
Exit status: 0 computed, 2 wrong or missing input, 3 computed although some files could not be read.`;

/** Options of `fpmlint capacity`. */
export const CAPACITY_OPTIONS = {
  ram: { type: "string", describe: "memory of the host, as in 4G" },
  reserve: {
    type: "string",
    describe: "memory kept for everything except PHP-FPM [default: 500M, or what the live host uses]",
  },
  headroom: {
    type: "string",
    describe: "part of the remaining memory to keep free, as in 20% or 0 [default: 20%]",
  },
  "worker-size": {
    ...repeatable,
    describe: "memory of one worker, as in 60M; NAME=60M for one pool; repeatable",
  },
  samples: {
    type: "string",
    completes: "file",
    describe:
      "worker sizes as ps prints them under load, from a file or - : ps -eo pid,rss,stat,wchan:30,args; better, as root and with procps-ng 4 or later: pid,rss,uss,stat,…",
  },
  shared: {
    type: "string",
    describe: "memory that the workers share (opcache, APCu), counted once rather than for each worker",
  },
  weight: {
    ...repeatable,
    describe: "NAME=3: the pool's share of the workers; other pools count as 1 [default: pm.max_children]",
  },
  cores: { type: "string", describe: "processors of the host, as in 4" },
  "cpu-share": {
    type: "string",
    describe: "part of a request spent computing, as in 30%; the rest waits for the database and so on",
  },
  rate: {
    ...repeatable,
    describe: "requests to PHP, as in 40/s; NAME=40/s for one pool; needs --mean",
  },
  mean: { ...repeatable, describe: "average duration of a request, as in 250ms" },
  p95: { ...repeatable, describe: "duration that 19 of 20 requests do not exceed, as in 900ms" },
  "what-if": {
    type: "string",
    describe: "several sizes of memory side by side, as in 2G,4G,8G,16G",
  },
  diff: {
    type: "boolean",
    default: false,
    describe: "print the change to the pool files as a unified diff, and nothing else",
  },
  write: { type: "boolean", default: false, describe: "change the pool files" },
  "accept-guess": {
    type: "boolean",
    default: false,
    describe: "with --write, also write numbers for workers whose size nobody knows",
  },
  ...sharedOptions,
} as const satisfies OptionTable;

/** What yargs answers for the table. */
export interface CapacityArguments
  extends InferredOptionTypes<typeof CAPACITY_OPTIONS & typeof COMMON_OPTIONS> {
  /** One, or none for the machine it runs on. */
  readonly paths: readonly string[];
}
