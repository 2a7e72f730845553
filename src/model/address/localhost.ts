import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";

/**
 * The first address that the C library gives for `localhost`: ::1 where `etc/hosts` has it, else 127.0.0.1;
 * `null`: there is no such file, or it has neither.
 */
export function localhost(fs: HostFilesystem): "127.0.0.1" | "::1" | null {
  const addresses = localhostAddresses(fs);
  return addresses.includes("::1") ? "::1" : (addresses[0] ?? null);
}

/** The loopback addresses that `etc/hosts` gives `localhost`, IPv4 first; empty: there is no such file. */
export function localhostAddresses(fs: HostFilesystem): readonly ("127.0.0.1" | "::1")[] {
  const named = textOf(fs, "/etc/hosts")
    .split("\n")
    .flatMap((line) => {
      const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
      return names.includes("localhost") ? [address] : [];
    });
  return (["127.0.0.1", "::1"] as const).filter((address) => named.includes(address));
}
