/**
 * DATA: the users and groups of the official images. Only those of their base, and what their own Dockerfile
 * adds; what the packages that it installs add has no part in requests.
 *
 * Read on 2026-11-29 in Debian 12's base-passwd (etc/passwd, etc/group of a fresh system), in Alpine's
 * main/alpine-baselayout (group and passwd at 0e733c2; later releases have fewer), and in the Dockerfiles that
 * images.ts names.
 */
import type { ContainerAccounts } from "../host/spec.js";
import { lazily } from "../source/memo.js";

/** `name:id` and the ids of primary groups, as short as the files have them. */
const DEBIAN_USERS =
  "root:0:0 daemon:1:1 bin:2:2 sys:3:3 sync:4:65534 games:5:60 man:6:12 lp:7:7 mail:8:8 news:9:9 uucp:10:10 " +
  "proxy:13:13 www-data:33:33 backup:34:34 list:38:38 irc:39:39 gnats:41:41 nobody:65534:65534";
const DEBIAN_GROUPS =
  "root:0 daemon:1 bin:2 sys:3 adm:4 tty:5 disk:6 lp:7 mail:8 news:9 uucp:10 man:12 proxy:13 kmem:15 " +
  "dialout:20 fax:21 voice:22 cdrom:24 floppy:25 tape:26 sudo:27 audio:29 dip:30 www-data:33 backup:34 " +
  "operator:37 list:38 irc:39 src:40 gnats:41 shadow:42 utmp:43 video:44 sasl:45 plugdev:46 staff:50 games:60 " +
  "users:100 nogroup:65534";
const ALPINE_USERS =
  "root:0:0 bin:1:1 daemon:2:2 adm:3:4 lp:4:7 sync:5:0 shutdown:6:0 halt:7:0 mail:8:12 news:9:13 uucp:10:14 " +
  "operator:11:0 postmaster:14:12 cron:16:16 ftp:21:21 sshd:22:22 squid:31:31 xfs:33:33 games:35:35 " +
  "cyrus:85:12 vpopmail:89:89 ntp:123:123 smmsp:209:209 guest:405:100 nobody:65534:65534";
const ALPINE_GROUPS =
  "root:0 bin:1 daemon:2 sys:3 adm:4 tty:5 disk:6 lp:7 mem:8 kmem:9 wheel:10 floppy:11 mail:12 news:13 uucp:14 " +
  "cron:16 console:17 audio:18 cdrom:19 dialout:20 ftp:21 sshd:22 input:23 tape:26 video:27 netdev:28 squid:31 " +
  "xfs:33 kvm:34 games:35 shadow:42 cdrw:80 www-data:82 usb:85 vpopmail:89 users:100 ntp:123 nofiles:200 " +
  "smmsp:209 locate:245 abuild:300 utmp:406 ping:999 nogroup:65533 nobody:65534";

/** The accounts of a base with users added to them, each with a group of the same name and number. */
function withUsers(
  users: string,
  groups: string,
  added: readonly (readonly [string, number])[],
): () => ContainerAccounts {
  return lazily(() => ({
    users: new Map([
      ...users.split(" ").map((text) => {
        const [name = "", id, group] = text.split(":");
        return [name, { id: Number(id), group: Number(group) }] as const;
      }),
      ...added.map(([name, id]) => [name, { id, group: id }] as const),
    ]),
    groups: new Map([
      ...groups.split(" ").map((text) => {
        const [name = "", id] = text.split(":");
        return [name, { id: Number(id), members: [] }] as const;
      }),
      ...added.map(([name, id]) => [name, { id, members: [] }] as const),
    ]),
    complete: true,
  }));
}

/** `php:*`: Debian's own www-data, on Alpine one that the Dockerfile adds to the group of that name. */
export const PHP_ON_DEBIAN = withUsers(DEBIAN_USERS, DEBIAN_GROUPS, []);
export const PHP_ON_ALPINE = withUsers(ALPINE_USERS, ALPINE_GROUPS, [["www-data", 82]]);

/** `nginx:*`: one number on both, "to be consistent throughout docker variants". Alpine has no user www-data. */
export const NGINX_ON_DEBIAN = withUsers(DEBIAN_USERS, DEBIAN_GROUPS, [["nginx", 101]]);
export const NGINX_ON_ALPINE = withUsers(ALPINE_USERS, ALPINE_GROUPS, [["nginx", 101]]);
