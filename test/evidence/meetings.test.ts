import { beforeEach, describe, expect, test, vi } from "vitest";
import { MOST_KEPT, meet, serversOf } from "../../src/evidence/meetings.js";
import type { Host } from "../../src/model/host.js";
import * as following from "../../src/model/request/resolve/resolve.js";
import { subrequestsOf } from "../../src/model/request/subrequests.js";
import { memoryHost } from "../build/hosts.js";

/** How often a request is followed, and how often the servers of a host are looked through: counted, not timed. */

vi.mock("../../src/model/request/resolve/resolve.js", { spy: true });

const resolve = vi.mocked(following.resolve);

beforeEach(() => {
  resolve.mockClear();
});

function hostOf(servers: string): Host {
  return memoryHost({ "/etc/nginx/nginx.conf": `events {}\nhttp {\n${servers}\n}\n` });
}

const site = (name: string): string =>
  `server { listen 80; server_name ${name}.example.com; location / { return 204; } location = /auth { return 204; } }`;

describe("answers to requests", () => {
  test("are worked out once, for the same server and the same question", () => {
    const host = hostOf(site("a") + site("b"));
    for (let round = 0; round < 3; round += 1)
      for (const { http, server } of serversOf(host)) {
        meet(host, http, server, "/one");
        meet(host, http, server, "/one", { method: "POST" });
      }
    expect(resolve.mock.calls.length).toBe(4);
  });

  test("are forgotten when there are very many, and only then", () => {
    const host = hostOf(site("a"));
    const [first] = serversOf(host);
    if (first === undefined) throw new Error("no server");
    const ask = (target: string) => meet(host, first.http, first.server, target);
    for (let at = 0; at < MOST_KEPT; at += 1) ask(`/${at}`);
    expect(resolve.mock.calls.length).toBe(MOST_KEPT);
    ask("/next");
    // It was forgotten with all the others.
    ask("/0");
    expect(resolve.mock.calls.length).toBe(MOST_KEPT + 2);
    // To ask the same again is no reason to forget.
    for (let again = 0; again <= MOST_KEPT; again += 1) ask("/0");
    expect(resolve.mock.calls.length).toBe(MOST_KEPT + 2);
  });
});

test("a thousand servers ask for their subrequests, and nobody looks through all of them for each", () => {
  const sites = Array.from({ length: 1000 }, (_, at) => site(`s${at}`));
  const servers = serversOf(hostOf(`auth_request /auth;\n${sites.join("\n")}`));
  const [first] = servers;
  if (first === undefined) throw new Error("no server");
  let looked = 0;
  const { children } = first.http;
  const counted = new Proxy(children, {
    get: (target, key, receiver) => {
      if (typeof key === "string" && /^\d+$/.test(key)) looked += 1;
      return Reflect.get(target, key, receiver);
    },
  });
  Object.defineProperty(first.http, "children", { value: counted });
  for (const { server } of servers) expect(subrequestsOf(server).askers.size).toBe(1);
  expect(looked).toBeLessThanOrEqual(4 * children.length);
});
