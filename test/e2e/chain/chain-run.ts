import { expect } from "vitest";
import { listPoints } from "../../../lib/engine/points.ts";
import { expectExactly } from "./expect-point.ts";
import { type Random, seededRandom } from "./random.ts";
import { openSubject, type Subject, type TakenPoint } from "./subject.ts";
import { Workload } from "./workload.ts";

/** A capture that is retaken again and again gets its rest at last. */
const STEPS_BESIDE_MAX = 60;

export interface ChainRun {
  readonly taken: readonly TakenPoint[];
  /** Ids of the points that were removed on the way. */
  readonly removed: readonly string[];
  /** How often each kind of statement was done. */
  readonly done: ReadonlyMap<string, number>;
}

/**
 * Takes points of a database while it is written to, and removes points between (what stays is folded). Every point is
 * held to what the witness saw: one now and then, and at the end all that are still there.
 */
export const runChain = async (
  url: string,
  options: { readonly seed: number; readonly points: number },
): Promise<ChainRun> => {
  const random = seededRandom(options.seed);
  const subject = await openSubject();
  await using workload = await Workload.begin(url, options.seed);
  const taken: TakenPoint[] = [];
  const there: TakenPoint[] = [];
  for (let i = 0; i < options.points; i++) {
    await workload.steps(10 + random.below(60));
    const leaving = there.length > 4 && random.chance(0.3) ? chooseLeaving(there, random) : [];
    const removeBeside = random.chance(0.4);
    if (!removeBeside && leaving.length > 0) await subject.remove(leaving);
    const point = await takeWhileWriting(subject, workload, url, random, removeBeside ? leaving : []);
    taken.push(point);
    there.push(point);
    expect(point.warnings).toEqual([]);
    if (random.chance(0.25)) await expectExactly(subject, url, random.pick(there));
  }
  for (const point of there) await expectExactly(subject, url, point);
  const stored = (await listPoints(subject.vault.hot)).map(({ id }) => id);
  expect(stored).toEqual(there.map(({ report }) => report.point.id));
  const removed = taken.map(({ report }) => report.point.id).filter((id) => !stored.includes(id));
  return { taken, removed, done: workload.done };
};

/** Takes points out of the list: the oldest few, or any one but the newest. */
const chooseLeaving = (there: TakenPoint[], random: Random): readonly string[] => {
  const gone = random.chance(0.7)
    ? there.splice(0, 1 + random.below(3))
    : there.splice(random.below(there.length - 1), 1);
  return gone.map(({ report }) => report.point.id);
};

const takeWhileWriting = async (
  subject: Subject,
  workload: Workload,
  url: string,
  random: Random,
  leaving: readonly string[],
): Promise<TakenPoint> => {
  const writeBeside = random.chance(0.6);
  let running = true;
  const acts = Promise.all([
    subject.take(url, { lanes: 1 + random.below(3) }),
    leaving.length > 0 && subject.remove(leaving),
  ]);
  const ended = acts.finally(() => {
    running = false;
  });
  // Whoever awaits it gets the error; until then it must not end the process.
  ended.catch(() => undefined);
  for (let step = 0; writeBeside && running && step < STEPS_BESIDE_MAX; step++) await workload.step();
  return (await ended)[0];
};
