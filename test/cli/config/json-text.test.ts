import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainJson } from "../../../src/cli/config/json-comments.js";
import { placesIn } from "../../../src/cli/config/json-places.js";
import { runs } from "../../support/sample.js";

/** fpmlint.json as a text: comments, commas after the last entry, and where things are. */

/** JSON of a value with gaps between its parts that `JSON.parse` knows nothing of. */
function withGaps(value: unknown, gap: () => string, comma: () => string): string {
  const inner = (items: readonly string[]): string =>
    items.length === 0
      ? gap()
      : `${items.map((item) => `${gap()}${item}${gap()}`).join(",")}${comma()}${gap()}`;
  if (Array.isArray(value)) return `[${inner(value.map((item) => withGaps(item, gap, comma)))}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const rows = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}${gap()}:${gap()}${withGaps(item, gap, comma)}`,
  );
  return `{${inner(rows)}}`;
}

const gaps = fc.constantFrom("", " ", "\n", "// a, }\n", '/* "b" */', "/**/", "/* a\n * // b\n */\t", "//\n");

describe("comments and last commas", () => {
  test("change nothing of what a text says", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.infiniteStream(gaps),
        fc.infiniteStream(fc.boolean()),
        (value, gap, comma) => {
          const next = (): string => gap.next().value ?? "";
          const text = next() + withGaps(value, next, () => (comma.next().value ? "," : "")) + next();
          const plain = plainJson(text);
          expect(plain).toHaveLength(text.length);
          expect(JSON.parse(plain), text).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
      { numRuns: runs(1000) },
    );
  });

  test("leave JSON and line ends as they are", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(plainJson(text)).toBe(text);
      }),
      { numRuns: runs(500) },
    );
    expect(plainJson("{} // a\r\n/* b\r\nc */ {}")).toBe("{}      \n     \n     {}");
  });

  test.each(["[,]", "{,}", "[1,,]", ",", '{"a":,}', "/* no end", "[1 / 2]", '"// no comment', "/ /"])(
    "%s stays what it is: no JSON",
    (text) => {
      expect(() => JSON.parse(plainJson(text))).toThrow();
    },
  );
});

/** All ways from the top to a value. */
function ways(value: unknown): readonly { readonly path: readonly string[]; readonly value: unknown }[] {
  const below = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [
    { path: [], value },
    ...below.flatMap(([key, item]) => ways(item).map((one) => ({ ...one, path: [key, ...one.path] }))),
  ];
}

describe("places", () => {
  test("are where the value begins, and where its key does", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const all = ways(JSON.parse(text));
        const { offsets } = placesIn(
          text,
          all.map(({ path }) => ({ path, key: false })),
          0,
        );
        const keys = placesIn(
          text,
          all.map(({ path }) => ({ path, key: true })),
          0,
        ).offsets;
        for (const [index, one] of all.entries()) {
          const written = JSON.stringify(one.value, null, indent).split("\n", 1)[0] ?? "";
          expect(text.slice(offsets[index]).startsWith(written), `${one.path} in ${text}`).toBe(true);
          const parent = all.find(
            ({ path }) => JSON.stringify(path) === JSON.stringify(one.path.slice(0, -1)),
          )?.value;
          if (one.path.length === 0 || Array.isArray(parent)) continue;
          expect(text.slice(keys[index]).startsWith(JSON.stringify(one.path.at(-1)))).toBe(true);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  test("of what is missing are those of what is around it", () => {
    const text = '{ "a": [ { "b": 1 } ] }';
    const at = (...path: string[]): number | undefined =>
      placesIn(text, [{ path, key: false }], 0).offsets[0];
    expect([at("a", "0", "c"), at("a", "1"), at("x")]).toEqual([9, 7, 0]);
  });

  test("of a key that is there twice are those of the last, and both are told", () => {
    const { offsets, repeated } = placesIn('{"a":1,"b":{"a":2},"a":3}', [{ path: ["a"], key: false }], 9);
    expect(offsets).toEqual([23]);
    expect(repeated).toEqual([{ key: "a", offset: 19, before: 1 }]);
  });

  test("nest as deep as a text can", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    expect(placesIn(deep, [{ path: ["0", "0", "1"], key: false }], 9).offsets).toEqual([2]);
  });
});
