import { expect, test } from "vitest";
import { markdown } from "../../src/source/markdown.js";

test("lines of a paragraph are joined, paragraphs, lists and fences are kept", () => {
  expect(markdown`
    Write \`listen = /run/a.sock\`
    on both sides.

    - one thing
      that is long
    - another

    \`\`\`nginx
    fastcgi_pass a;
      b;
    \`\`\`
    The end.
  `).toBe(
    "Write `listen = /run/a.sock` on both sides.\n\n- one thing that is long\n- another\n\n```nginx\nfastcgi_pass a;\n  b;\n```\nThe end.",
  );
});

test("values are put in as they are", () => {
  expect(markdown`a ${"`b`"} c`).toBe("a `b` c");
  expect(markdown``).toBe("");
});
