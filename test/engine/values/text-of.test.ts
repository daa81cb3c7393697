import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textOf } from "../../../lib/engine/values/text-of.ts";
import { BINARY_TYPES } from "../../../lib/model/binary-types.ts";
import { isFailure } from "../../../lib/model/errors.ts";

const LETTERS: Readonly<Record<string, string>> = { b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r", "\\": "\\" };

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) => LETTERS[letter] ?? letter);
}

/** Type, field in hexadecimal, COPY text: 692 values and their text as PostgreSQL 18.4 printed them. */
const golden = readFileSync(join(import.meta.dirname, "golden.tsv"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split("\t"))
  .map(([type = "", hex = "", text = ""]) => ({ type, field: Buffer.from(hex, "hex"), text: unescaped(text) }));

const oidOf = (name: string): number => {
  const [oid] = [...BINARY_TYPES].find(([, type]) => type === name) ?? [];
  if (oid === undefined) throw new Error(`no type ${name}`);
  return oid;
};

const text = (name: string, hex: string): string => textOf(oidOf(name), Buffer.from(hex.replaceAll(" ", ""), "hex"));

test("every binary type has golden values", () => {
  expect(new Set(golden.map(({ type }) => type))).toEqual(new Set(BINARY_TYPES.values()));
});

test.each([...BINARY_TYPES])("type %i, %s, reads as PostgreSQL printed it", (oid, name) => {
  for (const { field, text } of golden.filter(({ type }) => type === name)) expect(textOf(oid, field)).toBe(text);
});

describe("values at the edges of their types", () => {
  test("a numeric of the largest weight has 131072 digits", () => {
    expect(text("numeric", "0001 7fff 0000 0000 03e8")).toBe(`1${"0".repeat(131_071)}`);
  });

  test("a numeric of the largest scale has 16383 decimals", () => {
    expect(text("numeric", "0001 f000 0000 3fff 000a")).toBe(`0.${"0".repeat(16_382)}1`);
  });

  test("a high byte of char is octal, as from version 16 on", () => expect(text("char", "ff")).toBe("\\377"));

  test("the largest interval is infinity, as from version 17 on", () => {
    expect(text("interval", "7fffffffffffffff 7fffffff 7fffffff")).toBe("infinity");
    expect(text("interval", "8000000000000000 80000000 80000000")).toBe("-infinity");
  });

  test("the most negative time of an interval prints, though PostgreSQL cannot read it back", () => {
    expect(text("interval", "8000000000000000 00000000 00000000")).toBe("-2562047788:00:54.775808");
  });

  test.each([
    ["7f7fffff", "3.4028235e+38"],
    ["00000001", "1e-45"],
    ["0f800000", "1.2621775e-29"],
    ["4a000001", "2.0971522e+06"],
  ])("float4 %s is %s", (hex, shortest) => expect(text("float4", hex)).toBe(shortest));

  test.each([
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["0000000000000001", "5e-324"],
    ["44b52d02c7e14af6", "9.999999999999999e+22"],
    ["4690000000000000", "8.112963841460668e+31"],
    ["430c6bf526340000", "1e+15"],
    ["42f6bcc41e900000", "400000000000000"],
  ])("float8 %s is %s", (hex, shortest) => expect(text("float8", hex)).toBe(shortest));
});

describe("a malformed field", () => {
  const FIXED: Readonly<Record<string, number>> = { int2: 2, int4: 4, int8: 8, date: 4, time: 8, timetz: 12, uuid: 16 };

  test.each(Object.entries(FIXED))("fails for %s of other than %i bytes", (name, length) => {
    for (const wrong of [0, length - 1, length + 1]) {
      expect(() => textOf(oidOf(name), Buffer.alloc(wrong))).toThrow(`a value of type ${name} is malformed`);
    }
  });

  test.each([
    ["bool", "02"],
    ["jsonb", "027b7d"],
    ["date", "7ffffffe"],
    ["timestamp", "7ffffffffffffffe"],
    ["time", "000000141dd76001"],
    ["timetz", "0000000000000000 0000e100"],
    ["bit", "00000009 ff"],
    ["bit", "ffffffff"],
    ["numeric", "0001 0000 0000 0000 2710"],
    ["numeric", "0000 0000 1234 0000"],
    ["inet", "02 21 00 04 01020304"],
    ["cidr", "02 20 00 04 01020304"],
    ["path", "02 00000001 0000000000000000 0000000000000000"],
    ["polygon", "7fffffff"],
    ["tsvector", "7fffffff"],
    ["tsvector", "00000001 61"],
    ["int4range", "20"],
    ["int4range", "00 ffffffff 00000004 00000001"],
    ["int4[]", "00000001 00000000 00000019 00000001 00000001 00000004 00000001"],
    ["int4[]", "00000007 00000000 00000017"],
    ["int4[]", "00000001 00000000 00000017 7fffffff 00000001"],
    ["int4[]", "00000000 00000000 00000017 00"],
  ])("fails for %s %s", (name, hex) => {
    expect(() => text(name, hex)).toThrow(`a value of type ${name} is malformed`);
  });

  test("is a value or OBJECT_CORRUPT that names a type, whatever the bytes and the type", () => {
    const types = [...BINARY_TYPES.values()];
    const fields = fc.oneof(
      fc.uint8Array({ maxLength: 48 }),
      fc
        .constantFrom(...golden)
        .chain(({ field }) => fc.nat({ max: field.length }).map((end) => field.subarray(0, end))),
    );
    fc.assert(
      fc.property(fc.constantFrom(...BINARY_TYPES.keys()), fields, (oid, field) => {
        try {
          expect(textOf(oid, Buffer.from(field))).toBeTypeOf("string");
        } catch (error) {
          if (!isFailure(error, "OBJECT_CORRUPT")) throw error;
          const [, named = ""] = /^a value of type (\S+) is malformed/.exec(error.message) ?? [];
          expect(types).toContain(named);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test("of a type that is not binary is a programmer's error", () => {
    expect(() => textOf(3734, Buffer.of())).toThrow(TypeError);
  });
});
