import { query } from "../../postgres.ts";
import { expectExactly } from "./expect-point.ts";
import { seededRandom } from "./random.ts";
import { openSubject, type TakenPoint } from "./subject.ts";
import { Workload } from "./workload.ts";

export interface ChainRun {
  readonly taken: readonly TakenPoint[];
  readonly done: ReadonlyMap<string, number>;
}

/**
 * Takes points of a database while it is written to, and holds every one of them to what the witness saw: some at once,
 * all at the end.
 */
export const runChain = async (
  url: string,
  options: { readonly seed: number; readonly points: number },
): Promise<ChainRun> => {
  const random = seededRandom(options.seed);
  const subject = await openSubject();
  await using workload = await Workload.begin(url, options.seed);
  const taken: TakenPoint[] = [];
  for (let i = 0; i < options.points; i++) {
    await workload.steps(10 + random.below(60));
    const lanes = 1 + random.below(3);
    const beside = random.chance(0.6);
    const capture = subject.take(url, { lanes });
    let running = true;
    const ended = capture.finally(() => {
      running = false;
    });
    ended.catch(() => undefined);
    while (beside && running) await workload.step();
    taken.push(await ended);
    if (random.chance(0.2)) await expectExactly(subject, url, random.pick(taken));
  }
  for (const point of taken) await expectExactly(subject, url, point);
  return { taken, done: workload.done };
};

/** Some transactions must be open across captures, or the run proves little. */
export const openTransactions = (url: string): Promise<Record<string, unknown>[]> =>
  query(url, "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()");
