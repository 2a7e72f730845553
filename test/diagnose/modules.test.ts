import { describe, expect, test } from "vitest";
import { recognise } from "../../src/causes/recognise.js";
import { LogReader } from "../../src/cli/diagnose/read.js";
import { Collector } from "../../src/diagnose/collect.js";
import { diagnose } from "../../src/diagnose/diagnose.js";
import { shownSample } from "../../src/report/diagnose/sample.js";

const NOW = Date.UTC(2026, 10, 30, 12);
const HEAD = "2026/11/30 01:09:50 [error] 7#7: *1 ";
const TAIL = ', client: 192.0.2.1, server: a, request: "GET /a HTTP/1.1", host: "a"';

function read(log: string, statuses: ReadonlySet<number> | null = null) {
  const wanted = { since: null, until: null, statuses, server: null, pool: null };
  const collector = new Collector(wanted, NOW);
  const reader = new LogReader({ display: "a.log", kind: null, format: null, pool: null }, collector, wanted);
  reader.block(Buffer.from(log));
  reader.end();
  collector.end("a.log");
  return { collector, causes: diagnose(collector, [], statuses).causes };
}

describe("Lua in nginx", () => {
  const TRACE = "\nstack traceback:\ncoroutine 0:\n\t[C]: in function 'error'\n\tx:1: in main chunk";

  test("an error of several lines is one request, with its path", () => {
    const { causes, collector } = read(
      `${HEAD}lua entry thread aborted: runtime error: content_by_lua(a:1):1: no${TRACE}${TAIL}\n`.repeat(3),
    );
    expect(causes.map(({ id, requests }) => [id, requests])).toEqual([["lua-failed", 3]]);
    expect([...(causes[0]?.groups[0]?.paths ?? [])]).toEqual([["/a", 3]]);
    expect(collector.foreign).toBe(0);
  });

  test("what fails in a timer or when it logs loses no request", () => {
    const timer = `lua entry thread aborted: runtime error: x:1: t${TRACE}, context: ngx.timer, client: 192.0.2.1, server: 192.0.2.9:80`;
    const logs = `failed to run log_by_lua*: x:1: l${TRACE} while logging request${TAIL}`;
    expect(read(`${HEAD}${timer}\n${HEAD}${logs}\n`).causes).toEqual([]);
  });

  test("its own socket is no upstream", () => {
    const refused = `connect() failed (111: Connection refused)${TAIL}`;
    expect(recognise(HEAD + refused, NOW)).toBeNull();
    expect(read(`${HEAD}${refused}\n`).causes).toEqual([]);
    expect(recognise(`${HEAD}connect() failed (111: Connection refused)`, NOW)?.match.signature.id).toBe(
      "port-refused",
    );
  });
});

describe("ModSecurity", () => {
  const DENIED = `${HEAD}[client 192.0.2.1] ModSecurity: Access denied with code 403 (phase 2). Matched "Operator \`Contains' with parameter \`evil' against variable \`ARGS:pass' (Value: \`s3cret' ) [file "/etc/modsecurity/a.conf"] [line "3"] [id "949110"] [rev ""] [msg "evil"] [uri "/a"]${TAIL}`;

  test("refuses all the time, and is a cause where 403 was asked for", () => {
    expect(read(`${DENIED}\n`).causes).toEqual([]);
    expect(read(`${DENIED}\n`, new Set([403])).causes.map(({ id }) => id)).toEqual(["rule-refuses"]);
    expect(recognise(DENIED, NOW)?.match.parts.get("rule")).toBe("949110");
  });

  test("what the client sent, and who it is, is not shown", () => {
    const [group] = read(`${DENIED}\n`).collector.groups.all();
    if (group === undefined) throw new Error("no group");
    const { text } = shownSample(group.sample, group.signature.id);
    expect(text).toContain('ModSecurity: Access denied with code 403 (phase 2) [id "949110"], server: a');
    expect(text).not.toMatch(/s3cret|192\.0\.2\.1/);
  });
});

test("TLS to an upstream fails by itself, and is no matter of PHP-FPM", () => {
  const { causes } = read(
    `${HEAD}peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking to upstream, client: 192.0.2.1, server: a, request: "GET /a HTTP/1.1", upstream: "https://10.0.0.1:443/a?b=c", host: "a"\n`,
  );
  expect(causes).toMatchObject([{ id: "upstream-tls", requests: 1 }]);
  expect(causes[0]?.groups[0]?.upstream).toBe("10.0.0.1:443");
});
