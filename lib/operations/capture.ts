import { type CaptureOptions, type CaptureReport, type CaptureWorld, capture } from "../engine/capture.ts";

/** Until a policy says otherwise, every table is of one class. */
export const DEFAULT_CLASS = "default";

export type CaptureRequest = Omit<CaptureOptions, "classOf" | "classes">;

/** Takes a restore point of a database. */
export const captureDatabase = (world: CaptureWorld, request: CaptureRequest): Promise<CaptureReport> =>
  capture(world, { ...request, classOf: () => DEFAULT_CLASS, classes: [DEFAULT_CLASS] });
