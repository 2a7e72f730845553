import { splitExtensions } from "../../fpm/extensions.js";
import { phpValue, setting } from "../../fpm/pools.js";
import type { Pool } from "../../fpm/types.js";
import { normalizePath } from "../../host/path.js";
import { argument } from "../../nginx/tree/nodes.js";
import type { Effective } from "../../source/effective.js";
import { placeOf } from "../../source/effective.js";
import { withoutEnd } from "../../source/ends.js";
import { perKey } from "../../source/memo.js";
import { nginxAddress, reaches } from "../address/address.js";
import { dialledAs } from "../address/links.js";
import { inContainer } from "../container.js";
import type { Binding, Host } from "../host.js";
import { isUnset } from "../request/paths.js";
import { requestValues, sentValue } from "../request/php-settings.js";
import { knowing, trail } from "../request/resolve/choices.js";
import type { Assumption, Files, PhpOutcome } from "../request/resolve/types.js";
import { findScript } from "./script.js";
import type { Answer, AnswerWay, Refusal } from "./types.js";

/** After nginx: which pool gets a request, and what it answers. */

/** The pools that get a request; several where the address is a group or several masters share it. */
export function poolsFor(host: Host, { pass, address }: PhpOutcome): readonly Pool[] {
  const targets = bindingsByPass(host).get(pass)?.targets ?? [];
  // Of an address with variables only what they are in this request counts.
  const varies = argument(pass, 0)?.includes("$") === true;
  const own = varies && address.text !== null ? nginxAddress(address.text) : null;
  const ways = own === null ? null : dialledAs(host.fs, own);
  const met = targets.filter(
    (target) => ways === null || target.upstream !== null || ways.some((one) => reaches(one, target.address)),
  );
  return [...new Set(met.flatMap(({ pools }) => pools))];
}

const bindingsByPass = perKey(
  ({ bindings }: Host) => new Map(bindings.map((binding) => [binding.pass, binding] as const)),
);

/**
 * Every answer that each pool may give; several of one pool only where they rest on unknown files. `rests`:
 * what the request rests on already.
 */
export function answersTo(
  host: Host,
  outcome: PhpOutcome,
  files: Files,
  rests: readonly Assumption[] = [],
): readonly AnswerWay[] {
  const binding = bindingsByPass(host).get(outcome.pass) ?? null;
  return poolsFor(host, outcome).flatMap((pool) =>
    answersOf({ host, binding, pool }, outcome, knowing(files, rests)),
  );
}

const MOST_WAYS = 16;

function answersOf(at: At, outcome: PhpOutcome, files: Files): readonly AnswerWay[] {
  const ways: AnswerWay[] = [];
  const left: (readonly boolean[])[] = [[]];
  for (let given = left.pop(); given !== undefined; given = left.pop()) {
    const asked = trail(insideOf(at, files), given);
    const answer = answerOf(at, outcome, asked);
    ways.push({ pool: at.pool, answer, rests: asked.rests });
    for (let index = given.length; index < asked.taken.length; index += 1)
      left.push([...asked.taken.slice(0, index), false]);
    if (ways.length >= MOST_WAYS) break;
  }
  return ways;
}

interface At {
  readonly host: Host;
  readonly binding: Binding | null;
  readonly pool: Pool;
}

/** Files as a pool sees them: below its chroot, and a relative path from the directory in which it works. */
function insideOf({ host, pool }: At, files: Files): Files {
  const chroot = setting(pool, "chroot");
  const top = withoutEnd((chroot.kind === "unknown" ? null : chroot.value) ?? "", "/");
  const directory = workingDirectory(host, pool);
  const outside = (path: string): string | null => {
    if (path.startsWith("/")) return top + path;
    return directory === null ? null : `${top}${withoutEnd(directory, "/")}/${path}`;
  };
  const { real } = files;
  return {
    kind: (path) => {
      const whole = outside(path);
      return whole === null ? "unknown" : files.kind(whole);
    },
    ...(top === "" && real !== undefined && { real: (path: string) => real(outside(path) ?? path) }),
  };
}

/**
 * Where a worker opens relative paths, inside its chroot; `null`: it is not known. Without `chroot` and `chdir`
 * that is the directory in which PHP-FPM was started: the top for a service, any other for an image.
 */
function workingDirectory(host: Host, pool: Pool): string | null {
  const [chroot, chdir] = [setting(pool, "chroot"), setting(pool, "chdir")];
  if (chdir.kind === "unknown") return null;
  if (chdir.value?.startsWith("/") === true) return chdir.value;
  if (chdir.value !== null && chdir.value !== "") return null;
  return isUnset(chroot) && inContainer(host) ? null : "/";
}

function answerOf(at: At, { params }: PhpOutcome, files: ReturnType<typeof trail>): Answer {
  const { pool } = at;
  const sent = new Map(params.map(({ name, text }) => [name, text] as const));
  // PHP drops it, because programs took a client's header for the proxy to use.
  sent.delete("HTTP_PROXY");
  for (const name of ["SCRIPT_FILENAME", "PATH_TRANSLATED", "SCRIPT_NAME", "PATH_INFO"]) {
    const param = params.findLast((one) => one.name === name);
    if (param !== undefined && param.text === null)
      return { kind: "unknown", reason: param.reason, place: null };
  }
  const fix = settled(phpValue(pool, "cgi.fix_pathinfo"), "1");
  const chroot = setting(pool, "chroot");
  if (fix === null || chroot.kind === "unknown")
    return { kind: "unknown", reason: "a setting of the pool is not known", place: pool.section };
  const docRoot = settled(docRootOf(at, params), "");
  if (docRoot === null) return { kind: "unknown", reason: "doc_root is not known", place: pool.section };
  const found = findScript(sent, isOn(fix), docRoot, files);
  // FPM looks at nothing else before it knows the method.
  if (!sent.has("REQUEST_METHOD")) return { kind: "blank", status: found.lost ? 404 : 200 };
  const page = pageFor(pool, found.name);
  if (page !== null) return page;
  if (found.script === null) return refused(404, "no-script", null, sent.get("SCRIPT_FILENAME") ?? "");
  const extensions = setting(pool, "security.limit_extensions");
  if (extensions.kind === "unknown") return { ...extensions };
  if (!extensionAllowed(extensions.value ?? "", found.script))
    return refused(403, "extension", placeOf(extensions), found.script);
  return opened({ ...at, params }, found.script, found.name, found.server, files);
}

function refused(
  status: 403 | 404,
  reason: Refusal,
  place: ReturnType<typeof placeOf>,
  path: string,
): Answer {
  return { kind: "refused", status, reason, place, path };
}

function isOn(text: string): boolean {
  return /^(?:1|on|yes|true)$/i.test(text) || (/^\d+$/.test(text) && Number(text) !== 0);
}

/** A value of PHP's; its default where only php.ini is not in the tree. `null`: unknown. */
function settled(value: Effective<string | null>, usual: string): string | null {
  if (value.kind === "unknown") return value.place === null ? usual : null;
  return value.value ?? usual;
}

function pageFor(pool: Pool, name: string | null): Answer | null {
  if (name === null) return null;
  for (const [key, page] of [
    ["ping.path", "ping"],
    ["pm.status_path", "status"],
  ] as const) {
    const path = setting(pool, key);
    // The value of a page's path that is not known is not taken for this one.
    if (path.kind === "set" && path.value !== "" && path.value === name)
      return { kind: "page", page, place: path.place };
  }
  return null;
}

/** Whether `security.limit_extensions` lets a script run; an empty list lets everything. */
function extensionAllowed(list: string, script: string): boolean {
  const extensions = splitExtensions(list);
  return (
    extensions.length === 0 || extensions.some((one) => script.length > one.length && script.endsWith(one))
  );
}

const wallsOf = perKey((host: Host) => ({
  openBasedir: requestValues(host, "open_basedir"),
  docRoot: requestValues(host, "doc_root"),
}));

/** What a setting is in a request; a location may pass one with variables, which this request replaces. */
function inRequest(
  value: Effective<string | null>,
  params: PhpOutcome["params"],
  name: string,
): Effective<string | null> {
  return value.kind === "unknown" ? (sentValue(params, name) ?? value) : value;
}

function docRootOf({ host, binding, pool }: At, params: PhpOutcome["params"]): Effective<string | null> {
  return binding === null
    ? phpValue(pool, "doc_root")
    : inRequest(wallsOf(host).docRoot(binding, pool), params, "doc_root");
}

function opened(
  at: At & Pick<PhpOutcome, "params">,
  script: string,
  name: string | null,
  server: ReadonlyMap<string, string | null>,
  files: ReturnType<typeof trail>,
): Answer {
  const { host, binding, pool, params } = at;
  const docRoot = docRootOf(at, params);
  const basedir =
    binding === null
      ? phpValue(pool, "open_basedir")
      : inRequest(wallsOf(host).openBasedir(binding, pool), params, "open_basedir");
  const [root, walls] = [settled(docRoot, ""), settled(basedir, "")];
  if (root === null || walls === null)
    return { kind: "unknown", reason: "a setting of the pool is not known", place: pool.section };
  const replaced = root.startsWith("/") && name !== null;
  const path = replaced ? `${root.replace(/\/$/, "")}/${name.replace(/^\//, "")}` : script;
  if (!path.endsWith("/") && files.isKind(path, ["file"])) {
    if (walls !== "" && !isWithin(path, walls, files))
      return refused(404, "open-basedir", placeOf(basedir), path);
    return { kind: "runs", script: path, server };
  }
  const reason = replaced ? "doc-root" : files.isKind(path, ["directory"]) ? "directory" : "missing";
  return refused(404, reason, replaced ? placeOf(docRoot) : null, path);
}

/** Whether a path is in one of the directories, or is one of them. */
function isWithin(path: string, walls: string, files: Pick<ReturnType<typeof trail>, "real">): boolean {
  const real = files.real(path) || path;
  return walls.split(":").some((wall) => {
    if (wall === "") return false;
    // PHP follows `..` and `.` in the list before it compares.
    const written = withoutEnd(wall.startsWith("/") ? normalizePath(wall) : wall, "/") || "/";
    const whole = files.real(written) || written;
    return real === whole || real.startsWith(whole === "/" ? "/" : `${whole}/`);
  });
}
