import { expect, test } from "vitest";
import { factRows, factsOf, knownNames } from "../../src/nginx/facts/directives.js";
import { DIRECTIVE_ROWS } from "../../src/nginx/facts/facts.js";

const names = factRows(DIRECTIVE_ROWS).map(([name = ""]) => name);

test("the rows of directives are in the order of their names, because they are found by halving", () => {
  expect(names).toEqual([...names].sort());
});

test("every row is found by its name, and nothing by another one", () => {
  for (const name of new Set(names))
    expect(factsOf(name).map((fact) => fact.name)).toEqual(names.filter((one) => one === name));
  for (const name of ["", "a", "listen ", "listem", "listens", "zzz", "constructor", "Listen", "|"])
    expect(factsOf(name)).toEqual([]);
  expect(knownNames()).toEqual([...new Set(names)]);
});
