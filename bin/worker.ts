import { type CopyLaneOpening, openCopyLane } from "../lib/operations/lane.ts";
import { serveLocalLane } from "../lib/wiring/local-lane.ts";

// A thread of the command line: one lane of a capture or a restore.
await serveLocalLane({ copy: (world, act) => openCopyLane(world, act as CopyLaneOpening) });
