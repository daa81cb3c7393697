import fc from "fast-check";
import { expect, test } from "vitest";
import { compileReport } from "../../lib/report/compile-report.ts";
import { csvNameOf, csvOf } from "../../lib/report/csv.ts";
import { type ReportTable, tableOf } from "../../lib/report/table.ts";
import { tablesOf } from "../../lib/report/tables.ts";
import { quarter } from "./quarter.ts";

const tableOfTexts = (rows: readonly string[]): ReportTable =>
  tableOf({
    name: "texts",
    section: 1,
    title: "Texts",
    none: "None.",
    rows,
    columns: ({ text }) => [text("one", "One", (row) => row), text("two", undefined, (row) => row)],
  });

/** RFC 4180, read by its grammar. */
const parse = (csv: string): readonly (readonly string[])[] => {
  const rows: string[][] = [];
  let row: string[] = [];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = cells.exec(csv); match !== null; match = cells.exec(csv)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "\r\n") {
      rows.push(row);
      row = [];
    }
    if (cells.lastIndex === csv.length) return rows;
  }
  throw new Error("this is no CSV");
};

test("what is written by RFC 4180 is read back, cell by cell", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."ab,;\"'\r\n =é") });
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 5 }), (rows) => {
      const [header, ...read] = parse(csvOf(tableOfTexts(rows)));
      expect(header).toEqual(["one", "two"]);
      const kept = (text: string): string => (/^[=\r\n]/.test(text) ? `'${text}` : text);
      expect(read).toEqual(rows.map((row) => [kept(row), kept(row)]));
    }),
  );
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1", "＋1", "＠x"])(
  "a text that a spreadsheet would run begins with an apostrophe: %j",
  (text) => {
    expect(parse(csvOf(tableOfTexts([text])))[1]).toEqual([`'${text}`, `'${text}`]);
  },
);

test("a number that is below zero stays a number, an instant is in UTC, and what is not there is empty", () => {
  const csv = csvOf(
    tableOf({
      name: "numbers",
      section: 9,
      title: "Numbers",
      none: "None.",
      rows: [{ at: Date.UTC(2026, 9, 25, 1), ms: -5000 }],
      columns: ({ deadline, duration, text }) => [
        deadline("deadline", "Gone by", (row) => row.at),
        duration("margin_ms", "Margin", (row) => row.ms),
        text("lock", "Lock", () => undefined),
      ],
    }),
  );
  expect(csv).toBe("deadline,margin_ms,lock\r\n2026-10-25T01:00:00.000Z,-5000,\r\n");
});

test("every table of a report has a file of its own, with all of its rows and a name for every column", () => {
  const tables = tablesOf(compileReport(quarter()));
  expect(new Set(tables.map(csvNameOf)).size).toBe(tables.length);
  expect(tables.length).toBeGreaterThan(15);
  for (const table of tables) {
    const [header = [], ...rows] = parse(csvOf(table));
    expect(new Set(header).size, table.name).toBe(header.length);
    for (const name of header) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(rows).toHaveLength(table.cells.length);
    for (const row of rows) expect(row).toHaveLength(header.length);
  }
});
