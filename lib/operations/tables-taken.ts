import type { CaptureReport } from "../engine/capture.ts";

/** A table as a capture took it: once, whatever parts its rows lie in. */
export interface TableTaken extends Omit<CaptureReport["tables"][number], "day"> {
  /** More than one where rows leave by their age: one for each day that has rows, and one for those of no day yet. */
  readonly parts: number;
  /** Of how many parts its rows were read whole; `taken` is `delta` if of none. */
  readonly partsWhole: number;
}

/** The tables of a capture in order of their names, the slices of each added up. */
export const tablesTaken = (slices: CaptureReport["tables"]): readonly TableTaken[] => {
  const byTable = Map.groupBy(slices, ({ schema, name }) => JSON.stringify([schema, name]));
  return [...byTable]
    .toSorted(([one], [two]) => (one < two ? -1 : 1))
    .map(([, own]) => {
      const [{ schema, name }] = own as [CaptureReport["tables"][number]];
      const whole = own.filter(({ taken }) => taken !== "delta");
      const sum = (count: (slice: CaptureReport["tables"][number]) => number): number =>
        own.reduce((total, slice) => total + count(slice), 0);
      return {
        schema,
        name,
        rows: sum(({ rows }) => rows),
        taken: whole[0]?.taken ?? "delta",
        changedRows: sum(({ changedRows }) => changedRows),
        goneRows: sum(({ goneRows }) => goneRows),
        parts: own.length,
        partsWhole: whole.length,
      };
    });
};
