import type { FpmMaster } from "../fpm/types.js";
import type { Host } from "./host.js";
import { unitOf } from "./machine/fpm-unit.js";

/** Files that only a container, or the sources of one, have. */
const MARKS = [
  "/.dockerenv",
  "/run/.containerenv",
  "/Dockerfile",
  "/docker-compose.yml",
  "/docker-compose.yaml",
  "/compose.yml",
  "/compose.yaml",
];

/** Whether the files tell that PHP-FPM runs in a container, where it is alone with its own account. */
export function inContainer(host: Host): boolean {
  if (host.container !== null || host.machines.size > 0) return true;
  const image = host.masters.some(
    (master) =>
      hasFilesOfImage(host, master) ||
      // A unit says so on the command line; images say it in the file, and their templates leave it open.
      master.global.some(
        ({ key, value }) => key === "daemonize" && (value === null || value === "" || value === "0"),
      ),
  );
  return image || MARKS.some((path) => host.fs.entry(path).kind === "file");
}

/** Files where the images of PHP have them. A build from source has the same places, and a unit that starts it. */
function hasFilesOfImage(host: Host, master: FpmMaster): boolean {
  const { files } = master;
  if (files.some(({ path }) => path.endsWith("/zz-docker.conf"))) return true;
  return files.some(({ path }) => /^\/usr\/local\/etc\/php-fpm/.test(path)) && unitOf(host, master) === null;
}
