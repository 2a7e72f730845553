/** Certificates for other names than those of their server. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DoctorKind } from "./doctor-kinds.js";
import type { Pair } from "./pair.js";

const TLS = "ssl_certificate DIR/cert.pem; ssl_certificate_key DIR/key.pem; listen 127.0.0.1:PORT ssl;";

function openssl(dir: string, ...words: readonly string[]): void {
  const { status, stderr } = spawnSync("openssl", words, { cwd: dir, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

/** A certificate for some names, which an authority of its own signs; without names it signs itself. */
const certified =
  (...names: readonly string[]) =>
  ({ dir }: Pair): void => {
    const key = ["req", "-newkey", "rsa:2048", "-nodes", "-days", "90"];
    if (names.length === 0) {
      openssl(dir, ...key, "-x509", "-subj", "/CN=elsewhere", "-out", "cert.pem", "-keyout", "key.pem");
      return;
    }
    openssl(dir, ...key, "-x509", "-subj", "/CN=authority", "-out", "ca.pem", "-keyout", "ca.key");
    openssl(
      dir,
      "req",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      "/O=x",
      "-out",
      "x.csr",
      "-keyout",
      "key.pem",
    );
    writeFileSync(join(dir, "names"), `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`);
    const sign = ["x509", "-req", "-in", "x.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
    openssl(dir, ...sign, "-days", "90", "-extfile", "names", "-out", "cert.pem");
  };

/** What curl says of the server, as somebody who trusts the authority; 60: it refuses the certificate. */
const curlEndsWith = (expected: number) => async (pair: Pair) => {
  const port = /listen 127[.]0[.]0[.]1:(\d+) ssl/.exec(readFileSync(pair.files.nginx, "utf8"))?.[1] ?? "";
  const at = ["--resolve", `shop.example:${port}:127.0.0.1`, `https://shop.example:${port}/status-of-nginx`];
  const { status } = spawnSync("curl", ["-s", "--noproxy", "*", "--cacert", join(pair.dir, "ca.pem"), ...at]);
  if (status !== expected) throw new Error(`curl ended with ${status}`);
};

export const tlsKinds: readonly DoctorKind[] = [
  // Clients refuse it, but on loopback none but a proxy comes to it, and examinations open no other address.
  {
    name: "a certificate for another name on loopback",
    expected: [],
    options: { server: TLS },
    prepares: certified("blog.example", "*.shop.example"),
    happens: curlEndsWith(60),
  },
  {
    name: "a certificate for the name among others",
    expected: [],
    options: { server: TLS },
    prepares: certified("blog.example", "shop.example"),
    happens: curlEndsWith(0),
  },
  {
    name: "a certificate that signs itself",
    expected: [],
    options: { server: TLS },
    prepares: certified(),
  },
];
