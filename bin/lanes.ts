import { type LocalLaneOpening, type LocalLanes, lanesDefault, openLocalLanes } from "../lib/wiring/local.ts";

/** The module that serves a lane in a thread. */
const WORKER = new URL("./worker.ts", import.meta.url);

/** Opens the threads of an act: `--jobs`, or one per core. */
export const openLanes = <Task, Result>(
  jobs: number | undefined,
  opening: LocalLaneOpening,
): Promise<LocalLanes<Task, Result>> => openLocalLanes(WORKER, jobs ?? lanesDefault(), opening);
