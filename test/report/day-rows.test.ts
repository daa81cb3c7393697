import { expect, test } from "vitest";
import type { Hold } from "../../lib/model/hold.ts";
import type { KeptRow } from "../../lib/model/report.ts";
import { compileReport } from "../../lib/report/compile-report.ts";
import { tablesOf } from "../../lib/report/tables.ts";
import { nothing } from "./quarter.ts";
import { AGED, dayOf, FIRST_NIGHT, HOUR_MS, idOf, visitsDeadline, visitsOf } from "./quarter-facts.ts";

/** Of a day of visits that is still there: its part in each of the seven points that were captured since. */
const leftOf = (day: number): readonly KeptRow[] =>
  Array.from({ length: AGED.days }, (_, i) => ({
    part: { store: "hot", id: idOf(day + i), class: visitsOf(day) },
    database: "shop",
    tier: "hot",
    startedAt: FIRST_NIGHT,
    rows: 100 + i,
    sealedBytes: 1000,
    deleteAt: visitsDeadline(day) - HOUR_MS,
    deadline: visitsDeadline(day),
    state: "overdue",
    because: "nobody ran the worker",
  }));

const shown = (report: ReturnType<typeof compileReport>, name: string) => {
  const table = tablesOf(report).find((one) => one.name === name);
  const at = (heading: string) => table?.headings.findIndex((one) => one.name === heading) ?? -1;
  return {
    whole: table?.cells.length,
    page: table?.onPage.cells.map((row) => ["id", "class", "rows"].flatMap((heading) => row[at(heading)] ?? [])),
  };
};

test("a week that outlived its deadline in seven points is seven findings and rows for a reader, and whole in the facts", () => {
  const kept = Array.from({ length: 7 }, (_, day) => leftOf(20 + day)).flat();
  const report = compileReport({ ...nothing(), kept });
  expect(report.overdue).toHaveLength(49);
  const [first] = report.verdict.findings;
  expect(first?.says).toBe("49 copies outlived the deadline.");
  expect(first?.which).toMatch(
    new RegExp(`^visits, day ${dayOf(20)} of 7 points, [^;]* over; visits, day ${dayOf(21)} [^;]*; [^;]* and 4 more$`),
  );
  expect(shown(report, "overdue")).toMatchObject({ whole: 49, page: { length: 7 } });
  expect(shown(report, "kept").page?.[0]).toEqual(["7 points", `visits, day ${dayOf(20)}`, 721]);
});

test("a hold on a class of one point is told as one, with its days", () => {
  const hold: Hold = {
    id: "h-9",
    basis: "Art. 17(3)(e) GDPR",
    matter: "case 9",
    parts: [AGED.name, visitsOf(1), visitsOf(2)].map((name) => ({ store: "hot", id: "p", class: name })),
    reviewAt: FIRST_NIGHT + 30 * 24 * HOUR_MS,
    requested: { by: "ann", at: FIRST_NIGHT },
    approved: { by: "ben", at: FIRST_NIGHT },
  };
  const report = compileReport({ ...nothing(), holds: [hold] });
  const table = tablesOf(report).find((one) => one.name === "holds");
  expect(table?.onPage.cells[0]).toContain(`visits with 2 days from ${dayOf(1)} to ${dayOf(2)} of p`);
  expect(table?.cells[0]).toContain(`visits of p; ${visitsOf(1)} of p; ${visitsOf(2)} of p`);
});
