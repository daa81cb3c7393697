import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, plainJson } from "../../lib/engine/canonical-json.ts";
import { sealPlan } from "../../lib/engine/plan-seal.ts";
import { claimName, receiptName } from "../../lib/engine/receipt.ts";
import { checkObjectName } from "../../lib/model/object-name.ts";

test("canonical JSON is JSON of the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const canonical = canonicalJson(value as Parameters<typeof canonicalJson>[0]);
      expect(JSON.parse(canonical)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("canonical JSON does not depend on the order in which fields were made", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (fields) => {
      const turned = Object.fromEntries(Object.entries(fields).toReversed());
      expect(canonicalJson(turned)).toBe(canonicalJson(fields));
    }),
  );
});

// Section 3.2.3 of RFC 8785: names are sorted by their UTF-16 code units, not by code points.
test("names are sorted as RFC 8785 sorts them", () => {
  const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\u{1f600}": 5, "\u0080": 6, "\u00f6": 7 };
  const names = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\u{1f600}", "\ufb33"] as const;
  expect(canonicalJson(value)).toBe(`{${names.map((name) => `${JSON.stringify(name)}:${value[name]}`).join(",")}}`);
});

test("what JSON leaves out of a value is left out before, so that a value has one text in and out of a file", () => {
  fc.assert(
    fc.property(fc.object({ withNullPrototype: false }), (value) => {
      const canonical = canonicalJson(plainJson(value));
      expect(canonicalJson(plainJson(JSON.parse(JSON.stringify(value))))).toBe(canonical);
    }),
  );
  expect(canonicalJson(plainJson({ b: undefined, a: [1, undefined], c: { d: undefined } }))).toBe(
    '{"a":[1,null],"c":{}}',
  );
  expect(canonicalJson(plainJson(undefined))).toBe("null");
});

// As an earlier version wrote it: a plan that somebody approved yesterday must hold today.
test("the digest of a plan is the one it always was", () => {
  const plan = sealPlan("expiry plan", {
    madeAt: 1,
    vaultId: "v",
    z: undefined,
    b: { y: [1, null, undefined], a: "é" },
  });
  expect(plan.sha256).toBe("0d9b18b4f09a6efa17960447a61678c42ef46d281710d2c32417524871a9ff5f");
});

test("fails on what JSON would leave out or change", () => {
  for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n])
    expect(() => canonicalJson({ value } as never)).toThrow(TypeError);
});

test("no two databases and releases share the name of a receipt, not even where capitals are not told apart", () => {
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
  const place = fc.tuple(text, text);
  fc.assert(
    fc.property(place, place, (one, two) => {
      fc.pre(one[0] !== two[0] || one[1] !== two[1]);
      expect(receiptName(...one).toLowerCase()).not.toBe(receiptName(...two).toLowerCase());
    }),
  );
});

test.each([
  ["shop", "2026.11.3", "receipts/releases/shop/2026.11.3.json"],
  ["shop-eu", "v1+b5", "receipts/releases/shop-eu/v1_2bb5.json"],
  ["Shop", "V1", "receipts/releases/_53hop/_561.json"],
  ["..", "..", "receipts/releases/_2e./_2e..json"],
  ["a/b", "_2f", "receipts/releases/a_2fb/_5f2f.json"],
])("the receipt of %s, release %s, lies at %s", (database, release, name) => {
  expect(receiptName(database, release)).toBe(name);
  for (const each of [name, claimName(database, release)]) expect(() => checkObjectName(each)).not.toThrow();
});
