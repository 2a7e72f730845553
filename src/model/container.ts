import type { Host } from "./host.js";

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
  const image = host.masters.some(
    ({ files, global }) =>
      files.some(
        ({ path }) => /^\/usr\/local\/etc\/php-fpm/.test(path) || path.endsWith("/zz-docker.conf"),
      ) ||
      // A unit says so on the command line; images say it in the file, and their templates leave it open.
      global.some(
        ({ key, value }) => key === "daemonize" && (value === null || value === "" || value === "0"),
      ),
  );
  return image || MARKS.some((path) => host.fs.entry(path).kind === "file");
}
