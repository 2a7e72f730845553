import { describe, expect, test } from "vitest";
import { readTemplate } from "../../src/nginx/template/template.js";
import { tree } from "../support/tree.js";

/** `<name>`: a word for a person to replace, and what looks like it. */

const { put, lint } = tree();

const SITE = "server {\n  listen 80;\n  client_max_body_size <max>;\n  set $proto <http or https>;\n}\n";
const found = () => lint(["."]).findings.map(({ rule, message }) => `${rule}: ${message}`);

describe("words in angles", () => {
  test("are not judged in a file that may be a template", () => {
    put({ "nginx/template": SITE, "conf/site.conf": SITE.replaceAll("80", "81") });
    expect(found()).toEqual([]);
  });

  test("are what they are on a whole host", () => {
    put({
      "etc/passwd": "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
      "etc/group": "root:x:0:\nnogroup:x:65534:\n",
      "etc/nginx/nginx.conf": `events {}\nhttp {\n${SITE}}\n`,
    });
    expect(lint(["etc"]).findings.map(({ rule }) => rule)).toContain("nginx/invalid-value");
  });

  test.each([
    "location ~ ^/(?<name>a) {}",
    "location ~ ^/(?P<name>a)/<b>$ {}",
    "return 200 '<html> <b> </b> <i>; </html>';",
    'sub_filter "<head> <a>" "<title> <b>";',
    "# replace <name> here",
    "<name> on;",
    "rewrite ^/(\\w+)\\k<name>$ / last;",
    "set $a 1<b>c;",
  ])("not in %s", (text) => {
    expect(readTemplate(text)?.placeholders ?? []).toEqual([]);
  });
});
