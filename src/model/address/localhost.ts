import type { HostFilesystem } from "../../host/filesystem.js";

/**
 * The first address that the C library gives for `localhost`: ::1 where `etc/hosts` has it, else 127.0.0.1;
 * `null`: there is no such file, or it has neither.
 */
export function localhost(fs: HostFilesystem): "127.0.0.1" | "::1" | null {
  const entry = fs.entry("/etc/hosts");
  const answer = entry.kind === "file" ? entry.read() : null;
  if (answer === null || "unreadable" in answer) return null;
  const addresses = answer.text.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return names.includes("localhost") ? [address] : [];
  });
  if (addresses.includes("::1")) return "::1";
  return addresses.includes("127.0.0.1") ? "127.0.0.1" : null;
}
