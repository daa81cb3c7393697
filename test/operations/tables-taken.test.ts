import { expect, test } from "vitest";
import { tablesTaken } from "../../lib/operations/tables-taken.ts";

const slice = (name: string, day: string | undefined, taken: string) => ({
  schema: "public",
  name,
  ...(day === undefined ? {} : { day }),
  rows: 10,
  taken,
  changedRows: 2,
  goneRows: 1,
});

test("a table whose rows lie in a part for each day is told once, as a delta only if every part is", () => {
  const summed = { schema: "public", parts: 3, rows: 30, changedRows: 6, goneRows: 3 };
  expect(
    tablesTaken([
      slice("views", "2026-11-19", "delta"),
      slice("views", "2026-11-20", "first capture"),
      slice("orders", undefined, "no primary key"),
      slice("clicks", "2026-11-19", "delta"),
      slice("clicks", "2026-11-20", "delta"),
      slice("views", undefined, "delta"),
      slice("clicks", undefined, "delta"),
    ]),
  ).toEqual([
    { ...summed, name: "clicks", taken: "delta", partsWhole: 0 },
    { ...slice("orders", undefined, "no primary key"), parts: 1, partsWhole: 1 },
    { ...summed, name: "views", taken: "first capture", partsWhole: 1 },
  ]);
});
