// Makes dist/binary/fpmlint_<version>_<architecture>.deb of the binary that is there. Run by `npm run build:deb`.

import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { done } from "./node.js";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const ours = (path) => join(top, path);
const manifest = JSON.parse(readFileSync(ours("package.json"), "utf8"));

/** What Debian calls the architecture that Node calls so. */
const ARCHITECTURES = { x64: "amd64", arm64: "arm64" };

try {
  build();
} catch (error) {
  console.error(`build:deb: ${error.message}`);
  process.exitCode = 1;
}

function build() {
  const architecture = ARCHITECTURES[process.arch];
  const root = mkdtempSync(ours("dist/binary/deb-"));
  chmodSync(root, 0o755);
  try {
    fill(root);
    writeFileSync(join(put(root, "DEBIAN"), "control"), control(architecture, sizeOf(root)));
    for (const script of ["postinst", "prerm", "postrm"])
      copy(ours(`packaging/debian/${script}`), root, `DEBIAN/${script}`, 0o755);
    const result = ours(`dist/binary/${manifest.name}_${manifest.version}_${architecture}.deb`);
    // xz takes four times as long and gives three quarters of the size.
    done("dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", root, result]);
    console.log(result.slice(top.length + 1));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function fill(root) {
  const binary = ours("dist/binary/fpmlint");
  copy(binary, root, "usr/bin/fpmlint", 0o755);
  zip(ours("dist/fpmlint.1"), root, "usr/share/man/man1/fpmlint.1.gz");
  zip(ours("CHANGELOG.md"), root, "usr/share/doc/fpmlint/changelog.gz");
  copy(ours("dist/binary/LICENSES.txt"), root, "usr/share/doc/fpmlint/copyright");
  const completions = {
    bash: "usr/share/bash-completion/completions/fpmlint",
    zsh: "usr/share/zsh/vendor-completions/_fpmlint",
    fish: "usr/share/fish/vendor_completions.d/fpmlint.fish",
  };
  for (const [shell, path] of Object.entries(completions))
    write(done(binary, ["completion", shell]), root, path);
  for (const unit of ["fpmlint-prometheus.service", "fpmlint-prometheus.timer"])
    copy(ours(`packaging/debian/${unit}`), root, `lib/systemd/system/${unit}`);
}

/** The libraries are those of the official builds of Node. */
function control(architecture, bytes) {
  return `Package: ${manifest.name}
Version: ${manifest.version}
Architecture: ${architecture}
Maintainer: the fpmlint authors
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: libatomic1, libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 5.2)
Suggests: nginx, php-fpm, prometheus-node-exporter
Section: httpd
Priority: optional
Description: linter for the pair nginx and PHP-FPM
 fpmlint reads the configuration of nginx and of PHP-FPM into one model of
 the host, and finds what ends in 502, 504, 413 or a blank page because the
 two halves contradict each other.
`;
}

function put(root, folder) {
  const path = join(root, folder);
  mkdirSync(path, { recursive: true, mode: 0o755 });
  return path;
}

function write(content, root, path, mode = 0o644) {
  put(root, dirname(path));
  writeFileSync(join(root, path), content, { mode });
}

function copy(from, root, path, mode = 0o644) {
  put(root, dirname(path));
  copyFileSync(from, join(root, path));
  chmodSync(join(root, path), mode);
}

function zip(from, root, path) {
  write(gzipSync(readFileSync(from), { level: 9 }), root, path);
}

function sizeOf(root) {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
