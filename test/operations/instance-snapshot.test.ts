import { expect, test } from "vitest";
import { Failure } from "../../lib/model/errors.ts";
import { SNAPSHOT_PACING, takeInstanceSnapshot } from "../../lib/operations/instance-snapshot.ts";
import type { InstanceSnapshots, SnapshotRequest } from "../../lib/ports/instance-snapshots.ts";
import { MemorySnapshots } from "../contracts/memory-snapshots.ts";
import { type ManualClock, manualClock } from "../faults/manual-clock.ts";
import { CountedWorkflow, type Journal } from "./counted-workflow.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const OPERATIONS_MAX = 120;

const ORDERS = { kind: "instance", id: "orders" } as const;
const REQUEST: SnapshotRequest = {
  instance: ORDERS,
  release: "2026.11.3",
  commit: "4f2c1d9",
  expiresAt: Date.UTC(2026, 11, 24),
};

interface Shape {
  readonly takesMs?: number;
  readonly showsAfterMs?: number;
  readonly journal?: Journal;
}

function world({ takesMs = 20 * MINUTE, showsAfterMs = 0, journal = [] }: Shape = {}) {
  const clock = manualClock();
  const snapshots = new MemorySnapshots({ clock, instances: [ORDERS], takesMs, showsAfterMs });
  const workflow = new CountedWorkflow(clock, journal);
  const take = (through: InstanceSnapshots = snapshots) => takeInstanceSnapshot(workflow, through, REQUEST);
  return { clock, snapshots, workflow, take };
}

/** Lets time pass until the act has ended. */
async function ended<T>(clock: ManualClock, act: Promise<T>): Promise<T> {
  let running = true;
  const stop = () => {
    running = false;
  };
  act.then(stop, stop);
  while (running && clock.elapsedMs() < DAY) await clock.advance(10 * SECOND);
  if (running) throw new Error("the act has not ended within a day");
  return act;
}

/** The same provider, except for one verb. */
const but = (snapshots: InstanceSnapshots, over: Partial<InstanceSnapshots>): InstanceSnapshots => ({
  start: (request) => snapshots.start(request),
  describe: (instance, id) => snapshots.describe(instance, id),
  delete: (instance, id) => snapshots.delete(instance, id),
  ...over,
});

test("a snapshot is started once, waited for, and returned when it is available", async () => {
  const { clock, snapshots, workflow, take } = world();
  const startedAt = clock.now();
  const taken = await ended(clock, take());
  const [id = ""] = snapshots.ids();
  expect(taken).toEqual({
    id,
    arn: `memory:${id}`,
    status: "available",
    percent: 100,
    release: "2026.11.3",
    commit: "4f2c1d9",
    expiresAt: REQUEST.expiresAt,
    databaseTime: startedAt,
  });
  expect(clock.elapsedMs()).toBeGreaterThanOrEqual(20 * MINUTE);
  // Looks are at most five minutes apart, so it is seen at most that late.
  expect(clock.elapsedMs()).toBeLessThanOrEqual(25 * MINUTE);
  expect(snapshots.calls.start).toBe(1);
  expect(workflow.operations).toBeLessThanOrEqual(20);
});

test("a snapshot whose database time nobody knows is returned without one", async () => {
  const { clock, snapshots, take } = world({ takesMs: 0 });
  const timeless = but(snapshots, {
    describe: async (instance, id) => {
      const found = await snapshots.describe(instance, id);
      if (found === undefined) return undefined;
      const { databaseTime: _, ...rest } = found;
      return rest;
    },
  });
  expect(await ended(clock, take(timeless))).not.toHaveProperty("databaseTime");
});

test("a busy instance is waited for, and its snapshot starts within five minutes of its becoming available", async () => {
  const { clock, snapshots, take } = world({ takesMs: 0 });
  snapshots.beBusy(50 * MINUTE);
  expect(await ended(clock, take())).toMatchObject({ status: "available" });
  expect(clock.elapsedMs()).toBeGreaterThanOrEqual(50 * MINUTE);
  expect(clock.elapsedMs()).toBeLessThanOrEqual(55 * MINUTE);
});

test("fails with the provider's own INSTANCE_BUSY when the instance is busy past the deadline", async () => {
  const { clock, snapshots, workflow, take } = world();
  snapshots.beBusy(DAY);
  await expect(ended(clock, take())).rejects.toMatchObject({
    code: "INSTANCE_BUSY",
    message: "instance orders is backing-up",
    retryable: true,
  });
  expect(clock.elapsedMs()).toBeGreaterThanOrEqual(HOUR);
  expect(clock.elapsedMs()).toBeLessThanOrEqual(HOUR + 2 * MINUTE);
  expect(snapshots.ids()).toEqual([]);
  expect(workflow.operations).toBeLessThanOrEqual(30);
});

test("a snapshot that does not show for two minutes after its start is not taken for gone", async () => {
  const { clock, take } = world({ showsAfterMs: 2 * MINUTE });
  expect(await ended(clock, take())).toMatchObject({ status: "available" });
});

test("fails with SNAPSHOT_FAILED when the snapshot never shows", async () => {
  const { clock, take } = world({ showsAfterMs: DAY });
  await expect(ended(clock, take())).rejects.toMatchObject({
    code: "SNAPSHOT_FAILED",
    message: expect.stringMatching(/is gone: somebody deleted it$/) as string,
  });
  expect(clock.elapsedMs()).toBeLessThanOrEqual(4 * MINUTE);
});

test("fails with SNAPSHOT_FAILED within five minutes when somebody deletes the snapshot in the making", async () => {
  const { clock, snapshots, take } = world({ takesMs: 3 * HOUR });
  const taking = take();
  await clock.advance(HOUR);
  const [id = ""] = snapshots.ids();
  snapshots.remove(id);
  await expect(ended(clock, taking)).rejects.toMatchObject({
    code: "SNAPSHOT_FAILED",
    hint: expect.stringContaining("CloudTrail") as string,
    facts: { snapshot: id, instance: "orders" },
  });
  expect(clock.elapsedMs()).toBeLessThanOrEqual(HOUR + 5 * MINUTE);
});

test("fails with SNAPSHOT_FAILED within five minutes when the provider gives the snapshot up, and says how far it was", async () => {
  const { clock, snapshots, take } = world({ takesMs: 2 * HOUR });
  const taking = take();
  await clock.advance(HOUR);
  const [id = ""] = snapshots.ids();
  snapshots.fail(id);
  await expect(ended(clock, taking)).rejects.toMatchObject({
    code: "SNAPSHOT_FAILED",
    message: expect.stringMatching(/^snapshot .* failed at 5\d %$/) as string,
    retryable: false,
  });
  expect(clock.elapsedMs()).toBeLessThanOrEqual(HOUR + 5 * MINUTE);
});

test("fails with SNAPSHOT_FAILED at once for a release whose snapshot failed before", async () => {
  const { clock, snapshots, take } = world();
  const { id } = await snapshots.start(REQUEST);
  snapshots.fail(id);
  await expect(ended(clock, take())).rejects.toMatchObject({ code: "SNAPSHOT_FAILED" });
  expect(clock.elapsedMs()).toBeLessThanOrEqual(MINUTE);
});

test("fails with INSTANCE_BUSY after six hours in the making, and running it again waits on for the same snapshot", async () => {
  const { clock, snapshots, take } = world({ takesMs: 7 * HOUR });
  await expect(ended(clock, take())).rejects.toMatchObject({
    code: "INSTANCE_BUSY",
    message: expect.stringMatching(/is not available after 6 h$/) as string,
    retryable: true,
  });
  const again = takeInstanceSnapshot(new CountedWorkflow(clock), snapshots, REQUEST);
  expect(await ended(clock, again)).toMatchObject({ status: "available" });
  expect(snapshots.ids()).toHaveLength(1);
  expect(clock.elapsedMs()).toBeGreaterThanOrEqual(7 * HOUR);
});

test("looks begin half a minute apart and grow to five minutes, never more", async () => {
  const { clock, snapshots, take } = world({ takesMs: 2 * HOUR });
  const looksAt: number[] = [];
  const watched = but(snapshots, {
    describe: (instance, id) => {
      looksAt.push(clock.elapsedMs());
      return snapshots.describe(instance, id);
    },
  });
  await ended(clock, take(watched));
  const pauses = looksAt.slice(1).map((at, index) => at - (looksAt[index] ?? 0));
  // The first look only asks whether the snapshot shows.
  expect(pauses.slice(0, 3)).toEqual([0, 30 * SECOND, 45 * SECOND]);
  expect(Math.max(...pauses)).toBe(5 * MINUTE);
});

test("fails with RELEASE_TAKEN at once when the release has a snapshot of another commit", async () => {
  const { clock, snapshots, take } = world();
  await snapshots.start({ ...REQUEST, commit: "0000000" });
  await expect(ended(clock, take())).rejects.toMatchObject({ code: "RELEASE_TAKEN" });
  expect(clock.elapsedMs()).toBeLessThanOrEqual(MINUTE);
});

test.each(["SNAPSHOT_QUOTA", "INSTANCE_NOT_FOUND", "CLOUD_FORBIDDEN", "SNAPSHOT_NOT_OURS"] as const)(
  "fails with %s at once, from the start as from a look",
  async (code) => {
    for (const verb of ["start", "describe"] as const) {
      const { clock, snapshots, take } = world();
      const refusing = but(snapshots, { [verb]: () => Promise.reject(new Failure(code, "refused")) });
      await expect(ended(clock, take(refusing))).rejects.toMatchObject({ code, message: "refused" });
      expect(clock.elapsedMs()).toBeLessThanOrEqual(MINUTE);
    }
  },
);

test("throttled looks in between cost time, not the snapshot", async () => {
  const { clock, snapshots, take } = world();
  let looks = 0;
  const throttled = but(snapshots, {
    describe: (instance, id) => {
      looks += 1;
      if (looks % 3 > 0) return Promise.reject(new Failure("CLOUD_THROTTLED", "too many calls"));
      return snapshots.describe(instance, id);
    },
  });
  expect(await ended(clock, take(throttled))).toMatchObject({ status: "available" });
  expect(looks).toBeGreaterThan(6);
});

test(`the slowest snapshot of all takes at most ${OPERATIONS_MAX} operations`, async () => {
  const { start, show, finish } = SNAPSHOT_PACING;
  const { clock, snapshots, workflow, take } = world();
  // Everything succeeds in the last moment: busy past the start's deadline, shown at the show's, available at the finish's.
  let shownAt = Infinity;
  const slowest = but(snapshots, {
    start: async (request) => {
      if (clock.elapsedMs() <= start.deadlineMs + 20 * SECOND) throw new Failure("INSTANCE_BUSY", "being modified");
      shownAt = Math.min(shownAt, clock.elapsedMs() + show.deadlineMs);
      return snapshots.start(request);
    },
    describe: async (instance, id) => {
      if (clock.elapsedMs() < shownAt) return undefined;
      const found = await snapshots.describe(instance, id);
      if (found === undefined || clock.elapsedMs() >= shownAt + finish.deadlineMs) return found;
      return { ...found, status: "creating" };
    },
  });
  expect(await ended(clock, take(slowest))).toMatchObject({ status: "available" });
  expect(clock.elapsedMs()).toBeGreaterThanOrEqual(start.deadlineMs + show.deadlineMs + finish.deadlineMs);
  expect(workflow.journal).toHaveLength(4);
  expect(workflow.operations).toBeGreaterThan(90);
  expect(workflow.operations).toBeLessThanOrEqual(OPERATIONS_MAX);
});

test("replayed from after any of its operations it ends the same, and starts nothing twice", async () => {
  const whole = world({ showsAfterMs: MINUTE });
  whole.snapshots.beBusy(90 * SECOND);
  const taken = await ended(whole.clock, whole.take());
  const { journal } = whole.workflow;
  expect(journal.map(([name]) => name)).toEqual([
    "start the instance snapshot",
    "see the instance snapshot",
    "finish the instance snapshot",
  ]);
  for (let kept = 0; kept <= journal.length; kept++) {
    const workflow = new CountedWorkflow(whole.clock, journal.slice(0, kept));
    const again = takeInstanceSnapshot(workflow, whole.snapshots, REQUEST);
    expect(await ended(whole.clock, again)).toEqual(taken);
    expect(workflow.journal).toEqual(journal);
  }
  expect(whole.snapshots.ids()).toEqual([taken.id]);
});

test("two acts for one release end with the same snapshot", async () => {
  const { clock, snapshots, take } = world();
  const other = takeInstanceSnapshot(new CountedWorkflow(clock), snapshots, REQUEST);
  const [one, two] = await ended(clock, Promise.all([take(), other]));
  expect(two).toEqual(one);
  expect(snapshots.ids()).toEqual([one.id]);
});

test("two releases of one instance take turns: the second waits while the first makes the instance busy", async () => {
  const { clock, snapshots, take } = world();
  const second = takeInstanceSnapshot(new CountedWorkflow(clock), snapshots, { ...REQUEST, release: "2026.11.4" });
  const [one, two] = await ended(clock, Promise.all([take(), second]));
  expect(one.release).toBe("2026.11.3");
  expect(two.release).toBe("2026.11.4");
  expect(clock.elapsedMs()).toBeGreaterThanOrEqual(40 * MINUTE);
});
