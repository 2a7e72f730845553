import { globalSetting, phpValue, seconds, setting } from "../../../src/fpm/pools.js";
import type { FpmMaster, Pool } from "../../../src/fpm/types.js";
import { normalizePath } from "../../../src/host/path.js";
import type { Effective, SetValue } from "../../../src/source/effective.js";

/** What PHP and PHP-FPM write. */

/** A path that PHP or PHP-FPM writes. */
export interface Written {
  readonly case: "php" | "fpm";
  readonly key: string;
  /** `null`: the master's. */
  readonly pool: Pool | null;
  readonly value: SetValue<string>;
  readonly path: string;
  /** Whether the path is a directory in which files are made, rather than a file. */
  readonly directory: boolean;
  readonly effect: string;
}

export function* writtenBy(master: FpmMaster): Generator<Written> {
  yield* file("fpm", "error_log", null, globalSetting(master, "error_log"), NO_START);
  yield* file("fpm", "pid", null, globalSetting(master, "pid"), NO_START);
  for (const pool of master.pools) {
    yield* file("fpm", "listen", pool, setting(pool, "listen"), NO_START);
    const slow = seconds(pool, "request_slowlog_timeout");
    if (slow.kind === "set" && (slow.value ?? 0) > 0)
      yield* file("fpm", "slowlog", pool, setting(pool, "slowlog"), NO_START);
    yield* file("fpm", "access.log", pool, setting(pool, "access.log"), NO_START);
    const chroot = setting(pool, "chroot");
    if (chroot.kind === "default") yield* writtenByPhp(pool);
  }
}

const NO_START = "PHP-FPM cannot make the file and does not start, with all pools of this master";

export function* writtenByPhp(pool: Pool): Generator<Written> {
  const handler = phpValue(pool, "session.save_handler");
  if (handler.kind !== "unknown" && (handler.value ?? "files") === "files") {
    const save = phpValue(pool, "session.save_path");
    const directory = save.kind === "set" ? save.value?.replace(/^(?:\d+;){0,2}(?=\/)/, "") : undefined;
    yield* directoryOfPhp(
      "session.save_path",
      pool,
      save,
      "sessions are not kept: users are logged out",
      directory,
    );
  }
  const lost = "uploads and temporary files fail";
  yield* directoryOfPhp("upload_tmp_dir", pool, phpValue(pool, "upload_tmp_dir"), lost);
  yield* directoryOfPhp("sys_temp_dir", pool, phpValue(pool, "sys_temp_dir"), lost);
  yield* file(
    "php",
    "error_log",
    pool,
    phpValue(pool, "error_log"),
    "the messages of PHP are not in that file",
  );
}

function* directoryOfPhp(
  key: string,
  pool: Pool,
  value: Effective<string | null>,
  effect: string,
  path: string | undefined | null = value.kind === "set" ? value.value : null,
): Generator<Written> {
  if (value.kind === "set" && value.value !== null && path?.startsWith("/"))
    yield {
      case: "php",
      key,
      pool,
      value: { ...value, value: value.value },
      path: normalizePath(path),
      directory: true,
      effect,
    };
}

function* file(
  name: Written["case"],
  key: string,
  pool: Pool | null,
  value: Effective<string | null>,
  effect: string,
): Generator<Written> {
  if (value.kind === "set" && value.value?.startsWith("/"))
    yield {
      case: name,
      key,
      pool,
      value: { ...value, value: value.value },
      // Nearly everywhere the one is a link to the other.
      path: normalizePath(value.value).replace(/^\/var\/run(?=\/)/, "/run"),
      directory: false,
      effect,
    };
}
