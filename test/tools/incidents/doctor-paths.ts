/** Sound pairs with paths that are easily lost: links on the way, blanks and quotes, names that PHP-FPM makes. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DoctorKind } from "./doctor-kinds.js";

/** Names of files that no shell and no list of lines likes. */
export const ODD_NAMES = [
  "it's.conf",
  'a "b.conf',
  "back\\slash.conf",
  "tab\tx.conf",
  "line\nbreak.conf",
  "\u001b[31mred.conf",
  "$(id).conf",
  "-rf.conf",
  " lead.conf",
  "trail.conf ",
];

export const pathKinds: readonly DoctorKind[] = [
  {
    status: 200,
    name: "a link on the way to the socket",
    expected: [],
    only: "unix",
    prepares: (pair) => {
      symlinkSync("run", join(pair.dir, "var-run"));
      pair.edit("nginx", (text) => text.replace(`unix:${pair.dir}/run/`, `unix:${pair.dir}/var-run/`));
    },
  },
  {
    status: 200,
    name: "links on the way to the scripts",
    expected: [],
    prepares: (pair) => {
      const { dir } = pair;
      mkdirSync(join(dir, "disk/sites/shop"), { recursive: true });
      copyFileSync(join(dir, "www/index.php"), join(dir, "disk/sites/shop/index.php"));
      symlinkSync("disk", join(dir, "data"));
      symlinkSync("../data/sites", join(dir, "data/home"));
      symlinkSync(join(dir, "data/home"), join(dir, "srv"));
      pair.edit("nginx", (text) => text.replace(`root ${dir}/www;`, `root ${dir}/srv/shop;`));
    },
  },
  {
    status: 200,
    name: "blanks and quotes in paths",
    expected: [],
    options: { pool: `php_admin_value[session.save_path] = "DIR/it's kept"` },
    prepares: (pair) => {
      const { dir } = pair;
      mkdirSync(join(dir, "my site"));
      copyFileSync(join(dir, "www/index.php"), join(dir, "my site/index.php"));
      mkdirSync(join(dir, "it's kept"));
      chmodSync(join(dir, "it's kept"), 0o1733);
      pair.edit("nginx", (text) => text.replace(`root ${dir}/www;`, `root "${dir}/my site";`));
    },
  },
  {
    status: 200,
    name: "directories that are called as the pool",
    expected: [],
    options: { pool: "php_admin_value[session.save_path] = DIR/sessions/$pool" },
    prepares: ({ dir }) => {
      for (const name of ["www", "shop", "blog", "intern"]) {
        mkdirSync(join(dir, "sessions", name));
        chmodSync(join(dir, "sessions", name), 0o1733);
      }
    },
  },
  {
    status: 200,
    name: "a pool in a chroot",
    expected: [],
    options: { pool: "chroot = DIR\nchdir = /www" },
    prepares: (pair) =>
      pair.edit("nginx", (text) =>
        text.replace("$document_root$fastcgi_script_name", "/www$fastcgi_script_name"),
      ),
  },
  {
    status: 200,
    name: "nginx with a prefix and a relative file",
    expected: [],
    options: {
      program: (dir) => {
        const script = `#!/bin/sh\ncd ${dir}\nexec nginx -p etc/ -c nginx/nginx.conf -e ${dir}/log/error.log\n`;
        writeFileSync(join(dir, "nginx.sh"), script, { mode: 0o755 });
        return join(dir, "nginx.sh");
      },
    },
  },
  {
    status: 200,
    name: "sessions on a file system that is read-only",
    expected: ["requests/sessions"],
    needs: "mount",
    options: { pool: "php_admin_value[session.save_path] = DIR/visits" },
    prepares: ({ dir }) => mkdirSync(join(dir, "visits")),
    happens: async ({ dir }) => {
      spawnSync("mount", ["-t", "tmpfs", "-o", "ro,mode=1777", "fpmlint", join(dir, "visits")]);
      return () => spawnSync("umount", [join(dir, "visits")]);
    },
  },
  {
    status: 200,
    name: "scripts on a file system that is read-only",
    expected: [],
    needs: "mount",
    prepares: ({ dir }) => {
      spawnSync("mount", ["--bind", join(dir, "www"), join(dir, "www")]);
      spawnSync("mount", ["-o", "remount,bind,ro,noexec", join(dir, "www")]);
    },
    happens:
      async ({ dir }) =>
      () =>
        spawnSync("umount", ["-l", join(dir, "www")]),
  },
  {
    status: 200,
    name: "files with odd names",
    expected: [],
    options: { http: "include DIR/etc/nginx/sites/*;" },
    prepares: ({ dir }) => {
      mkdirSync(join(dir, "etc/nginx/sites"));
      for (const name of ODD_NAMES) writeFileSync(join(dir, "etc/nginx/sites", name), "# nothing\n");
    },
  },
];
