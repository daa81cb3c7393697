import { type LocalLaneOpening, type LocalLanes, lanesDefault, openLocalLanes } from "../lib/wiring/local.ts";

/** The module that serves a lane in a thread: TypeScript in a checkout, JavaScript in the built package. */
const WORKER = import.meta.filename.endsWith(".ts")
  ? new URL("./worker.ts", import.meta.url)
  : new URL("./worker.js", import.meta.url);

/** Opens the threads of an act: `--jobs`, or one per core. */
export const openLanes = <Task, Result>(
  jobs: number | undefined,
  opening: LocalLaneOpening,
): Promise<LocalLanes<Task, Result>> => openLocalLanes(WORKER, jobs ?? lanesDefault(), opening);
