import { openScratchLane } from "../lib/operations/diff.ts";
import { type CopyLaneOpening, openCopyLane } from "../lib/operations/lane.ts";
import { openRestoreLane, type RestoreLaneOpening } from "../lib/operations/restore-lane.ts";
import { serveLocalLane } from "../lib/wiring/local-lane.ts";

// A thread of the command line: one lane of a capture, a comparison or a restore.
await serveLocalLane({
  copy: (world, act) => openCopyLane(world, act as CopyLaneOpening),
  scratch: (world, act) => openScratchLane(world, act as CopyLaneOpening),
  restore: (world, act) => openRestoreLane(world, act as RestoreLaneOpening),
});
