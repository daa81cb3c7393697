import type { Plain } from "./workflow.ts";

/**
 * Starts acts that outlast the caller, each under a name.
 *
 * What every adapter promises: an act of one name is started once, however often it is asked for and whatever became of it.
 * It is running, or will be soon, when `start` resolves; nobody waits for its end.
 */
export interface WorkflowStarter {
  /**
   * @param name  1 to 64 letters, digits, `-` and `_`
   * @returns `accepted`, or `known` if an act of the name was started with another input before
   * @throws CLOUD_*
   */
  start(name: string, input: Plain): Promise<"accepted" | "known">;
}
