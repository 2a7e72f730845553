import { expect, test } from "vitest";
import { headerTooSmall } from "../../rules/buffer/header-too-small.js";
import { memoryHost } from "../build/hosts.js";

/** `stream` has directives of the same names as `http`, and a help for `http` does not look at them. */

const PROXIES = `http { server {
  location /a/ { proxy_pass http://127.0.0.1:81; }
  location /b/ { proxy_pass http://127.0.0.1:82; }
} }`;
const STREAM = "stream { proxy_buffer_size 16k; server { listen 90; proxy_pass 127.0.0.1:91; } }";

/** The lines that the help adds, and the place of each. */
function added(text: string): readonly string[] {
  const host = memoryHost({ "/etc/nginx/nginx.conf": `events {}\n${text}\n` });
  return [...headerTooSmall.check(host, { minimum: "8k" })].flatMap(({ help }) => {
    const { ways } = typeof help === "function" ? help() : help;
    return ways.flatMap(({ edits }) => edits.map((edit) => JSON.stringify(edit, ["lines", "kind"])));
  });
}

test("a size of stream is no reason to raise that of each location", () => {
  const alone = added(PROXIES);
  expect(alone.length).toBeGreaterThan(0);
  expect(added(`${PROXIES}\n${STREAM}`)).toEqual(alone);
});
