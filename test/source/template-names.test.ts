import { describe, expect, test } from "vitest";
import { looksFilledIn } from "../../src/source/template-names.js";

describe("what an installer fills in", () => {
  test.each(["{{ port }}", "<user>", "%HOME%", "__POOL__", "@DOMAIN@", "$APP_PORT", "/srv/{name}/php.sock"])(
    "%s in an address or a path",
    (text) => expect(looksFilledIn(text)).toBe(true),
  );

  test.each(["/run/php/php8.2-fpm.sock", "127.0.0.1:9000", "@php", "a_b__c", "$host"])(
    "%s is written as it is",
    (text) => expect(looksFilledIn(text)).toBe(false),
  );

  test("a value of PHP-FPM may have a percent sign, a key no sign at all", () => {
    expect(looksFilledIn("50%", "fpm value")).toBe(false);
    expect(looksFilledIn("%CHILDREN%", "fpm value")).toBe(true);
    expect(looksFilledIn("pm.max%", "fpm key")).toBe(true);
    expect(looksFilledIn("pm.max_children", "fpm key")).toBe(false);
  });

  test("a word of nginx may have braces, variables and percent signs of its own", () => {
    for (const text of [`\${name}`, "^/a{2}$", "%20", "$host"])
      expect(looksFilledIn(text, "nginx word")).toBe(false);
    for (const text of ["{{ name }}", `\${NAME}`, "%NAME%", "{name}", "<% name %>"])
      expect(looksFilledIn(text, "nginx word")).toBe(true);
  });
});
