import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asking, type Kind, plain } from "../kind.js";

/** PHP answers with an error, or with none. */
export const answer: readonly Kind[] = [
  {
    name: "memory_limit",
    expected: ["script-memory"],
    options: { pool: "php_admin_value[memory_limit] = 8M" },
    happens: asking("m=memory"),
  },
  { name: "fatal error", expected: ["script-fatal"], happens: asking("m=fatal") },
  {
    name: "script unreadable",
    expected: ["script-unreadable"],
    happens: (pair, many) => {
      chmodSync(join(pair.dir, "www/index.php"), 0o600);
      return plain(pair, many);
    },
  },
  {
    name: "script moved",
    expected: ["script-missing", "fastcgi/script-filename"],
    happens: (pair, many) => {
      rmSync(join(pair.dir, "www/index.php"));
      return pair.askMany("/index.php", Math.max(2, many));
    },
  },
  { name: "invalid header", expected: ["not-a-header"], happens: asking("m=invalid") },
  {
    name: "script cut",
    expected: ["script-fatal"],
    happens: (pair, many) => {
      writeFileSync(join(pair.dir, "www/new.php"), "<?php echo (");
      return pair.askMany("/new.php", many);
    },
  },
  {
    name: "limit_extensions",
    expected: ["fastcgi/extension-denied"],
    options: { pool: "security.limit_extensions = .phtml" },
    happens: plain,
  },
  {
    name: "open_basedir",
    expected: ["request/open-basedir", "open-basedir-elsewhere"],
    options: { pool: "php_admin_value[open_basedir] = /srv/elsewhere" },
    happens: plain,
  },
  {
    name: "SCRIPT_FILENAME",
    expected: ["fastcgi/script-filename", "script-missing", "other-file-system"],
    options: { location: "fastcgi_param SCRIPT_FILENAME /srv/elsewhere$fastcgi_script_name;" },
    happens: (pair, many) => pair.askMany("/index.php", many + 1),
  },
  {
    name: "named location",
    expected: ["fastcgi/missing-named-location", "no-named-location"],
    options: { server: "location /shop { try_files $uri @front; }" },
    happens: (pair, many) => pair.askMany("/shop", many),
  },
];
