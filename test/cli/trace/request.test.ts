import { describe, expect, test } from "vitest";
import { type RequestWords, readRequest } from "../../../src/cli/trace/request.js";

/** What is typed becomes the request that a client would send. */

const read = (url: string, words: Partial<RequestWords> = {}) => readRequest({ url, ...words });

describe("URLs", () => {
  test.each([
    ["http://shop.example", "shop.example", 80, false, "/"],
    ["http://shop.example/", "shop.example", 80, false, "/"],
    ["https://shop.example/a?b=c#d", "shop.example", 443, true, "/a?b=c"],
    ["HTTPS://Shop.example:8443/a", "Shop.example:8443", 8443, true, "/a"],
    ["http://[::1]:8080/a", "[::1]:8080", 8080, false, "/a"],
    ["http://shop.example?x=1", "shop.example", 80, false, "/?x=1"],
    ["http://me:secret@shop.example/", "shop.example", 80, false, "/"],
    ["http://shop.example/a/../b//c%2f", "shop.example", 80, false, "/a/../b//c%2f"],
  ])("%s", (url, host, port, tls, target) => {
    const request = read(url);
    expect(request).toMatchObject({ tls, target, to: { kind: "tcp", host: "*", port } });
    expect(request.headers).toEqual([["Host", host]]);
  });

  test("a path alone names no host", () => {
    expect(read("/index.php?x=1")).toMatchObject({ headers: [], target: "/index.php?x=1" });
  });

  test.each([
    ["shop.example/a", "write http://shop.example/a"],
    ["ftp://shop.example/", "neither http:// nor https://"],
    ["//shop.example/", "neither http:// nor https://"],
    ["http:///a", "has no host"],
    ["http://shop.example:70000/", "a port that does not exist"],
    ["http://shop.example/a b", "a space"],
    ["", "neither http:// nor https://"],
  ])("%j is refused", (url, why) => expect(() => read(url)).toThrow(why));
});

describe("options", () => {
  test("a body makes it a POST", () => {
    expect(read("/", { bodySize: "2k" })).toMatchObject({ method: "POST", bodyLength: 2048 });
    expect(read("/", { bodySize: "0" })).toMatchObject({ method: "POST", bodyLength: 0 });
    expect(read("/", { bodySize: "1m", method: "PUT" })).toMatchObject({ method: "PUT" });
    expect(read("/")).toMatchObject({ method: "GET", bodyLength: null });
  });

  test("headers are sent in order, and a Host of one's own replaces the URL's", () => {
    expect(read("http://a.example/", { header: ["Cookie: a=b", "X-A:1"] }).headers).toEqual([
      ["Host", "a.example"],
      ["Cookie", "a=b"],
      ["X-A", "1"],
    ]);
    expect(read("http://a.example/", { header: ["host: b.example"] }).headers).toEqual([
      ["host", "b.example"],
    ]);
  });

  test.each([
    ["1.0", "HTTP/1.0"],
    ["2", "HTTP/2.0"],
    ["3", "HTTP/3.0"],
  ])("--http %s", (http, protocol) => expect(read("/", { http })).toMatchObject({ protocol }));

  test("--from", () => {
    expect(read("/").from).toBeNull();
    expect(read("/", { from: "192.0.2.1" }).from).toEqual({ address: "192.0.2.1", port: null });
    expect(read("/", { from: "2001:DB8::1" }).from).toEqual({ address: "2001:db8::1", port: null });
  });

  test.each([
    [{ method: "GET /" }, "--method"],
    [{ method: "get" }, "in capitals"],
    [{ header: ["nothing"] }, "--header"],
    [{ header: [": a"] }, "--header"],
    [{ header: ["A: b\r\nC: d"] }, "--header"],
    [{ header: ["Content-Length: 3"] }, "--body-size"],
    [{ bodySize: "big" }, "--body-size"],
    [{ from: "me" }, "--from"],
  ] satisfies [Partial<RequestWords>, string][])("%j is refused", (words, option) => {
    expect(() => read("/", words)).toThrow(option);
  });
});
