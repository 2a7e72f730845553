import type { HostFilesystem } from "../../host/filesystem.js";

/** Whether the system is Fedora, RHEL or one like them, whose packages have habits of their own. */
export function isRedHat({ fs }: { readonly fs: HostFilesystem }): boolean {
  return ["/etc/redhat-release", "/etc/fedora-release", "/etc/centos-release"].some(
    (path) => fs.entry(path).kind === "file",
  );
}
