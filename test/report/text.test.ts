import { describe, expect, test } from "vitest";
import type { Related } from "../../src/engine/finding.js";
import { text } from "../../src/report/text.js";
import type { Place } from "../../src/source/file.js";
import { place } from "../../src/source/file.js";
import { ASCII, at, draw, file, finding, inWords, result, UNICODE } from "../build/findings.js";

const main = file("nginx.conf", "http {\n  include sites/*;\n}\n");
const site = file(
  "sites/shop.conf",
  [
    "server {",
    "    listen 80;",
    "",
    "    location / {",
    "        try_files $uri /index.php;",
    "    }",
    "    location ~ \\.php$ {",
    "        include fastcgi_params;",
    "        fastcgi_pass unix:/run/shop.sock;",
    "        wait 300s;",
    "    }",
    "}",
    "",
  ].join("\n"),
);
const pool = file(
  "pool.d/shop.conf",
  "[shop]\nuser = shop\ngroup = shop\nlisten = /run/shop.sock\nkill = 30s\n",
);
const via = [at(main, "sites/*").span];
const link: readonly Related[] = [
  { place: at(site, "unix:/run/shop.sock", via), message: "this location talks to pool [shop]" },
  { place: at(pool, "/run/shop.sock"), message: "same socket" },
];
const twoFiles = finding(at(site, "300s", via), {
  message: "the pool kills after 30s, but nginx would wait 300s",
  symptom: { when: "slow-request", status: 502, log: "recv() failed" },
  link,
  related: [{ place: at(pool, "30s"), message: "the worker is killed after 30s" }],
  effect: "slow requests end as 502",
  help: inWords("change one of the two:", "\tkill = 310s", "", "  wait 25s;"),
});

describe("frames", () => {
  test("two files are joined in one picture", () => {
    expect(text(result([twoFiles]), UNICODE)).toBe(`\
warning[invented/rule]: the pool kills after 30s, but nginx would wait 300s
    ╭─ sites/shop.conf:10:14  via nginx.conf:2
  7 │     location ~ \\.php$ {
  8 │         include fastcgi_params;
  9 │         fastcgi_pass unix:/run/shop.sock;
    │                      ─────────────────── ① this location talks to pool [shop]
 10 │         wait 300s;
    │              ━━━━
    │
    ├─ pool.d/shop.conf:5:8
  1 │ [shop]
    ·
  4 │ listen = /run/shop.sock
    │          ────────────── ① same socket
  5 │ kill = 30s
    │        ─── the worker is killed after 30s
    │
    = effect: slow requests end as 502
    = help: change one of the two:
            kill = 310s

          wait 25s;
    = log: recv() failed
    = more: fpmlint explain invented/rule

1 warning; 1 host, 7 files, 3 PHP locations, 2 pools checked
`);
  });

  test("ASCII", () => {
    expect(draw(twoFiles, ASCII).slice(0, 14)).toEqual([
      "warning[invented/rule]: the pool kills after 30s, but nginx would wait 300s",
      "    --> sites/shop.conf:10:14  via nginx.conf:2",
      "  7 |     location ~ \\.php$ {",
      "  8 |         include fastcgi_params;",
      "  9 |         fastcgi_pass unix:/run/shop.sock;",
      "    |                      ------------------- (1) this location talks to pool [shop]",
      " 10 |         wait 300s;",
      "    |              ^^^^",
      "    |",
      "    ==> pool.d/shop.conf:5:8",
      "  1 | [shop]",
      "    :",
      "  4 | listen = /run/shop.sock",
      "    |          -------------- (1) same socket",
    ]);
  });

  test("colour by role, beside words that say the same", () => {
    const body = file("a", "x 1;");
    const shown = draw(finding(at(body, "1"), { severity: "error", help: inWords("x 2;") }), {
      ...UNICODE,
      color: true,
    });
    expect(shown).toEqual([
      "\x1b[1;31merror[invented/rule]\x1b[0m\x1b[1m: left says 1, right says 2\x1b[0m",
      "\x1b[2m   ╭─\x1b[0m a:1:3",
      "\x1b[2m 1 │\x1b[0m x 1;",
      "\x1b[2m   │\x1b[0m   \x1b[1;31m━\x1b[0m",
      "\x1b[2m   │\x1b[0m",
      "   \x1b[2m=\x1b[0m \x1b[1mhelp:\x1b[0m x 2;",
      "   \x1b[2m=\x1b[0m \x1b[1mmore:\x1b[0m fpmlint explain invented/rule",
    ]);
  });

  test("several marks on one line, and one mark with two messages", () => {
    const body = file("a", "one two three\n");
    const one = finding(at(body, "two"), {
      related: [
        { place: at(body, "three"), message: "after" },
        { place: at(body, "two"), message: "itself (the default)" },
        { place: at(body, "two"), message: "again" },
        { place: at(body, "two"), message: "again" },
      ],
    });
    expect(draw(one).slice(2, 6)).toEqual([
      " 1 │ one two three",
      "   │     ━━━ itself (the default)",
      "   │         again",
      "   │         ───── after",
    ]);
  });

  test("the way in is said where it differs from the frame's", () => {
    const body = file("snippet", "a 1;\nb 2;\n");
    const one = finding(at(body, "1", via), {
      related: [{ place: at(body, "2", [...via, at(site, "include").span]), message: "here" }],
    });
    expect(draw(one)[5]).toBe("   │   ─ here (via nginx.conf:2 → sites/shop.conf:8)");
  });

  test("a block without indentation has no opening line", () => {
    const body = file("a", "server {\nlocation {\n}\nx 1;\n}\n");
    expect(draw(finding(at(body, "1")))[2]).toBe(" 4 │ x 1;");
  });

  test("what stands beside the line is not taken for what is around it", () => {
    const body = file("a", "  location {\n    y;\n  }\n# {\n  }\n    x 1;\n");
    expect(draw(finding(at(body, "1")))[2]).toBe(" 6 │     x 1;");
  });
});

describe("places", () => {
  const rows = (one: Place) => draw(finding(one)).slice(1, 4);

  test("an empty file", () => {
    expect(rows(place(file("a", ""), 0, 0))).toEqual(["   ╭─ a:1:1", " 1 │", "   │ ━"]);
  });

  test("the end of a file, and far behind it", () => {
    const body = file("a", "x 1;\n");
    expect(rows(place(body, 5, 5))).toEqual(["   ╭─ a:2:1", " 2 │", "   │ ━"]);
    expect(rows(place(body, 90, 99))).toEqual(["   ╭─ a:2:1", " 2 │", "   │ ━"]);
    expect(rows(place(file("a", "x 1"), 3, 3))).toEqual(["   ╭─ a:1:4", " 1 │ x 1", "   │    ━"]);
  });

  test("CRLF is not drawn and not marked", () => {
    const body = file("a", "x 1;\r\ny 2;\r\n");
    expect(rows(place(body, 2, 6))).toEqual(["   ╭─ a:1:3", " 1 │ x 1;", "   │   ━━"]);
    expect(rows(place(body, 4, 5))).toEqual(["   ╭─ a:1:5", " 1 │ x 1;", "   │     ━"]);
  });

  test("of several lines only the first is marked", () => {
    expect(rows(place(file("a", "x {\n  y;\n}\n"), 0, 10))).toEqual(["   ╭─ a:1:1", " 1 │ x {", "   │ ━━━"]);
  });

  test("tabs are expanded for drawing and count one in the column", () => {
    expect(rows(at(file("a", "\tx\t1;"), "1"))).toEqual(["   ╭─ a:1:4", " 1 │     x   1;", "   │         ━"]);
  });

  test("wide and combining characters", () => {
    expect(rows(at(file("a", "名 e\u0301😀 1;"), "1"))).toEqual([
      "   ╭─ a:1:8",
      " 1 │ 名 e\u0301😀 1;",
      "   │        ━",
    ]);
    expect(rows(at(file("a", "a 名;"), "名"))[2]).toBe("   │   ━━");
  });
});
