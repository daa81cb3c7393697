import { expect } from "vitest";
import { listPoints } from "../../../lib/engine/points.ts";
import { Calendar } from "./calendar.ts";
import { expectExactly } from "./expect-point.ts";
import { type Random, seededRandom } from "./random.ts";
import { openSubject, type TakenPoint } from "./subject.ts";
import { Workload } from "./workload.ts";

/** A capture that is retaken again and again gets its rest at last. */
const STEPS_BESIDE_MAX = 60;
/** Said of rows that have left by their age: they must be in no point. */
const IS_OLDER = /^table public\.aged_\w+: \d+ rows are from before/;

export interface ChainRun {
  readonly taken: readonly TakenPoint[];
  /** Ids of the points that were removed on the way. */
  readonly removed: readonly string[];
  /** How many parts of days were taken out of points. */
  readonly daysLeft: number;
  /** How often each kind of statement was done. */
  readonly done: ReadonlyMap<string, number>;
}

/**
 * Takes points of a database while it is written to and days pass, and removes points and days between (what stays is folded). Every point is
 * held to what the witness saw: one now and then, and at the end all that are still there.
 */
export const runChain = async (
  url: string,
  options: { readonly seed: number; readonly points: number },
): Promise<ChainRun> => {
  const random = seededRandom(options.seed);
  const subject = await openSubject();
  await using workload = await Workload.begin(url, options.seed);
  const calendar = new Calendar();
  const taken: TakenPoint[] = [];
  const there: TakenPoint[] = [];
  let daysLeft = 0;
  const expectShown = (point: TakenPoint): Promise<void> =>
    expectExactly(subject, url, { ...point, seen: calendar.shows(point) });
  for (let i = 0; i < options.points; i++) {
    await workload.steps(10 + random.below(60));
    const points = there.length > 4 && random.chance(0.3) ? chooseLeaving(there, random) : [];
    calendar.pass(random);
    const parts = random.chance(0.5) ? calendar.choosesLeaving(there, random) : [];
    daysLeft += parts.flatMap(({ classes }) => classes).length;
    const remove = (): Promise<void> => subject.remove(points, parts);
    const removeBeside = random.chance(0.4);
    if (!removeBeside) await remove();
    const take = (): Promise<TakenPoint> => subject.take(url, { lanes: 1 + random.below(3), ageing: calendar.ageing });
    const point = await takeWhileWriting(take, workload, random, removeBeside ? remove : undefined);
    taken.push(point);
    there.push(point);
    expect(point.warnings.filter((warning) => !IS_OLDER.test(warning))).toEqual([]);
    if (random.chance(0.25)) await expectShown(random.pick(there));
  }
  for (const point of there) await expectShown(point);
  const stored = (await listPoints(subject.vault.hot)).map(({ id }) => id);
  expect(stored).toEqual(there.map(({ report }) => report.point.id));
  const removed = taken.map(({ report }) => report.point.id).filter((id) => !stored.includes(id));
  return { taken, removed, daysLeft, done: workload.done };
};

/** Takes points out of the list: the oldest few, or any one but the newest. */
const chooseLeaving = (there: TakenPoint[], random: Random): readonly string[] => {
  const gone = random.chance(0.7)
    ? there.splice(0, 1 + random.below(3))
    : there.splice(random.below(there.length - 1), 1);
  return gone.map(({ report }) => report.point.id);
};

const takeWhileWriting = async (
  take: () => Promise<TakenPoint>,
  workload: Workload,
  random: Random,
  removeBeside: (() => Promise<void>) | undefined,
): Promise<TakenPoint> => {
  const writeBeside = random.chance(0.6);
  let running = true;
  const acts = Promise.all([take(), removeBeside?.()]);
  const ended = acts.finally(() => {
    running = false;
  });
  // Whoever awaits it gets the error; until then it must not end the process.
  ended.catch(() => undefined);
  for (let step = 0; writeBeside && running && step < STEPS_BESIDE_MAX; step++) await workload.step();
  return (await ended)[0];
};
