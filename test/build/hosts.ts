import { type MemoryNode, memoryFilesystem } from "../../src/host/memory.js";
import type { HostSpec } from "../../src/host/spec.js";
import { type BuildOptions, buildHost } from "../../src/model/build.js";
import type { Host } from "../../src/model/host.js";

/**
 * A whole host of texts by path. Its main files are `/etc/nginx/nginx.conf`, where there is one, and
 * every `php-fpm.conf`, unless `spec` names others.
 */
export function memoryHost(
  files: Readonly<Record<string, MemoryNode>>,
  spec: Partial<HostSpec> = {},
  options: Partial<BuildOptions> = {},
): Host {
  const nginx = "/etc/nginx/nginx.conf";
  const found: HostSpec = {
    name: "host",
    root: "/",
    nginx: Object.hasOwn(files, nginx) ? nginx : null,
    fragments: [],
    fpm: Object.keys(files).filter((path) => path.endsWith("/php-fpm.conf")),
    pools: [],
    ...spec,
  };
  return buildHost(found, memoryFilesystem(files), { phpVersion: null, ...options });
}
