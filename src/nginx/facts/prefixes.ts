/**
 * What `nginx -V` says after `--prefix=`, from which paths of logs count that do not begin with a slash. nginx does not
 * write it into its files.
 */
export const PREFIXES: readonly string[] = [
  // Debian, Ubuntu, RHEL and Fedora.
  "/usr/share/nginx",
  // The packages and images of nginx.org.
  "/etc/nginx",
  // Alpine.
  "/var/lib/nginx",
  // nginx's own default.
  "/usr/local/nginx",
  // OpenResty.
  "/usr/local/openresty/nginx",
];
