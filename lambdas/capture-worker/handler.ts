import { CAPTURE_WORKERS } from "../../lib/operations/capture-workflow.ts";
import { copyRanges } from "../../lib/operations/copy-ranges.ts";
import { holdCapture } from "../../lib/operations/hold-capture.ts";
import { stackVault } from "../../lib/wiring/aws.ts";
import { stackSources } from "../../lib/wiring/aws-source.ts";
import { StackEnvironment } from "../../lib/wiring/stack-environment.ts";
import type { Log } from "../log.ts";
import { copyTask, holdTask } from "../tasks.ts";
import { worker, workerHandler } from "../worker.ts";

const stack = new StackEnvironment(process.env);
const source = stackSources(stack);

const worldOf = (log: Log) => ({ ...stackVault(stack), source, warn: (message: string) => log.warn(message) });

/** Reads databases and writes points: the one that holds the view, and the lanes. */
export const handler = workerHandler({
  [CAPTURE_WORKERS.hold]: worker({
    task: holdTask,
    facts: ({ run, series, act }) => ({ run, series, act }),
    work: (log) => (call, until) => holdCapture(worldOf(log), call, until),
  }),
  [CAPTURE_WORKERS.copy]: worker({
    task: copyTask,
    facts: ({ run, series, lane }) => ({ run, series, lane }),
    work: (log) => (call, until) => copyRanges(worldOf(log), call, until),
  }),
});
