import { expect, test } from "vitest";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { Failure } from "../../../lib/model/errors.ts";
import { postgresSource } from "../../../lib/postgres/source.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { captureProcess, pointsIn } from "../crash/process.ts";
import { between } from "./between.ts";

const server = testServer(18);

/** A capture that stands still before its first row until it is let go, and others beside it. */
const openScene = async () => {
  const url = await freshDatabase(server);
  await query(url, "CREATE TABLE orders AS SELECT n AS id FROM generate_series(1, 100) n");
  const clock = manualClock();
  const store = memoryStore(clock);
  const source = await postgresSource(url);
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const held = between(source, () => {
    reached.resolve();
    return gate.promise;
  });
  const first = captureProcess({ source: held, clock }, store);
  await reached.promise;
  const warnings: string[] = [];
  const stop = new AbortController();
  const second = () =>
    captureProcess({ source, clock }, store, { warn: (text) => warnings.push(text), signal: stop.signal });
  const ids = async () => (await pointsIn(store)).map(({ id }) => id);
  return { clock, store, first, second, warnings, stop, go: gate.resolve, ids, database: source.database };
};

test("fails with CAPTURE_RUNNING beside a capture that renews its lease, and harms neither it nor the next", async () => {
  const scene = await openScene();
  const refused = scene.second().catch((error: unknown) => error);
  await expect.poll(() => scene.clock.sleeping).toBe(2);
  expect(scene.warnings).toEqual([
    `another capture of ${scene.database} has not ended: waiting 16 s to see whether it lives`,
  ]);
  await scene.clock.advance(16_000);
  expect(await refused).toMatchObject({
    code: "CAPTURE_RUNNING",
    exit: 7,
    retryable: true,
    message: expect.stringMatching(new RegExp(`^another capture of ${scene.database} is running \\(\\d{8}T`)) as string,
    hint: "wait for the other capture, then run again",
  });
  expect(await scene.ids()).toEqual([]);
  scene.go();
  const { point } = await scene.first;
  await scene.clock.advance(1000);
  const { point: next } = await scene.second();
  expect(await scene.ids()).toEqual([point.id, next.id]);
});

test("a capture that waits takes its turn as soon as the other one has ended", async () => {
  const scene = await openScene();
  const second = scene.second();
  await expect.poll(() => scene.clock.sleeping).toBe(2);
  scene.go();
  const { point } = await scene.first;
  await scene.clock.advance(16_000);
  const { point: next } = await second;
  expect(await scene.ids()).toEqual([point.id, next.id]);
});

test("Ctrl-C ends the wait for another capture at once", async () => {
  const scene = await openScene();
  const stopped = scene.second().catch((error: unknown) => error);
  await expect.poll(() => scene.clock.sleeping).toBe(2);
  scene.stop.abort(new Failure("INTERRUPTED", "stopped by SIGINT"));
  expect(await stopped).toMatchObject({ code: "INTERRUPTED" });
  scene.go();
  const { point } = await scene.first;
  expect(await scene.ids()).toEqual([point.id]);
});

test("captures of two databases into one vault run side by side", async () => {
  const scene = await openScene();
  const url = await freshDatabase(server);
  await query(url, "CREATE TABLE other AS SELECT 1 AS id");
  const { point } = await captureProcess({ source: await postgresSource(url), clock: scene.clock }, scene.store);
  scene.go();
  expect(await scene.ids()).toContain(point.id);
  const { point: first } = await scene.first;
  expect((await scene.ids()).toSorted()).toEqual([first.id, point.id].toSorted());
});
