import { expect, test } from "vitest";
import { SNAPSHOT_PACING, takeInstanceSnapshot } from "../../lib/operations/instance-snapshot.ts";
import type { InstanceSnapshots, SnapshotRequest } from "../../lib/ports/instance-snapshots.ts";
import { MemorySnapshots } from "../contracts/memory-snapshots.ts";
import { runAct } from "./durable-act.ts";
import type { Death } from "./durable-service.ts";

const MINUTE = 60_000;
const OPERATIONS_MAX = 120;

const ORDERS = { kind: "cluster", id: "orders" } as const;
const REQUEST: SnapshotRequest = {
  instance: ORDERS,
  release: "2026.11.3",
  commit: "4f2c1d9",
  expiresAt: Date.UTC(2026, 11, 24),
};

interface Shape {
  readonly busyMs: number;
  readonly showsAfterMs: number;
  readonly takesMs: number;
}

/** Takes a snapshot as a Lambda durable function. */
async function take(
  { busyMs, showsAfterMs, takesMs }: Shape,
  dies?: (checkpoint: number, ofInvocation: number) => Death,
) {
  let read = (): number => 0;
  const clock = { now: () => read() };
  const snapshots = new MemorySnapshots({ clock, instances: [ORDERS], showsAfterMs, takesMs });
  // The server is found busy by its first start, when time has begun.
  let begun = false;
  const port: InstanceSnapshots = {
    start: (request) => {
      if (!begun) snapshots.beBusy(busyMs);
      begun = true;
      return snapshots.start(request);
    },
    describe: (instance, id) => snapshots.describe(instance, id),
    delete: (instance, id) => snapshots.delete(instance, id),
  };
  const end = await runAct(
    async (workflow) => {
      const { id, status, percent } = await takeInstanceSnapshot(workflow, port, REQUEST);
      return { id, status, percent };
    },
    {
      dies,
      clock: (now) => {
        read = now;
      },
    },
  );
  return { ...end, snapshots };
}

test(`the slowest snapshot of all is at most ${OPERATIONS_MAX} operations of a durable function`, async () => {
  const { start, show, finish } = SNAPSHOT_PACING;
  const slowest = { busyMs: start.deadlineMs, showsAfterMs: show.deadlineMs, takesMs: finish.deadlineMs };
  const { result, history } = await take(slowest);
  expect(result).toMatchObject({ status: "available", percent: 100 });
  expect(history.counted).toBeGreaterThan(90);
  expect(history.counted).toBeLessThanOrEqual(OPERATIONS_MAX);
});

test("killed before or after any of its checkpoints it ends with one and the same snapshot", async () => {
  const shape = { busyMs: 3 * MINUTE, showsAfterMs: MINUTE / 6, takesMs: 4 * MINUTE };
  const undisturbed = await take(shape);
  const deaths = Array.from({ length: undisturbed.checkpoints }, (_, at) => at + 1).flatMap((at) =>
    (["before it is kept", "after it is kept"] as const).map((death) => ({ at, death })),
  );
  expect(deaths.length).toBeGreaterThanOrEqual(24);
  // Side by side: an invocation of the durable SDK ends some 20 ms after its work.
  const ends = await Promise.all(
    deaths.map(async ({ at, death }) => ({
      at,
      death,
      killed: await take(shape, (checkpoint) => (checkpoint === at ? death : undefined)),
    })),
  );
  for (const { at, death, killed } of ends) {
    expect(killed.result, `${at} ${death}`).toEqual(undisturbed.result);
    expect(killed.snapshots.ids(), `${at} ${death}`).toEqual([undisturbed.result.id]);
    expect(killed.invocations, `${at} ${death}`).toBe(undisturbed.invocations + 1);
  }
});
