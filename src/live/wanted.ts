import { phpValue, setting } from "../fpm/pools.js";
import { directoryOf, normalizePath } from "../host/path.js";
import type { Host } from "../model/host.js";
import { uniqueBy } from "../source/collect.js";
import { known } from "../source/effective.js";
import type { MachineFacts, Viewer } from "./facts.js";
import type { WantedPath } from "./machine.js";
import { namedLogs } from "./named-logs.js";
import {
  documentRoots,
  filesOfMaster,
  filesOfNginx,
  indexOf,
  nginxRoots,
  phpLogs,
  phpTargets,
  pidFileOf,
  poolNumber,
  sessionDirectories,
  temporaryPaths,
  tlsFiles,
  uploadDirectories,
} from "./places.js";

/** Which paths of a machine are looked at for a host, and for whom. */
export function wantedPaths(host: Host, built: MachineFacts["built"]): readonly WantedPath[] {
  const nginx = filesOfNginx(host);
  const masters = host.masters.map(filesOfMaster);
  const files = [nginx, ...masters].flatMap((one) => one.files);
  const directories = [nginx, ...masters].flatMap((one) => one.directories);
  const pids = host.masters.flatMap((master) => pidFileOf(master) ?? []);
  const logs = namedLogs(host).map(({ path }) => path);
  const look = (path: string, viewer: Viewer = "reader", tried = false, listed = false): WantedPath => ({
    path,
    viewer,
    tried,
    listed,
  });
  const sockets = host.pools.flatMap((pool) => {
    const listen = known(setting(pool, "listen")) ?? "";
    return listen.startsWith("/") ? [look(listen)] : [];
  });
  const targets = phpTargets(host).flatMap(({ address }) =>
    address.kind === "unix" ? [look(address.path), look(address.path, "nginx")] : [],
  );
  const ofPools = documentRoots(host).flatMap(({ path, pool }) => {
    const viewer: Viewer = `pool ${poolNumber(host, pool)}`;
    return [look(path, viewer), look(indexOf(path), viewer, true)];
  });
  const allowed = host.pools.flatMap((pool) =>
    (known(phpValue(pool, "open_basedir")) ?? "")
      .split(":")
      .filter((path) => path.startsWith("/"))
      .map((path) => look(normalizePath(path), `pool ${poolNumber(host, pool)}`)),
  );
  const written = [...sessionDirectories(host), ...uploadDirectories(host)].map(({ path, pool }) =>
    look(path, `pool ${poolNumber(host, pool)}`, true),
  );
  const phpWritten = phpLogs(host).flatMap(({ path, pool }) => {
    const viewer: Viewer = `pool ${poolNumber(host, pool)}`;
    return [look(path, viewer, true), look(directoryOf(path), viewer, true)];
  });
  const all = [
    ...[...files, ...pids, ...logs, ...tlsFiles(host)].map((path) => look(path)),
    ...directories.map((path) => look(path, "reader", false, true)),
    ...logs.map((path) => look(directoryOf(path))),
    ...sockets,
    ...targets,
    ...nginxRoots(host).map(({ path }) => look(path, "nginx", true)),
    ...ofPools,
    ...allowed,
    ...written,
    ...phpWritten,
    ...temporaryPaths(host, built).map(({ path }) => look(path, "nginx", true)),
  ];
  return uniqueBy(all, ({ path, viewer }) => `${viewer} ${path}`);
}
