import { type CaptureOptions, type CaptureReport, type CaptureWorld, capture } from "../engine/capture.ts";
import type { Part, Point } from "../model/point.ts";

/** Until a policy says otherwise, every table is of one class. */
export const DEFAULT_CLASS = "default";

export type { CaptureReport };

export type CaptureRequest = Omit<CaptureOptions, "classOf" | "classes">;

/** Takes a restore point of a database. */
export const captureDatabase = (world: CaptureWorld, request: CaptureRequest): Promise<CaptureReport> =>
  capture(world, { ...request, classOf: () => DEFAULT_CLASS, classes: [DEFAULT_CLASS] });

/** What the capture that made a point reported, told from the point: it may have run on another machine, or long ago. */
export const captureReportOf = (point: Point, parts: readonly Part[]): CaptureReport => ({
  point,
  tables: parts
    .flatMap((part) => part.tables)
    .map(({ facts, rows, taken, layers }) => {
      const layer = layers.find(({ pointId }) => pointId === point.id);
      const { rows: changedRows = 0, goneRows = 0 } = layer ?? {};
      return { schema: facts.schema, name: facts.name, rows, taken, changedRows, goneRows };
    }),
  uncovered: parts[0]?.schema.uncovered ?? [],
  elapsedMs: point.finishedAt - point.startedAt,
});
