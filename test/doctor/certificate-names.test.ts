import { describe, expect, test } from "vitest";
import { examine, type Status } from "../../src/doctor/check.js";
import { certificateNames } from "../../src/doctor/checks/certificate-names.js";
import { factsWith, hostWith, NOW } from "./support/facts.js";

/** Names of servers, the lines of TLS, names of certificates, and whether the two fit. */

const A = "/etc/ssl/a.pem";
const B = "/etc/ssl/b.pem";
const tls = `listen 443 ssl; ssl_certificate ${A};`;

function statusOf(
  server: string,
  certificates: Readonly<Record<string, readonly string[]>>,
  selfSigned = false,
  http = "",
) {
  const facts = factsWith({
    certificates: Object.entries(certificates).map(([path, names]) => ({
      path,
      problem: null,
      from: NOW - 1000,
      to: NOW + 1e7,
      names,
      selfSigned,
    })),
  });
  const host = hostWith({ http: `${http}\nserver { ${server} }` });
  return examine([certificateNames], { host, facts, findings: [] })[0]?.status;
}

const cases: readonly (readonly [
  what: string,
  status: Status,
  names: string,
  certificate: readonly string[],
])[] = [
  ["the same", "ok", "shop.example", ["shop.example"]],
  ["another", "warning", "shop.example", ["blog.example"]],
  ["none at all", "warning", "shop.example", []],
  ["a wildcard", "ok", "a.shop.example", ["*.shop.example"]],
  ["a wildcard is for one label", "warning", "a.b.shop.example", ["*.shop.example"]],
  ["a wildcard is not for the name itself", "warning", "shop.example", ["*.shop.example"]],
  ["www. left out", "warning", "shop.example www.shop.example", ["shop.example"]],
  ["www. alone", "warning", "shop.example www.shop.example", ["www.shop.example"]],
  ["an old name left out", "ok", "shop.example old.example", ["shop.example"]],
  ["all names below", "ok", "*.shop.example", ["a.shop.example"]],
  ["all names below another", "warning", "*.shop.example", ["a.blog.example"]],
  ["all names below, and the name itself", "ok", ".shop.example", ["shop.example"]],
  ["in upper case", "ok", "Shop.Example", ["shop.example"]],
  ["no name", "skipped", "_", ["shop.example"]],
  ["an empty name", "skipped", '""', ["shop.example"]],
  ["an address", "skipped", "192.0.2.7", ["shop.example"]],
  ["a word of the network", "skipped", "localhost intranet", ["shop.example"]],
  ["a name of the network", "skipped", "db.internal", ["shop.example"]],
  ["an expression may be meant", "ok", "shop.example ~^(.+)[.]blog[.]example$", ["a.blog.example"]],
  ["an end may be meant", "ok", "shop.example www.blog.*", ["www.blog.example"]],
];

describe("names of certificates", () => {
  test.each(cases)("%s: %s", (_, status, names, certificate) => {
    expect(statusOf(`${tls} server_name ${names};`, { [A]: certificate })).toBe(status);
  });

  test.each(["127.0.0.1:8443 ssl", "[::1]:8443 ssl", "unix:/run/shop.sock ssl", "443 ssl proxy_protocol"])(
    "only a proxy comes to %s",
    (listen) => {
      const server = `listen ${listen}; ssl_certificate ${A}; server_name shop.example;`;
      expect(statusOf(server, { [A]: ["blog.example"] })).toBe("skipped");
    },
  );

  const other = { [A]: ["blog.example"] };
  test.each([
    ["signed by itself", statusOf(`${tls} server_name shop.example;`, other, true), "skipped"],
    [
      "a second certificate is for it",
      statusOf(`${tls} ssl_certificate ${B}; server_name shop.example;`, { ...other, [B]: ["shop.example"] }),
      "ok",
    ],
    [
      "a second one was not read",
      statusOf(`${tls} ssl_certificate ${B}; server_name shop.example;`, other),
      "unknown",
    ],
    [
      "a variable",
      statusOf(
        "listen 443 ssl; ssl_certificate /etc/ssl/$ssl_server_name.pem; server_name shop.example;",
        other,
      ),
      "skipped",
    ],
    [
      "handshakes are rejected",
      statusOf(`${tls} ssl_reject_handshake on; server_name shop.example;`, other),
      "skipped",
    ],
    ["plain HTTP", statusOf(`listen 80; ssl_certificate ${A}; server_name shop.example;`, other), "skipped"],
    [
      "a proxy in front",
      statusOf(`${tls} server_name shop.example;`, other, false, "set_real_ip_from 192.0.2.0/24;"),
      "skipped",
    ],
    [
      "from http",
      statusOf("listen 443 ssl; server_name shop.example;", other, false, `ssl_certificate ${A};`),
      "warning",
    ],
    [
      "a proxy has an address of its own",
      statusOf(`${tls} listen 127.0.0.1:8443 ssl; server_name shop.example;`, other),
      "warning",
    ],
    [
      "another server has the name before",
      statusOf(
        `${tls} server_name shop.example;`,
        other,
        false,
        "server { listen 443 ssl; server_name shop.example; }",
      ),
      "skipped",
    ],
  ])("%s", (_, status, expected) => expect(status).toBe(expected));
});
