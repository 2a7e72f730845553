import { expect, test } from "vitest";
import { once } from "../../src/source/once.js";

test("each key is asked about once, even where the answer is nothing", () => {
  const asked: string[] = [];
  const nameOf = once(({ name }: { readonly name: string }): string | undefined => {
    asked.push(name);
    return name === "" ? undefined : name;
  });
  const [named, nameless] = [{ name: "shop" }, { name: "" }];
  expect([nameOf(named), nameOf(named), nameOf(nameless), nameOf(nameless)]).toEqual([
    "shop",
    "shop",
    undefined,
    undefined,
  ]);
  expect(asked).toEqual(["shop", ""]);
});

test("equal keys that are two objects are two keys", () => {
  const made = once((_: object) => ({}));
  expect(made({})).not.toBe(made({}));
});
