import type { HostFilesystem } from "../../../host/filesystem.js";
import type { Node } from "../../../nginx/types.js";
import type { Address } from "../../address/address.js";
import { listensOf, namesOf } from "./servers.js";
import type { Files, Request } from "./types.js";

/** Requests that somebody may send, and the answers that a tree has about files. */

export interface Asked {
  /** `GET` when absent. */
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Bytes; absent: no body. */
  readonly bodyLength?: number;
  readonly protocol?: Request["protocol"];
  /** Absent: a client asks. */
  readonly inner?: boolean;
}

/** A request for a URL as a browser sends it, to whichever address the name leads to. `null`: not a URL of the web. */
export function requestFor(url: string, asked: Asked = {}): Request | null {
  const [, scheme = "", host = "", port, rest = ""] =
    /^(https?):\/\/(\[[^\]]*\]|[^/?#:]*)(?::(\d+))?([/?#].*)?$/is.exec(url) ?? [];
  if (scheme === "") return null;
  const tls = scheme.toLowerCase() === "https";
  const to: Address = { kind: "tcp", host: "*", port: port === undefined ? (tls ? 443 : 80) : Number(port) };
  const shown = port === undefined ? host : `${host}:${port}`;
  const target = rest === "" ? "/" : rest.startsWith("/") ? rest : `/${rest}`;
  return built(target, shown, to, tls, asked);
}

/**
 * A request for a path of a server, at its first address and by its first name that is written out. To be
 * resolved with `server`, as another server may have the same name. `null`: its address is unknown.
 */
export function requestTo(server: Node, target: string, asked: Asked = {}): Request | null {
  const [listen] = listensOf(server);
  if (listen === undefined) return null;
  const { exact, leading, trailing } = namesOf(server);
  const name =
    [...exact].find((one) => one !== "" && one !== "_") ??
    (leading[0] === undefined ? undefined : `www${leading[0]}`) ??
    (trailing[0] === undefined ? undefined : `${trailing[0]}example`) ??
    "localhost";
  return built(target, name, listen.address, listen.tls, asked);
}

function built(target: string, host: string, to: Address, tls: boolean, asked: Asked): Request {
  const { method = "GET", headers = [], bodyLength = null, protocol = "HTTP/1.1" } = asked;
  const named = headers.some(([name]) => name.toLowerCase() === "host");
  return {
    method,
    target: target.replace(/#.*$/s, ""),
    protocol,
    headers: named ? headers : [["Host", host], ...headers],
    bodyLength,
    tls,
    to,
    from: null,
    ...(asked.inner === true && { inner: true }),
  };
}

/**
 * What a tree says about files. `holds` says whether a path that the tree lacks is really missing, as on a
 * whole host or in a docroot that is in the tree; elsewhere it is unknown.
 */
export function treeFiles(fs: HostFilesystem, holds: (path: string) => boolean): Files {
  return {
    kind: (path) => {
      if (!path.startsWith("/")) return "unknown";
      const { kind } = fs.entry(path);
      if (kind === "file" || kind === "directory") return kind;
      return kind === "missing" && holds(path) ? "missing" : "unknown";
    },
    real: (path) => {
      const entry = path.startsWith("/") ? fs.entry(path) : null;
      return entry?.kind === "directory" || entry?.kind === "file" ? entry.path : null;
    },
  };
}
