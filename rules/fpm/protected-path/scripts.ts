import type { FpmMaster } from "../../../src/fpm/types.js";
import { normalizePath } from "../../../src/host/path.js";
import type { Binding, Host } from "../../../src/model/host.js";
import { effectiveParams } from "../../../src/model/request/fastcgi-params.js";
import { seesSamePaths } from "../../../src/model/request/paths.js";
import { rootOf } from "../../../src/model/request/root.js";
import { scriptPath } from "../../../src/model/request/script-path.js";
import { argumentPlace } from "../../../src/nginx/tree/nodes.js";
import type { Place } from "../../../src/source/file.js";
import { perKey } from "../../../src/source/memo.js";

/** A directory in which PHP-FPM looks for the scripts of a location. */
export interface Scripts {
  readonly binding: Binding;
  readonly path: string;
  /** The words that say so: the `root`, the `alias`, or SCRIPT_FILENAME. */
  readonly place: Place;
}

/** The directories that locations send to the pools of a master. */
export function scriptsOf(host: Host, master: FpmMaster): readonly Scripts[] {
  return byMaster(host).get(master) ?? [];
}

const byMaster = perKey((host: Host): ReadonlyMap<FpmMaster, readonly Scripts[]> => {
  const found = new Map<FpmMaster, Scripts[]>();
  for (const binding of host.bindings) {
    const scripts = directoryFor(binding);
    if (scripts === null) continue;
    const masters = new Set(
      binding.targets.flatMap(({ down, pools }) => (down ? [] : pools.map(({ master }) => master))),
    );
    for (const master of masters) {
      const own = found.get(master);
      if (own === undefined) found.set(master, [scripts]);
      else own.push(scripts);
    }
  }
  return found;
});

const BELOW_ROOT = /^\$\{?(?:document_root|realpath_root|request_filename)\b/;

/** `null`: it is not known, or PHP-FPM may see other paths. */
function directoryFor(binding: Binding): Scripts | null {
  const param = effectiveParams(binding.block)?.params.get("SCRIPT_FILENAME");
  if (binding.serves !== "php" || param === undefined || !seesSamePaths(binding)) return null;
  const sent = scriptPath(param.value);
  if (sent.kind === "literal-directory")
    return { binding, path: normalizePath(sent.directory), place: param.place };
  const { node, written, alias } = rootOf(binding.block);
  if (node === null || alias === "all" || !BELOW_ROOT.test(param.value)) return null;
  if (node.directive.args[0]?.placeholder === true || !/^\/[^$]*$/.test(written)) return null;
  return { binding, path: normalizePath(written), place: argumentPlace(node, 0) };
}
