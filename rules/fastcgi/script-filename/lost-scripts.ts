import type { Draft } from "../../../src/engine/define.js";
import { seenByClients } from "../../../src/evidence/asked.js";
import { areAsSent, withLostScript } from "../../../src/evidence/lost-script.js";
import { namesOf, pairsOf } from "../../../src/evidence/pairs.js";
import { runsNoScripts } from "../../../src/evidence/timeouts.js";
import { addInto, helpOf, remove, replace } from "../../../src/help/edit.js";
import { scriptLine } from "../../../src/help/script-filename.js";
import type { Binding, Host } from "../../../src/model/host.js";
import type { Param, ParamSet } from "../../../src/model/request/fastcgi-params.js";
import { rootOf } from "../../../src/model/request/root.js";
import {
  foundElsewhere,
  runsIndex,
  type ScriptPath,
  scriptPath,
  strayRoot,
  type UnusablePath,
  unusable,
} from "../../../src/model/request/script-path.js";
import { argument, argumentPlace, headPlace } from "../../../src/nginx/tree/nodes.js";
import type { Node } from "../../../src/nginx/types.js";
import { groupBy } from "../../../src/source/collect.js";
import type { Place } from "../../../src/source/file.js";

/** Reports about a SCRIPT_FILENAME that is sent and leads to no script. */

/** A location and the parameters it sends. */
export interface Sending {
  readonly binding: Binding;
  readonly set: ParamSet;
}

interface Sent extends Sending {
  readonly param: Param;
  readonly path: ScriptPath;
}

export const NOT_FOUND = "every request to this location ends as 404 File not found";
const DENIED = "every request to this location ends as 403 Access denied";

/** One script of the root: `$document_root/index.php`. */
const FIXED = /^\$\{?(?:document_root|realpath_root)\}?\/[^$]+$/;

export function* lostScripts(host: Host, sets: readonly Sending[]): Generator<Draft> {
  const paths = sets.filter(({ binding }) => !isPage(binding)).flatMap(sentPath);
  const wrong = paths.flatMap((one) => {
    const why = unusable(host, one.binding, one.path);
    return why === null ? [] : [{ ...one, why }];
  });
  for (const group of groupBy(wrong, ({ param, why }) => `${why.kind} ${spot(param.place)}`))
    yield noScriptThere(host, group);
  const rootless = paths.flatMap((one) => {
    const oneScript = FIXED.test(one.param.value);
    const below = oneScript || one.path.kind === "follows-uri";
    const root = below ? strayRoot(host, one.binding, oneScript) : null;
    return root === null ? [] : [{ ...one, root }];
  });
  for (const group of groupBy(rootless, ({ root }) => spot(headPlace(root)))) yield noRoot(host, group);
  for (const one of paths) yield* otherDirectory(host, one);
}

/** Whether a location is for a page of PHP-FPM itself, which opens no script for it. */
function isPage(binding: Binding): boolean {
  const all = [...pairsOf(binding)];
  return all.length > 0 && all.every(runsNoScripts);
}

/**
 * The SCRIPT_FILENAME that a location surely sends: not with `if_not_empty`, nor where PATH_TRANSLATED may
 * replace it.
 */
function sentPath({ binding, set }: Sending): readonly Sent[] {
  const param = set.params.get("SCRIPT_FILENAME");
  if (param === undefined || param.node.directive.args.length !== 2) return [];
  return set.params.has("PATH_TRANSLATED") ? [] : [{ binding, set, param, path: scriptPath(param.value) }];
}

/** A key for the line, however often it is included: it is changed once. */
function spot({ span: { file, start } }: Place): string {
  return `${file.path}:${start}`;
}

type Wrong = Sent & { readonly why: UnusablePath };

interface Said {
  /** `denied`: the path does not name a script; `missing`: there is nothing at the path. */
  readonly case: "denied" | "missing";
  /** Follows "SCRIPT_FILENAME". */
  readonly message: string;
  readonly label: string;
}

function said(binding: Binding, path: UnusablePath): Said {
  // The directory of an `alias` has its slash, and PHP-FPM looks for a script and finds none where it would refuse a directory.
  const name = rootOf(binding.block).alias === null || areAsSent(binding) ? "denied" : "missing";
  switch (path.kind) {
    case "empty":
      return { case: "denied", message: "is empty, so it names no script", label: "no script" };
    case "root-alone":
      return {
        case: name,
        message: "is the root directory alone, without the script's name",
        label: "a directory, not a script",
      };
    case "root-and-path-info":
      return {
        case: name,
        message: "is the root directory plus what follows the script's name, without that name",
        label: "a directory, not a script",
      };
    case "uri-alone":
      return {
        case: "missing",
        message: "is the path of the URI alone, so PHP-FPM looks for it at the top of the file system",
        label: runsIndex(binding) ? "PHP-FPM looks for /index.php" : "no directory in front of it",
      };
    case "relative-directory":
      return {
        case: "missing",
        message: `is in ${path.directory}, a path relative to wherever PHP-FPM was started`,
        label: "a relative path",
      };
  }
}

function noScriptThere(host: Host, group: readonly [Wrong, ...Wrong[]]): Draft {
  const [{ binding, param, why }] = group;
  const { case: name, message, label } = said(binding, why);
  const bindings = group.map((one) => one.binding);
  const further = group.slice(1).map((one) => ({
    place: headPlace(one.binding.pass),
    message: `${one.binding.label} also sends it`,
  }));
  return {
    case: name,
    message: `SCRIPT_FILENAME ${message}`,
    at: param.place,
    label,
    related: further,
    ...(name === "denied" ? seenByClients(DENIED, bindings) : withLostScript(NOT_FOUND, bindings)),
    help: helpOf([[replace(host, param.place, scriptLine(binding))]]),
    names: namesOf(binding),
  };
}

const BUILT_IN = "the directory that nginx was built with";

type Rootless = Sent & { readonly root: Node };

function noRoot(host: Host, group: readonly [Rootless, ...Rootless[]]): Draft {
  const [{ binding, root }] = group;
  const written = argument(root, 0) ?? "";
  const server = binding.server === null ? null : headPlace(binding.server);
  return {
    case: "no-root",
    message: `root ${written} is set only for location /, so the $document_root of ${binding.label} is ${BUILT_IN}`,
    at: headPlace(root),
    label: "applies only in this location",
    related: group.map((one) => ({
      place: headPlace(one.binding.location),
      message: "no root applies here",
    })),
    ...withLostScript(
      `every request to ${binding.label} ends as 404 File not found`,
      group.map((one) => one.binding),
    ),
    help: helpOf([
      server === null ? null : [remove(host, headPlace(root)), addInto(host, server, `root ${written};`)],
    ]),
    names: namesOf(binding),
  };
}

function* otherDirectory(host: Host, { binding, param, path }: Sent): Generator<Draft> {
  const { node: root, written } = rootOf(binding.block);
  if (path.kind !== "literal-directory" || root === null) return;
  const script = foundElsewhere(host, binding, path.directory);
  if (script === null) return;
  const there = script === "" ? "" : `, where ${script} is`;
  yield {
    case: "other-directory",
    message: `SCRIPT_FILENAME is in ${path.directory}, but ${root.name} is ${written}${there}`,
    at: param.place,
    label: `PHP-FPM looks for scripts in ${path.directory}`,
    related: [{ place: argumentPlace(root, 0), message: `nginx looks for files in ${written}` }],
    ...withLostScript(`a script that is only in ${written} ends as 404 File not found`, [binding]),
    help: helpOf([[replace(host, param.place, scriptLine(binding))]]),
    names: namesOf(binding),
  };
}
