import { Failure } from "../model/errors.ts";

/**
 * Operations of one act. The service stops an execution at 3,000, for good; the rest is for what an act cannot see,
 * such as invocations that Lambda repeats.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const OPERATIONS_MAX = 2500;

/**
 * Counts the operations of an act as the service does: each one, and each further try of a step, look of a poll and call
 * of a worker. On a replay the same act comes to the same count: what a kept result holds back is added from its record.
 */
export class OperationCount {
  readonly #max: number;
  readonly #parent: OperationCount | undefined;
  #used: number;

  constructor(max: number, parent?: OperationCount) {
    this.#max = max;
    this.#parent = parent;
    this.#used = parent === undefined ? 1 : 0; // The execution itself is one.
  }

  get used(): number {
    return this.#used;
  }

  /** How many are left to the whole act. */
  get left(): number {
    return this.#parent?.left ?? this.#max - this.#used;
  }

  /** A count of what one branch does, which counts here too. */
  branch(): OperationCount {
    return new OperationCount(this.#max, this);
  }

  /** Counts operations that are about to start. @throws WORKFLOW_TOO_LONG  the act has no such number left */
  start(operations: number): void {
    if (operations > this.left) throw this.tooLong();
    this.add(operations);
  }

  add(operations: number): void {
    this.#used += operations;
    this.#parent?.add(operations);
  }

  /** Brings this count up to what was recorded when its operations ran; on a replay they may not have run again. */
  reach(recorded: number): void {
    if (recorded > this.#used) this.add(recorded - this.#used);
  }

  tooLong(): Failure {
    return new Failure("WORKFLOW_TOO_LONG", `this act needs more than ${this.#max} operations`, {
      facts: { operations: this.#max },
    });
  }
}
