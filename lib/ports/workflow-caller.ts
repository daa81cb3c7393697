import type { Plain } from "./workflow.ts";

/**
 * Has an act done that outlasts one process, under a name, and waits for its end.
 *
 * What every adapter promises: an act of one name that is running is waited for, and one that succeeded gives its result
 * again; neither is started twice. Only one that failed for good is started anew. What the act threw comes out as the same
 * Failure. Whoever stops waiting stops nothing else: the act goes on, and asking again finds it.
 */
export interface WorkflowCaller {
  /**
   * @param name  1 to 60 letters, digits, `-` and `_`; the same for the same input, and for no other
   * @param waiting  called at every look, with what is known
   * @throws what the act threw; CLOUD_*, STACK_INVALID; the signal's reason
   */
  call(name: string, input: Plain, waiting: (known: CalledAct) => void, signal: AbortSignal): Promise<Plain>;
}

/** An act that is under way. */
export interface CalledAct {
  /** Its name with the number of its try. */
  readonly name: string;
  /** Epoch ms. */
  readonly startedAt: number;
}
