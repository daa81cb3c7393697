import { checkRun } from "../engine/board.ts";
import { type ErrorCode, Failure, isFailure } from "../model/errors.ts";
import type { Tier } from "../model/point.ts";
import type { Entropy } from "../ports/clock.ts";
import type { Plain, Workflow } from "../ports/workflow.ts";

/** Kinds of workers that a capture by workflow calls: holdCapture and copyRanges. */
export const CAPTURE_WORKERS = { hold: "hold", copy: "copy" } as const;

const SERIES_BYTES = 8;
export const LANES_MAX = 32;

export interface WorkflowCapture {
  /**
   * What is wanted, by a name that stays the same however often it is asked for: `hot-shop-2026-11-21`. One run makes one
   * point. Letters, digits, `.`, `_`, `-`, at most 200.
   */
  readonly run: string;
  /** As the worker's source knows it. */
  readonly database: string;
  readonly tier: Tier;
  readonly label?: string | undefined;
  readonly release?: string | undefined;
  readonly commit?: string | undefined;
  readonly lanes: number;
}

/** What a capture made, in numbers; everything else stands in the point. */
export type CapturedPoint = {
  readonly pointId: string;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly tables: number;
  readonly rows: number;
  /** Plaintext bytes of all rows that the point's layers hold. */
  readonly plainBytes: number;
  /** What this capture added to the vault. */
  readonly storedObjects: number;
  readonly storedBytes: number;
};

/** Task of the worker kind `hold`. */
export type HoldTask = {
  readonly run: string;
  /** One execution of the workflow. Of two attempts of one series the earlier one is dead. */
  readonly series: string;
} & (
  | { readonly act: "capture"; readonly capture: HeldCapture }
  | { readonly act: "give up"; readonly code: ErrorCode }
);

/** What a holder answers: the point, or why its series was given up before it had one. */
export type HoldResult = CapturedPoint | { readonly gaveUp: ErrorCode };

export type HeldCapture = {
  readonly database: string;
  readonly tier: Tier;
  readonly lanes: number;
  readonly label?: string;
  readonly release?: string;
  readonly commit?: string;
};

/** Task of the worker kind `copy`: one lane. */
export type CopyLaneTask = {
  readonly run: string;
  readonly series: string;
  readonly database: string;
  /** From 0. */
  readonly lane: number;
};

/** What a lane did. */
export type LaneCounts = { readonly tasks: number; readonly rows: number; readonly bytes: number };

/**
 * Takes a restore point over several machines: one holds the view, plans and seals, the lanes copy. They meet at the
 * run's board in the vault (engine/board.ts), so that the workflow itself costs a few operations whatever is copied.
 * Called again for the same run, also while the first call is at work, it ends with the same point.
 *
 * @throws what holdCapture or a lane throws, WORKER_LOST, TypeError for a name that is none
 */
export const captureByWorkflow = async (
  { workflow, entropy }: { readonly workflow: Workflow; readonly entropy: Entropy },
  request: WorkflowCapture,
): Promise<CapturedPoint> => {
  const { run, lanes, database } = request;
  checkRun(run);
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > LANES_MAX)
    throw new TypeError(`a capture has 1 to ${LANES_MAX} lanes, not ${lanes}`);
  const series = await workflow.step("begin", () => Promise.resolve(entropy.bytes(SERIES_BYTES).toString("hex")));
  const hold: HoldTask = { run, series, act: "capture", capture: heldCapture(request) };
  const copy = (lane: number): CopyLaneTask => ({ run, series, database, lane });
  const results = await workflow.together<Record<string, Plain>>("capture", {
    hold: (branch) => endingAll(branch, run, series, "hold", hold),
    ...Object.fromEntries(
      Array.from({ length: lanes }, (_, lane) => [
        `copy ${lane}`,
        (branch: Workflow) => endingAll(branch, run, series, "copy", copy(lane)),
      ]),
    ),
  });
  const held = results["hold"] as HoldResult;
  if (!("gaveUp" in held)) return held;
  // A lane's failure has been thrown by its own branch. This is left when a call is made again after its answer was lost.
  throw new Failure(held.gaveUp, `run ${run} was given up`);
};

/** A branch that fails for good sends the others home: nobody else would tell them. */
const endingAll = async (
  branch: Workflow,
  run: string,
  series: string,
  kind: keyof typeof CAPTURE_WORKERS,
  task: Plain,
): Promise<Plain> => {
  try {
    const [result = null] = await branch.runWorkers(kind, CAPTURE_WORKERS[kind], [task]);
    return result;
  } catch (error) {
    if (!isFailure(error)) throw error;
    const giveUp: HoldTask = { run, series, act: "give up", code: error.code };
    await branch.runWorkers("give up", CAPTURE_WORKERS.hold, [giveUp]).catch(() => undefined);
    throw error;
  }
};

const heldCapture = ({ database, tier, lanes, label, release, commit }: WorkflowCapture): HeldCapture => ({
  database,
  tier,
  lanes,
  ...(label === undefined ? {} : { label }),
  ...(release === undefined ? {} : { release }),
  ...(commit === undefined ? {} : { commit }),
});
