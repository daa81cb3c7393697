import fc from "fast-check";
import { expect, test } from "vitest";
import type { Dependency } from "../../../lib/postgres/schema/dependencies.ts";
import { orderObjects } from "../../../lib/postgres/schema/order.ts";
import {
  addressOf,
  isPostKind,
  NOTHING,
  type SchemaObject,
  type StatementKind,
} from "../../../lib/postgres/schema/schema-object.ts";

const OID = 20_000;
const KINDS: readonly StatementKind[] = [
  "type",
  "function",
  "sequence",
  "table",
  "view",
  "materialized view",
  "primary key",
  "index",
  "trigger",
];

const object = (id: number, kind: StatementKind): SchemaObject => ({
  kind,
  address: addressOf("pg_class", OID + id),
  schema: "s",
  name: String(id),
  tableOid: 0,
  sql: `make ${id}`,
});
const dependency = (from: number, to: number, part = false): Dependency => ({
  from: addressOf("pg_class", OID + from),
  to: addressOf("pg_class", OID + to),
  part,
});
const isUser = () => true;

/** Objects, and needs that always point to a lower number. */
const graphs = fc.integer({ min: 1, max: 40 }).chain((size) =>
  fc.record({
    kinds: fc.array(fc.constantFrom(...KINDS), { minLength: size, maxLength: size }),
    needs: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: size * 2 }),
  }),
);

test("every object comes once, after all it needs, sections in order, whatever order the catalog gave", () => {
  fc.assert(
    fc.property(graphs, fc.integer(), ({ kinds, needs }, turn) => {
      const objects = kinds.map((kind, id) => object(id, kind));
      const edges = needs.filter(([a, b]) => a !== b).map(([a, b]) => dependency(Math.max(a, b), Math.min(a, b)));
      const { statements, unmet, cyclic } = orderObjects(objects, edges, isUser);
      expect([unmet, cyclic]).toEqual([[], []]);
      const place = new Map(statements.map((s, at) => [s.name, at]));
      expect(place.size).toBe(objects.length);
      for (const [a, b] of needs) {
        if (a !== b)
          expect(place.get(String(Math.max(a, b)))).toBeGreaterThan(place.get(String(Math.min(a, b))) ?? Infinity);
      }
      expect(statements.map((s) => s.section)).toEqual(
        statements
          .map((s) => s.section)
          .toSorted()
          .toReversed(),
      );
      for (const s of statements) if (s.kind === "table") expect(s.section).toBe("pre");
      const turned = turn % 2 === 0 ? objects.toReversed() : [...objects.slice(1), ...objects.slice(0, 1)];
      expect(orderObjects(turned, edges.toReversed(), isUser).statements).toEqual(statements);
    }),
    { numRuns: 300 },
  );
});

test("what comes after the rows does so only if no table needs it", () => {
  const { statements } = orderObjects(
    [object(1, "table"), object(2, "primary key"), object(3, "view"), object(4, "table"), object(5, "primary key")],
    [dependency(2, 1), dependency(3, 2), dependency(4, 3), dependency(5, 4)],
    isUser,
  );
  expect(statements.map((s) => [s.section, s.name])).toEqual([
    ["pre", "1"],
    ["pre", "2"],
    ["pre", "3"],
    ["pre", "4"],
    ["post", "5"],
  ]);
  expect(isPostKind("primary key")).toBe(true);
});

test("two objects that need each other are split where one can be, and both bodies follow both heads", () => {
  const splittable: SchemaObject = {
    ...object(1, "view"),
    split: () => [
      { ...object(1, "view"), dependsAs: NOTHING, sql: "head" },
      {
        ...object(1, "view"),
        address: addressOf("pg_rewrite", 1),
        dependsAs: addressOf("pg_class", OID + 1),
        needs: [addressOf("pg_class", OID + 1)],
        sql: "body",
      },
    ],
  };
  const { statements, cyclic } = orderObjects(
    [splittable, object(2, "function")],
    [dependency(1, 2), dependency(2, 1)],
    isUser,
  );
  expect(statements.map((s) => s.sql)).toEqual(["head", "make 2", "body"]);
  expect(cyclic).toEqual([]);
});

test("an object that is in no cycle is not split", () => {
  const whole: SchemaObject = { ...object(1, "table"), split: () => [] };
  const { statements } = orderObjects([whole, object(2, "function")], [dependency(2, 1)], isUser);
  expect(statements.map((s) => s.sql)).toEqual(["make 1", "make 2"]);
});

test("a cycle that cannot be split is named, and nothing in it is lost", () => {
  const { statements, cyclic } = orderObjects(
    [object(1, "type"), object(2, "type")],
    [dependency(1, 2), dependency(2, 1)],
    isUser,
  );
  expect(statements).toHaveLength(2);
  expect(cyclic.length).toBeGreaterThan(0);
});

test("what needs something unknown is left out with all that needs it, and named", () => {
  const { statements, unmet } = orderObjects(
    [
      object(1, "view"),
      object(2, "view"),
      object(3, "table"),
      { ...object(4, "comment"), about: addressOf("pg_class", OID + 2) },
    ],
    [dependency(1, 99), dependency(2, 1), dependency(98, 97)],
    isUser,
  );
  expect(statements.map((s) => s.name)).toEqual(["3"]);
  expect(unmet.map((o) => o.name)).toEqual(["1", "2", "4"]);
});

test("a need for a part is a need for the whole, and a part's need is the whole's", () => {
  const { statements } = orderObjects(
    [object(1, "view"), object(2, "table"), object(3, "function")],
    // 50 is a part of 51, a part of table 2. The view needs 50, and 51 needs the function.
    [dependency(50, 51, true), dependency(51, 2, true), dependency(1, 50), dependency(51, 3)],
    isUser,
  );
  expect(statements.map((s) => s.name)).toEqual(["3", "2", "1"]);
});
