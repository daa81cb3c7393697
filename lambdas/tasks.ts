import * as z from "zod/mini";
import { databaseName, exactly, text, whole } from "./events.ts";

// What workers are asked. Workflow and worker are of one deployment (a workflow calls versions), so the shapes are exact.

const LANE_MAX = 31;
const WORDS_MAX = 10_000;

const run = text(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,199}$/, "the name of a run");
const series = text(/^[0-9a-f]{16}$/, "16 hexadecimal digits");
const words = (of: string) => text(new RegExp(`^[^]{1,${WORDS_MAX}}$`), of);
const lane = whole(0, LANE_MAX);
const lanes = whole(1, LANE_MAX + 1);

const capture = exactly({
  database: databaseName,
  tier: z.enum(["release", "hot"], { error: "release or hot" }),
  lanes,
  label: z.optional(words("a label")),
  release: z.optional(words("a release id")),
  commit: z.optional(words("a commit")),
});

export const holdTask = exactly({
  run,
  series,
  act: z.enum(["capture", "give up"], { error: "capture or give up" }),
  capture: z.optional(capture),
  code: z.optional(text(/^[A-Z_]{1,64}$/, "an error's code")),
}).check(
  z.refine(({ act, capture, code }) => (act === "capture" ? capture !== undefined : code !== undefined), {
    error: "an object with capture if that is the act, else with a code",
  }),
);

export const copyTask = exactly({ run, series, database: databaseName, lane });

export const readTask = exactly({
  point: text(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/, "the id of a point"),
  lane,
  lanes,
}).check(z.refine(({ lane, lanes }) => lane < lanes, { error: "an object whose lane is below its lanes" }));
