import type { CopyLaneOpening } from "../lib/operations/lane.ts";
import type { RestoreLaneOpening } from "../lib/operations/restore-lane.ts";
import { keepCompiled } from "./compile-cache.js";

// Before anything else is loaded, or nothing of it would be kept.
keepCompiled();
const { openScratchLane } = await import("../lib/operations/diff.ts");
const { openCopyLane } = await import("../lib/operations/lane.ts");
const { openRestoreLane } = await import("../lib/operations/restore-lane.ts");
const { serveLocalLane } = await import("../lib/wiring/local-lane.ts");

// A thread of the command line: one lane of a capture, a comparison or a restore.
await serveLocalLane({
  copy: (world, act) => openCopyLane(world, act as CopyLaneOpening),
  scratch: (world, act) => openScratchLane(world, act as CopyLaneOpening),
  restore: (world, act) => openRestoreLane(world, act as RestoreLaneOpening),
});
