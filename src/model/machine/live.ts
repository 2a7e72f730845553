import type { HostFilesystem } from "../../host/filesystem.js";

/** Whether the tree is a running machine, of which nothing was left out: it has the kernel's own files. */
export function isLiveHost({ fs }: { readonly fs: HostFilesystem }): boolean {
  return fs.entry("/proc/meminfo").kind === "file";
}
