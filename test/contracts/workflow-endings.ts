import { expect } from "vitest";
import { Failure, isFailure } from "../../lib/model/errors.ts";
import type { Clock } from "../../lib/ports/clock.ts";
import type { Pace, Plain, WorkerFunction, Workflow } from "../../lib/ports/workflow.ts";

export interface WorkflowWorld {
  /** What steps, looks and workers read the time from. */
  readonly clock: Pick<Clock, "now">;
  /** While an act waits, its clock goes on by just that. */
  readonly keepsTime: boolean;
  /** Runs an act to its end, with as many replays as the adapter likes. */
  run<T extends Plain>(act: (workflow: Workflow) => Promise<T>): Promise<T>;
  /** The adapter may be made to lose what an effect gave, so that it happens again. */
  readonly effectsRepeat: boolean;
}

/** Opens an adapter whose workers do this, by their kind. */
export type Open = (workers?: Readonly<Record<string, WorkerFunction>>) => Promise<WorkflowWorld>;

export const BUSY = new Failure("INSTANCE_BUSY", "the instance is backing-up", { hint: "wait", facts: { tries: 3 } });
export const UNKNOWN = new Failure("DATABASE_UNKNOWN", "there is no database shop", {
  hint: "add it",
  facts: { name: "shop" },
});
export const SECOND = 1000;

/** Expects that an effect happened so often; more often where the adapter is made to repeat effects. */
export const times = (world: WorkflowWorld, ran: number, expected: number): void => {
  if (world.effectsRepeat) expect(ran).toBeGreaterThanOrEqual(expected);
  else expect(ran).toBe(expected);
};

/** How something ended, as what an act may return. */
export const ending = async (running: Promise<Plain | undefined | void>): Promise<Plain> => {
  try {
    return { gave: (await running) ?? null };
  } catch (error) {
    if (!isFailure(error)) return { error: (error as Error).name, message: (error as Error).message };
    const { code, message, hint, facts } = error;
    return { failure: { code, message, hint, facts: facts as Record<string, Plain> } };
  }
};

export const failed = ({ code, message, hint, facts }: Failure): Plain => ({
  failure: { code, message, hint, facts: facts as Record<string, Plain> },
});

export const pace = (every: number, most: number, deadline: number): Pace => ({
  everyMs: every * SECOND,
  everyMsMax: most * SECOND,
  deadlineMs: deadline * SECOND,
});
