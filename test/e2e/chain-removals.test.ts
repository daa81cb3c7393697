import { expect, test } from "vitest";
import { listPoints } from "../../lib/engine/points.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { isFailure } from "../../lib/model/errors.ts";
import { freshDatabase, testServer } from "../postgres.ts";
import { expectExactly, howTaken, run, takeExactly } from "./chain/expect-point.ts";
import { openSubject, type Subject, type TakenPoint } from "./chain/subject.ts";

const HOUR_MS = 3_600_000;
const server = testServer(18);

const SET_UP = [
  "CREATE TABLE t (id int PRIMARY KEY, v text)",
  "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 200) i",
];

const change = (url: string, round: number): Promise<void> =>
  run(
    url,
    `UPDATE t SET v = 'round ${round}' WHERE id % 7 = ${round % 7}`,
    `DELETE FROM t WHERE id = ${10 + round}`,
    `INSERT INTO t VALUES (${1000 + round}, 'new'), (${9 + round}, 'back') ON CONFLICT DO NOTHING`,
  );

/** Removes the point and holds all others to what the witness saw. */
const removeAndLook = async (subject: Subject, url: string, points: readonly TakenPoint[], leaving: TakenPoint) => {
  await subject.remove([leaving.report.point.id]);
  const left = points.filter((point) => point !== leaving);
  for (const point of left) await expectExactly(subject, url, point);
  return left;
};

test("points taken while the clock went back stay exact when those before and between them are removed", async () => {
  const url = await freshDatabase(server);
  const subject = await openSubject();
  await run(url, ...SET_UP);
  const taken: TakenPoint[] = [];
  for (const [round, hours] of [0, 0, -2, -1, -3, 0].entries()) {
    await change(url, round);
    const clock = { ...systemClock, now: () => systemClock.now() + hours * HOUR_MS };
    taken.push(await takeExactly(subject, url, { clock }));
  }
  let left: readonly TakenPoint[] = taken;
  for (const i of [0, 3, 1, 4]) left = await removeAndLook(subject, url, left, taken[i] as TakenPoint);
  expect(await listPoints(subject.vault.hot)).toHaveLength(2);
});

test("two points that build on the same one stay exact without it, and the next builds on either", async () => {
  const url = await freshDatabase(server);
  const subject = await openSubject();
  await run(url, ...SET_UP);
  const first = await takeExactly(subject, url);
  await change(url, 1);
  // Both see that no other runs, and both begin.
  const both = await Promise.allSettled([subject.take(url, { lanes: 1 }), subject.take(url, { lanes: 1 })]);
  const points = [first];
  for (const end of both) {
    if (end.status === "fulfilled") points.push(end.value);
    else expect(isFailure(end.reason, "CAPTURE_RUNNING")).toBe(true);
  }
  expect(points.length).toBeGreaterThan(1);
  await change(url, 2);
  points.push(await takeExactly(subject, url));
  let left: readonly TakenPoint[] = points;
  for (const point of points.slice(0, -1)) left = await removeAndLook(subject, url, left, point);
  await change(url, 3);
  expect(howTaken(await takeExactly(subject, url), "t")).toBe("delta");
});
