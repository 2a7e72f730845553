import { resolve } from "node:path";
import { bareSize, parseSize } from "../capacity/size.js";
import { faultsIn } from "../engine/describe-errors.js";
import type { Config } from "../engine/schemas.js";
import { TREE } from "../host/find/given.js";
import { NGINX_VERSION } from "../nginx/facts/version.js";
import type { HostsOptions } from "../read-hosts.js";
import { validators } from "../validators.js";
import { type Kind, kinds, orNull, wrong } from "./arguments.js";
import type { ReadOptions } from "./options.js";

/** Faults of a configuration that are told. */
const MOST_FAULTS = 20;

/** What `checkOptions` knows of the options that every function has. */
export const READ_OPTIONS = {
  paths: kinds.texts,
  files: kinds.byPath,
  workingDirectory: kinds.text,
  config: orNull(kinds.record),
  configDirectory: kinds.text,
  phpVersion: orNull(kinds.text),
  nginxVersion: orNull(kinds.text),
  memory: orNull(kinds.amount),
  standardInput: kinds.text,
  texts: kinds.map,
} as const satisfies Readonly<Record<keyof ReadOptions, Kind>>;

/** The options as the readers want them. Throws TypeError. */
export function readingOf(caller: string, options: ReadOptions): HostsOptions {
  const { paths, files, standardInput, texts, phpVersion = null, nginxVersion = null } = options;
  if (files !== undefined) checkFiles(caller, files);
  if (files !== undefined && paths !== undefined)
    throw new TypeError(`${caller}: files is a whole tree, and nothing is read of paths: give one of them`);
  if (phpVersion !== null && !/^\d{1,3}\.\d{1,3}(?:\.\d{1,3})?$/.test(phpVersion))
    throw wrong(caller, "phpVersion", phpVersion, "a version such as 8.3");
  if (nginxVersion !== null && !NGINX_VERSION.test(nginxVersion))
    throw wrong(caller, "nginxVersion", nginxVersion, "a version such as 1.22.1");
  const workingDirectory = files === undefined ? resolve(options.workingDirectory ?? ".") : TREE;
  return {
    ...(paths === undefined ? {} : { paths }),
    ...(files === undefined ? {} : { files }),
    ...(standardInput === undefined ? {} : { standardInput }),
    ...(texts === undefined ? {} : { texts }),
    workingDirectory,
    config: checkedObject(caller, options.config ?? null),
    configDirectory: files === undefined ? resolve(workingDirectory, options.configDirectory ?? ".") : TREE,
    phpVersion,
    nginxVersion,
    memory: memoryOf(caller, options.memory ?? null),
  };
}

/** Each path is that of a file below the top, and none is also that of a directory. Throws TypeError. */
function checkFiles(caller: string, files: Readonly<Record<string, string>>): void {
  const names = new Map<string, string>();
  for (const path of Object.keys(files)) {
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    if (parts.length === 0 || parts.includes("..") || path.endsWith("/") || path.includes("\0"))
      throw wrong(caller, "a path in files", path, "that of a file of the tree, as in etc/nginx/nginx.conf");
    const name = parts.join("/");
    const other = names.get(name);
    if (other !== undefined)
      throw new TypeError(
        `${caller}: ${JSON.stringify(other)} and ${JSON.stringify(path)} in files are the same file`,
      );
    names.set(name, path);
  }
  for (const name of names.keys())
    for (let end = name.indexOf("/"); end !== -1; end = name.indexOf("/", end + 1))
      if (names.has(name.slice(0, end)))
        throw new TypeError(
          `${caller}: ${JSON.stringify(name.slice(0, end))} in files is a file, and others are below it`,
        );
}

/** The configuration, which is not changed. Throws TypeError with every fault. */
function checkedObject(caller: string, config: Config | null): Config | null {
  if (config === null) return null;
  const copy = structuredClone(config);
  const check = validators.config;
  if (check === undefined || check(copy)) return copy;
  const faults = faultsIn(check.errors ?? [], copy, MOST_FAULTS).map(({ text }) => `config: ${text}`);
  throw new TypeError(`${caller}: ${faults.join("; ")}`);
}

function memoryOf(caller: string, memory: number | string | null): number | null {
  if (memory === null) return null;
  const text = typeof memory === "number" ? String(Math.floor(memory)) : memory;
  const meant = bareSize(text, "G");
  if (meant !== null) throw new TypeError(`${caller}: memory ${JSON.stringify(memory)} ${meant}`);
  const bytes = parseSize(text);
  if (bytes === null)
    throw wrong(caller, "memory", memory, "a size such as 8G, or a number of bytes above 0");
  return bytes;
}
