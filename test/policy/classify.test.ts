import fc from "fast-check";
import { expect, test } from "vitest";
import type { DataClass } from "../../lib/model/policy.ts";
import { classify } from "../../lib/policy/classify.ts";

const dataClass = (name: string, ...tables: string[]): DataClass => ({
  name,
  tables,
  max: { unit: "days", count: 14 },
  purpose: "p",
  legalBasis: "l",
});
const orders = { database: "shop", schema: "public", name: "orders_2026" };
const chosen = (...classes: DataClass[]): string => {
  const found = classify(classes, orders);
  return "class" in found ? found.class.name : "none";
};

test.each([
  ["its name", "public.orders_2026"],
  ["a beginning", "public.orders_*"],
  ["an ending", "*2026"],
  ["pieces in order", "pub*ord*_*6"],
  ["everything", "*"],
  ["a piece that it begins with", "*public*"],
  ["a piece that it ends with", "*2026*"],
  ["its name in its database", "shop:public.orders_2026"],
  ["a pattern for the database", "sh*:public.*"],
])("a table is found by %s", (_, pattern) => {
  expect(chosen(dataClass("a", pattern))).toBe("a");
});

test.each([
  ["another table", "public.orders"],
  ["a beginning that is not it", "public.order"],
  ["pieces in the wrong order", "*2026*orders*"],
  ["pieces that would have to overlap", "public.orders_20*026"],
  ["an ending that is not it", "public.*7"],
  ["a piece that its ending would have to share", "*2026*6"],
  ["a piece that the piece before would have to share", "*20*2026*"],
  ["a piece that its beginning would have to share", "public.*public*"],
  ["another database", "other:*"],
  ["upper case", "public.Orders_2026"],
  ["a dot that is meant as any character", "public?orders_2026"],
])("it is not found by %s", (_, pattern) => {
  expect(chosen(dataClass("a", pattern))).toBe("none");
});

test("a plain name goes before a pattern, whatever the order of the classes", () => {
  const [all, one] = [dataClass("all", "*"), dataClass("one", "public.orders_2026")];
  expect(chosen(all, one)).toBe("one");
  expect(chosen(one, all)).toBe("one");
});

test("two patterns of one class agree", () => {
  expect(chosen(dataClass("a", "public.*", "*2026"))).toBe("a");
});

test("two classes that both claim a table by patterns, or both by name, are a problem that names both", () => {
  for (const patterns of [
    ["public.*", "*2026"],
    ["public.orders_2026", "shop:public.orders_2026"],
  ] as const) {
    const found = classify([dataClass("a", patterns[0]), dataClass("b", patterns[1])], orders);
    expect(found).toMatchObject({
      problem: expect.stringContaining(`class a by "${patterns[0]}" and in class b by "${patterns[1]}"`) as string,
      fix: 'name it as "public.orders_2026" in one of them: a name without * goes before a pattern',
    });
  }
});

test("a table in no class is a problem with the line that would solve it", () => {
  expect(classify([dataClass("a", "other.*")], orders)).toEqual({
    problem: "table public.orders_2026 of database shop is in no class",
    fix: 'add "public.orders_2026" to the tables of a class',
  });
});

test("a pattern made from a name by putting * for any part of it finds the name", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: fc.constantFrom("a", "b", ".") }), fc.nat(), fc.nat(), (name, i, j) => {
      const [from, to] = [i % (name.length + 1), j % (name.length + 1)].toSorted((a, b) => a - b) as [number, number];
      const pattern = `s.${name.slice(0, from)}*${name.slice(to)}`;
      expect("class" in classify([dataClass("a", pattern)], { database: "d", schema: "s", name })).toBe(true);
    }),
  );
});
