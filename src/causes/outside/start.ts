import type { OutsideCause } from "../outside-cause.js";

/** What keeps a daemon, its workers or a part of it from starting, and what the system does not give. */
export const startCauses: readonly OutsideCause[] = [
  {
    id: "port-taken",
    topics: [],
    cause: "another program listens on the port: another nginx, another web server, one that did not end",
    signatures: ["address-in-use-nginx"],
    command: "ss -tlnp",
    tells: "the program and its process at the address that the line names",
  },
  {
    id: "port-not-allowed",
    topics: ["permission denied"],
    cause:
      "nginx was not started by root and has no right to ports below 1024, or SELinux does not allow the port",
    signatures: ["address-refused"],
    command: "sysctl net.ipv4.ip_unprivileged_port_start; semanage port -l | grep http_port_t",
    tells:
      "a number above the port: listen on 8080, or give CAP_NET_BIND_SERVICE; or a list without the port",
  },
  {
    id: "address-not-here",
    topics: [],
    cause:
      "no interface has the address: the network came up later than nginx, the address moved, or there is no IPv6",
    signatures: ["address-elsewhere"],
    command: "ip addr; systemctl status network-online.target",
    tells: "the address is missing: correct listen, or let nginx.service start after network-online.target",
  },
  {
    id: "start-file",
    topics: ["permission denied"],
    cause:
      "a path that nginx opens or makes when it starts is missing, on a read-only file system, or not its user's",
    signatures: ["file-start", "include-start", "error-log-closed"],
    command: "namei -l /var/log/nginx /var/lib/nginx /var/cache/nginx /run; id",
    tells:
      "a missing name, or no w and x for who starts nginx: root, or in a container the user of the image",
  },
  {
    id: "nginx-not-started",
    topics: [],
    cause: "nginx refused its configuration, or could not have something that it needs",
    signatures: ["unit-nginx", "start-failed", "nginx-not-running"],
    command: "nginx -t; systemctl status nginx; journalctl -u nginx -n 20",
    tells: "[emerg] with the file and the line, the address or the path",
  },
  {
    id: "certificate",
    topics: ["permission denied"],
    cause: "the certificate was not made yet, was removed or moved, or its key is another one's",
    signatures: ["certificate-start"],
    command:
      "nginx -T 2>/dev/null | grep -E 'ssl_certificate'; namei -l /etc/letsencrypt/live/NAME/fullchain.pem",
    tells: "a missing file or link, or no x on a directory above it; nginx -t names the file",
  },
  {
    id: "no-capabilities",
    topics: [],
    cause:
      "the daemon runs as root without the rights of root: a container or a unit takes its capabilities away",
    signatures: ["nginx-worker-account", "child-start"],
    command: "grep Cap /proc/1/status; systemctl show -p CapabilityBoundingSet nginx 'php*-fpm*'",
    tells:
      "no CAP_SETUID, CAP_SETGID or CAP_SYS_CHROOT: give them back (cap_add), or start it as the account that it should have",
  },
  {
    id: "machine-memory",
    topics: ["500"],
    cause: "the machine, the container or the service has no memory or no process left",
    signatures: ["nginx-memory", "nginx-no-process", "memory-start", "php-memory"],
    command: "free -m; systemctl show -p MemoryMax -p LimitAS -p TasksMax nginx 'php*-fpm*'; dmesg | tail",
    tells: "little that is available, a limit that is reached, or a buffer or a memory_limit far above both",
  },
  {
    id: "release-gone",
    topics: ["404"],
    cause: "the link that root leads through points to a release that was removed, or to none yet",
    signatures: ["root-gone"],
    command: "namei -l DOCROOT",
    tells: "No such file or directory: let the link point to a release that is there",
  },
  {
    id: "zone-too-small",
    topics: ["500", "503"],
    cause: "a shared zone is too small for what is kept in it",
    signatures: ["cache-zone-full", "limit-zone-full"],
    command: "nginx -T | grep -nE 'keys_zone|limit_(req|conn)_zone'",
    tells: "a size of some kB, or a key that may be very long: 1m holds about 8,000 entries of a cache",
  },
  {
    id: "upload-directory",
    topics: [],
    cause:
      "the pool's account may not write to the directory for uploads, open_basedir does not hold it, or it is full",
    signatures: ["upload-directory"],
    command: "grep -rE 'upload_tmp_dir|sys_temp_dir|open_basedir' /etc/php; namei -l /tmp; df -h /tmp",
    tells: "a directory that is missing, not writable, full, or outside of open_basedir",
  },
  {
    id: "extension-missing",
    topics: [],
    cause:
      "the extension was not installed for this version of PHP, or an upgrade removed it and not its line",
    signatures: ["extension-missing"],
    command: "php -i | grep '^extension_dir'; ls $(php -r 'echo ini_get(\"extension_dir\");')",
    tells: "no such .so: install its package for this version, or remove the line that names it",
  },
  {
    id: "socket-rights",
    topics: [],
    cause: "the socket of the program that nginx passes these requests to does not let nginx's workers in",
    signatures: [],
    command: "namei -l SOCKET",
    tells:
      "no w on the socket for the account of nginx's workers: its mode and its group are the program's to set",
  },
  {
    id: "other-upstream",
    topics: [],
    cause: "the program that nginx passes these requests to is down, slow or ends them; it is not PHP-FPM",
    signatures: [],
    command: "nginx -T | grep -nE '(proxy|uwsgi|scgi|grpc)_pass'; ss -tlnp",
    tells: "the program at that address, and its own log at the time of these lines",
  },
];
