import { describe, expect, test } from "vitest";
import type { FileKind } from "../../src/model/request/resolve/types.js";
import { surpriseOf } from "../../src/trace/likely.js";
import { nameOf } from "../../src/trace/names.js";

/** What a name says about a file. */

test.each([
  ["/srv/a.php", "php"],
  ["/srv/a.b/c", ""],
  ["/srv/.env", ""],
  ["/srv/a.", ""],
  ["/srv/a.tar.gz/", "gz"],
  ["/", ""],
])("the extension of %s is %j", (path, extension) => {
  expect(nameOf(path).extension).toBe(extension);
});

describe("how far from what one expects", () => {
  test.each([
    ["/srv/index.php", ["file"], 0],
    ["/srv/index.php", ["missing"], 0],
    ["/srv/index.php", ["directory"], 2],
    ["/srv/index.php", ["directory", "missing"], 0],
    ["/srv/cart", ["missing"], 0],
    ["/srv/cart", ["file"], 1],
    ["/srv/cart", ["directory"], 1],
  ] satisfies [string, FileKind[], number][])("%s is %j: %d", (path, is, surprise) => {
    expect(surpriseOf({ kind: "path", path, is })).toBe(surprise);
  });
});
