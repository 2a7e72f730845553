import type { Draft } from "../../../src/engine/define.js";
import { isScript, waysTo } from "../../../src/evidence/meetings.js";
import { phpBindings } from "../../../src/evidence/pairs.js";
import { helpOf } from "../../../src/help/edit.js";
import type { Binding, Host } from "../../../src/model/host.js";
import { effectiveParams, type Param } from "../../../src/model/request/fastcgi-params.js";
import { seesSamePaths } from "../../../src/model/request/paths.js";
import { writtenRoot } from "../../../src/model/request/root.js";
import { headPlace } from "../../../src/nginx/tree/nodes.js";
import { withoutEnd } from "../../../src/source/ends.js";

/** A location that runs one script, and the parameter that names it. */
export interface OwnScript {
  readonly binding: Binding;
  readonly param: Param;
  readonly uri: string;
  readonly path: string;
}

const FIXED = /^(?:\$(?:document_root|realpath_root))?\/[^$]*$/;

/** Those whose own URL surely sends the source. */
export function* ownScripts(host: Host): Generator<OwnScript> {
  for (const binding of phpBindings(host)) {
    const { server, block } = binding;
    const param = effectiveParams(block)?.params.get("SCRIPT_FILENAME");
    // With a variable besides the root it is no fixed script.
    if (server === null || param === undefined || !FIXED.test(param.value)) continue;
    const root = writtenRoot(server);
    if (root === null) continue;
    const own = writtenRoot(block);
    const path =
      own === null ? param.value : param.value.replace(/^\$(?:document_root|realpath_root)(?=\/)/, own);
    if (!/^\/[^$]*$/.test(path) || !isScript(path) || !path.startsWith(`${withoutEnd(root, "/")}/`)) continue;
    const uri = path.slice(withoutEnd(root, "/").length).replace(/\/+/g, "/");
    // Another container may have the scripts, and this one the pictures alone.
    if (!seesSamePaths(binding)) continue;
    const ways = waysTo(host, server, uri);
    const sent = ways.every(
      ({ outcome }) =>
        outcome.kind === "file" && outcome.path.replace(/\/+/g, "/") === path.replace(/\/+/g, "/"),
    );
    if (ways.length > 0 && sent) yield { binding, param, uri, path };
  }
}

export function scriptReport([first, ...others]: readonly [OwnScript, ...OwnScript[]]): Draft<"script"> {
  const { binding, param, uri, path } = first;
  return {
    case: "script",
    message: `${binding.label} runs ${path}, but its own URL ${uri} is passed to nobody, so nginx sends its source`,
    at: param.place,
    label: `a request for ${uri} gets the source`,
    related: [
      { place: headPlace(binding.location), message: "only this URL runs it" },
      ...others.map((one) => ({
        place: headPlace(one.binding.location),
        message: `also ${one.binding.label}`,
      })),
    ],
    effect: `anyone who asks for ${uri} reads the source, passwords included`,
    help: helpOf(
      [],
      `refuse the script's own URL: location = ${uri} { return 404; }, or keep the script outside the root`,
    ),
    names: [binding.label, uri],
  };
}
