import { chmodSync, chownSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asking, type Kind, sending } from "../kind.js";

/** Limits of nginx and PHP, and where both write. */
export const limits: readonly Kind[] = [
  {
    name: "header too big",
    expected: ["buffer/header-too-small", "header-too-big"],
    happens: asking("m=header"),
  },
  {
    name: "body too large",
    expected: ["body-too-large", "buffer/body-limit-mismatch"],
    options: { server: "client_max_body_size 10k;" },
    happens: sending(20_000),
  },
  {
    name: "post_max_size",
    expected: ["post-limit", "buffer/body-limit-mismatch"],
    options: { pool: "php_admin_value[post_max_size] = 1K" },
    happens: sending(20_000),
  },
  {
    name: "limit_req",
    expected: ["limited"],
    options: { http: "limit_req_zone $server_name zone=few:1m rate=1r/m;", location: "limit_req zone=few;" },
    happens: (pair, many) => pair.askMany("/index.php", many + 1),
  },
  {
    name: "redirection cycle",
    expected: ["request/redirect-cycle", "fallback-missing"],
    options: { server: "location /cycle { try_files /nope /cycle; }" },
    happens: (pair, many) => pair.askMany("/cycle", many),
  },
  {
    name: "temp directory",
    expected: ["temp-directory"],
    happens: async (pair, many) => {
      chmodSync(join(pair.dir, "tmp"), 0o700);
      chownSync(join(pair.dir, "tmp"), 0, 0);
      await Promise.all(Array.from({ length: many }, () => pair.ask("/index.php?m=large", null, 1000)));
    },
  },
  {
    name: "body directory",
    expected: ["temp-directory"],
    options: { server: "client_max_body_size 10m;" },
    happens: async (pair) => {
      chmodSync(join(pair.dir, "body"), 0o700);
      chownSync(join(pair.dir, "body"), 0, 0);
      await pair.ask("/index.php", Buffer.alloc(900_000));
    },
  },
  {
    name: "body too large, chunked",
    expected: ["body-too-large", "buffer/body-limit-mismatch"],
    options: { server: "client_max_body_size 10k;" },
    happens: sending(20_000, true),
  },
  {
    name: "body directory gone",
    expected: ["temp-directory"],
    options: { server: "client_max_body_size 10m;" },
    happens: (pair, many) => {
      rmSync(join(pair.dir, "body"), { recursive: true });
      return sending(900_000)(pair, many);
    },
  },
  {
    name: "disk full, bodies",
    expected: ["disk-full"],
    needs: "mount",
    options: { server: "client_max_body_size 10m;" },
    happens: (pair, many) => {
      pair.mountSmall("body", 65_536);
      return sending(900_000)(pair, many);
    },
  },
  {
    name: "disk full, answers",
    expected: ["disk-full"],
    needs: "mount",
    happens: (pair, many) => {
      pair.mountSmall("tmp", 65_536);
      return Promise.all(Array.from({ length: many }, () => pair.ask("/index.php?m=large", null, 1000)));
    },
  },
  {
    name: "sessions not writable",
    expected: ["session-directory"],
    options: { pool: "php_admin_value[session.save_path] = DIR/sessions\nphp_admin_flag[log_errors] = on" },
    happens: (pair, many) => {
      chmodSync(join(pair.dir, "sessions"), 0o700);
      return asking("m=session")(pair, many);
    },
  },
  {
    name: "disk full, sessions",
    expected: ["disk-full", "session-directory"],
    needs: "mount",
    options: { pool: "php_admin_value[session.save_path] = DIR/sessions\nphp_admin_flag[log_errors] = on" },
    happens: (pair, many) => {
      pair.mountSmall("sessions", 4096);
      writeFileSync(join(pair.dir, "sessions/full"), Buffer.alloc(4096));
      return asking("m=session")(pair, many);
    },
  },
];
