import { afterEach, expect, test, vi } from "vitest";
import { snapshotId } from "../../lib/aws/rds-snapshot-tags.ts";
import { rdsSnapshots } from "../../lib/aws/rds-snapshots.ts";
import { takeInstanceSnapshot } from "../../lib/operations/instance-snapshot.ts";
import type { SnapshotRequest } from "../../lib/ports/instance-snapshots.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { CountedWorkflow } from "../operations/counted-workflow.ts";
import { type Answer, foundXml, scriptedRds, snapshotXml } from "./scripted-rds.ts";

const ATTEMPTS = 6;
const KINDS = {
  instance: { Create: "CreateDBSnapshot", Describe: "DescribeDBSnapshots", Delete: "DeleteDBSnapshot" },
  cluster: {
    Create: "CreateDBClusterSnapshot",
    Describe: "DescribeDBClusterSnapshots",
    Delete: "DeleteDBClusterSnapshot",
  },
} as const;
const BOTH = ["instance", "cluster"] as const;
type Verb = keyof (typeof KINDS)["instance"];

interface Opened {
  readonly snapshots: ReturnType<typeof rdsSnapshots>;
  readonly request: SnapshotRequest;
  readonly id: string;
  readonly asked: readonly string[];
}

/** The adapter before a scripted RDS; every answer has to be asked for. */
async function withAnswers(
  kind: keyof typeof KINDS,
  script: (id: string) => Partial<Record<Verb, readonly Answer[]>>,
  act: (opened: Opened) => Promise<void>,
): Promise<void> {
  const instance = { kind, id: "orders" } as const;
  const id = snapshotId(instance, "2026.11.3");
  const answers = Object.entries(script(id)).map(([verb, list]) => [KINDS[kind][verb as Verb], list] as const);
  const rds = scriptedRds(Object.fromEntries(answers));
  const request = { instance, release: "2026.11.3", commit: "4f2c1d9", expiresAt: Date.UTC(2026, 11, 24) };
  await act({ snapshots: rdsSnapshots(rds.client), request, id, asked: rds.asked });
  rds.assertScriptKept();
}

const absent = (kind: keyof typeof KINDS): Answer => ({
  code: kind === "instance" ? "DBSnapshotNotFound" : "DBClusterSnapshotNotFoundFault",
  status: 404,
});
const made = (kind: keyof typeof KINDS, id: string): Answer => ({
  result: snapshotXml(kind, { id, status: "creating" }),
});

/** Lets the SDK's own pauses pass without waiting for them. */
async function hurried<T>(act: Promise<T>): Promise<T> {
  let running = true;
  const stop = () => {
    running = false;
  };
  act.then(stop, stop);
  while (running) await vi.advanceTimersByTimeAsync(1000);
  return act;
}

afterEach(() => {
  vi.useRealTimers();
});

// The statuses that the SDK's own waiter ends on, those of the API reference, and one that nobody has heard of yet.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBClusterSnapshot.html
test.each([
  ["creating", "creating"],
  ["copying", "creating"],
  ["modifying", "creating"],
  ["backing-up", "creating"],
  ["something-new", "creating"],
  ["available", "available"],
  ["failed", "failed"],
  ["deleting", "failed"],
  ["deleted", "failed"],
  ["incompatible-restore", "failed"],
  ["incompatible-parameters", "failed"],
])("RDS's status %s is %s to us", async (status, ours) => {
  for (const kind of BOTH) {
    const script = (id: string) => ({ Describe: [foundXml(kind, { id, status, percent: 40 })] });
    await withAnswers(kind, script, async ({ snapshots, request, id }) => {
      const percent = ours === "available" ? 100 : 40;
      expect(await snapshots.describe(request.instance, id)).toMatchObject({ status: ours, percent });
    });
  }
});

test("the database time is the last transaction in it, told when the snapshot is available, and never of a cluster", async () => {
  const databaseTime = "2026-11-21T03:04:05.678Z";
  const describe = async (kind: keyof typeof KINDS, status: string) => {
    let seen: unknown;
    const script = (id: string) => ({ Describe: [foundXml(kind, { id, status, databaseTime })] });
    await withAnswers(kind, script, async ({ snapshots, request, id }) => {
      seen = await snapshots.describe(request.instance, id);
    });
    return seen;
  };
  expect(await describe("instance", "available")).toMatchObject({ databaseTime: Date.parse(databaseTime) });
  expect(await describe("instance", "creating")).not.toHaveProperty("databaseTime");
  expect(await describe("cluster", "available")).not.toHaveProperty("databaseTime");
});

test("an empty list is as absent as a NotFound, and so is a list of others", async () => {
  for (const kind of BOTH) {
    for (const answer of [absent(kind), foundXml(kind), foundXml(kind, { id: "another", status: "available" })]) {
      await withAnswers(
        kind,
        () => ({ Describe: [answer] }),
        async ({ snapshots, request, id }) => {
          expect(await snapshots.describe(request.instance, id)).toBeUndefined();
        },
      );
    }
  }
});

// Codes as they stand on the wire: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html,
// API_CreateDBClusterSnapshot.html and CommonErrors.html.
test.each([
  ["instance", "DBInstanceNotFound", 404, "INSTANCE_NOT_FOUND"],
  ["instance", "InvalidDBInstanceState", 400, "INSTANCE_BUSY"],
  ["instance", "SnapshotQuotaExceeded", 400, "SNAPSHOT_QUOTA"],
  ["cluster", "DBClusterNotFoundFault", 404, "INSTANCE_NOT_FOUND"],
  ["cluster", "InvalidDBClusterStateFault", 400, "INSTANCE_BUSY"],
  ["cluster", "InvalidDBClusterSnapshotStateFault", 400, "INSTANCE_BUSY"],
  ["cluster", "SnapshotQuotaExceeded", 400, "SNAPSHOT_QUOTA"],
  ["instance", "AccessDenied", 403, "CLOUD_FORBIDDEN"],
  ["cluster", "AccessDenied", 403, "CLOUD_FORBIDDEN"],
  ["instance", "ExpiredToken", 403, "CLOUD_CREDENTIALS"],
  ["instance", "InvalidClientTokenId", 403, "CLOUD_CREDENTIALS"],
  ["instance", "InvalidParameterValue", 400, "CLOUD_ERROR"],
] as const)(
  "fails to start a snapshot of kind %s after %s (%i) as %s, after one attempt",
  async (kind, code, status, ours) => {
    const script = () => ({ Describe: [absent(kind)], Create: [{ code, status }] });
    await withAnswers(kind, script, async ({ snapshots, request, asked }) => {
      await expect(snapshots.start(request)).rejects.toMatchObject({
        code: ours,
        message: expect.stringContaining(`start a snapshot of ${kind} orders`) as string,
      });
      expect(asked).toEqual([KINDS[kind].Describe, KINDS[kind].Create]);
    });
  },
);

test("fails with the cluster's name as the way out for an instance that is a member of one", async () => {
  // The words of RDS, as in https://github.com/cloud-custodian/cloud-custodian/issues/313.
  const message =
    "The specified instance is a member of a cluster and a snapshot cannot be created directly. " +
    "Please use the CreateDBClusterSnapshot API instead.";
  const script = () => ({ Describe: [absent("instance")], Create: [{ code: "InvalidParameterValue", message }] });
  await withAnswers("instance", script, async ({ snapshots, request }) => {
    await expect(snapshots.start(request)).rejects.toMatchObject({
      code: "INSTANCE_NOT_FOUND",
      hint: expect.stringContaining("name the cluster") as string,
    });
  });
});

test.each([
  ["start", "Describe", "CLOUD_FORBIDDEN"],
  ["describe", "Describe", "CLOUD_FORBIDDEN"],
  ["delete", "Describe", "CLOUD_FORBIDDEN"],
] as const)("fails to %s without the right to %s with %s: forbidden is never absent", async (verb, missing, code) => {
  for (const kind of BOTH) {
    const right = `rds:${KINDS[kind][missing]}`;
    const message = `User: arn:aws:sts::123456789012:assumed-role/x/ada@example.org is not authorized to perform: ${right} on resource: arn:aws:rds:eu-central-1:123456789012:snapshot:* because no identity-based policy allows the ${right} action`;
    const script = () => ({ [missing]: [{ code: "AccessDenied", status: 403, message }] });
    await withAnswers(kind, script, async ({ snapshots, request, id, asked }) => {
      const act = verb === "start" ? snapshots.start(request) : snapshots[verb](request.instance, id);
      const failure: unknown = await act.catch((error: unknown) => error);
      expect(failure).toMatchObject({ code, message: expect.stringContaining(`no right ${right}`) as string });
      expect((failure as Error).message).not.toContain("ada@example.org");
      expect(asked).toHaveLength(1);
    });
  }
});

test("fails to delete without the right to it, naming the right", async () => {
  const message = "User: arn:aws:iam::123456789012:role/x is not authorized to perform: rds:DeleteDBSnapshot";
  const script = (id: string) => ({
    Describe: [foundXml("instance", { id, status: "available" })],
    Delete: [{ code: "AccessDenied", status: 403, message }],
  });
  await withAnswers("instance", script, async ({ snapshots, request, id }) => {
    await expect(snapshots.delete(request.instance, id)).rejects.toMatchObject({
      code: "CLOUD_FORBIDDEN",
      message: expect.stringContaining("rds:DeleteDBSnapshot") as string,
    });
  });
});

// RDS throttles with bare names that its model does not have, at status 400:
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html
test.each(["Throttling", "RequestLimitExceeded", "ThrottlingException"])(
  "%s is tried again until RDS answers, and is CLOUD_THROTTLED after six attempts",
  async (code) => {
    vi.useFakeTimers();
    const refused: Answer = { code, message: "Rate exceeded" };
    for (const kind of BOTH) {
      const recovers = (id: string) => ({ Describe: [refused, refused, foundXml(kind, { id, status: "available" })] });
      await withAnswers(kind, recovers, async ({ snapshots, request, id }) => {
        expect(await hurried(snapshots.describe(request.instance, id))).toMatchObject({ status: "available" });
      });
      const stays = () => ({ Describe: Array.from({ length: ATTEMPTS }, () => refused) });
      await withAnswers(kind, stays, async ({ snapshots, request, id, asked }) => {
        await expect(hurried(snapshots.describe(request.instance, id))).rejects.toMatchObject({
          code: "CLOUD_THROTTLED",
          retryable: true,
        });
        expect(asked).toHaveLength(ATTEMPTS);
      });
    }
  },
);

test.each([
  ["a connection that breaks", { socket: "ECONNRESET" }],
  ["a name that is not found", { socket: "ENOTFOUND" }],
  ["status 503", { code: "ServiceUnavailable", status: 503 }],
  ["status 500", { code: "InternalFailure", status: 500 }],
])("fails with CLOUD_UNREACHABLE after %s at each of six attempts", async (_, answer: Answer) => {
  vi.useFakeTimers();
  const script = () => ({ Describe: Array.from({ length: ATTEMPTS }, () => answer) });
  await withAnswers("instance", script, async ({ snapshots, request, id }) => {
    await expect(hurried(snapshots.describe(request.instance, id))).rejects.toMatchObject({
      code: "CLOUD_UNREACHABLE",
      retryable: true,
    });
  });
});

test("a start whose first answer is lost finds what it started and adopts it", async () => {
  vi.useFakeTimers();
  for (const kind of BOTH) {
    const exists = kind === "instance" ? "DBSnapshotAlreadyExists" : "DBClusterSnapshotAlreadyExistsFault";
    const script = (id: string) => ({
      Describe: [absent(kind), foundXml(kind, { id, status: "creating", percent: 3 })],
      Create: [{ socket: "ECONNRESET" }, { code: exists }],
    });
    await withAnswers(kind, script, async ({ snapshots, request, id }) => {
      expect(await hurried(snapshots.start(request))).toMatchObject({ id, status: "creating", percent: 3 });
    });
  }
});

test("fails with RELEASE_TAKEN when a faster start was for another commit", async () => {
  const tags = { "lastgood:commit": "0000000" };
  const script = (id: string) => ({
    Describe: [absent("instance"), foundXml("instance", { id, status: "creating", tags })],
    Create: [{ code: "DBSnapshotAlreadyExists" }],
  });
  await withAnswers("instance", script, async ({ snapshots, request }) => {
    await expect(snapshots.start(request)).rejects.toMatchObject({
      code: "RELEASE_TAKEN",
      message: "release 2026.11.3 has a snapshot of commit 0000000; commit 4f2c1d9 was given",
    });
  });
});

test("fails with INSTANCE_BUSY, to be tried again, while RDS refuses an id whose snapshot it does not show", async () => {
  const script = () => ({
    Describe: [absent("instance"), absent("instance")],
    Create: [{ code: "DBSnapshotAlreadyExists" }],
  });
  await withAnswers("instance", script, async ({ snapshots, request }) => {
    await expect(snapshots.start(request)).rejects.toMatchObject({ code: "INSTANCE_BUSY", retryable: true });
  });
});

test("a release whose snapshot failed is adopted as failed: nothing takes its place by itself", async () => {
  const script = (id: string) => ({ Describe: [foundXml("cluster", { id, status: "failed", percent: 12 })] });
  await withAnswers("cluster", script, async ({ snapshots, request, asked }) => {
    expect(await snapshots.start(request)).toMatchObject({ status: "failed", percent: 12 });
    expect(asked).toHaveLength(1);
  });
});

test("fails to start with INSTANCE_BUSY while an earlier snapshot of the release is being deleted", async () => {
  const script = (id: string) => ({ Describe: [foundXml("instance", { id, status: "deleting" })] });
  await withAnswers("instance", script, async ({ snapshots, request }) => {
    await expect(snapshots.start(request)).rejects.toMatchObject({ code: "INSTANCE_BUSY" });
  });
});

test("deleting what is being deleted says deleted and asks for nothing more", async () => {
  const script = (id: string) => ({ Describe: [foundXml("instance", { id, status: "deleting" })] });
  await withAnswers("instance", script, async ({ snapshots, request, id, asked }) => {
    expect(await snapshots.delete(request.instance, id)).toBe("deleted");
    expect(asked).toHaveLength(1);
  });
});

test("a deletion whose first answer is lost, or that another one overtakes, says deleted", async () => {
  vi.useFakeTimers();
  for (const kind of BOTH) {
    const script = (id: string) => ({
      Describe: [foundXml(kind, { id, status: "available" })],
      Delete: [{ socket: "ECONNRESET" }, absent(kind)],
    });
    await withAnswers(kind, script, async ({ snapshots, request, id }) => {
      expect(await hurried(snapshots.delete(request.instance, id))).toBe("deleted");
    });
  }
});

// "The DB snapshot must be in the available state to be deleted."
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSnapshot.html
test.each([
  ["instance", "InvalidDBSnapshotState"],
  ["cluster", "InvalidDBClusterSnapshotStateFault"],
] as const)("fails to delete with INSTANCE_BUSY what is still in the making, of kind %s (%s)", async (kind, code) => {
  const script = (id: string) => ({ Describe: [foundXml(kind, { id, status: "creating" })], Delete: [{ code }] });
  await withAnswers(kind, script, async ({ snapshots, request, id }) => {
    await expect(snapshots.delete(request.instance, id)).rejects.toMatchObject({
      code: "INSTANCE_BUSY",
      message: `snapshot ${id} is creating and cannot be deleted now`,
      facts: { snapshot: id, status: "creating" },
    });
  });
});

test("nothing is asked of RDS for a release that fits no tag", async () => {
  await withAnswers(
    "instance",
    () => ({}),
    async ({ snapshots, request, asked }) => {
      await expect(snapshots.start({ ...request, release: "" })).rejects.toMatchObject({ code: "USAGE" });
      expect(asked).toEqual([]);
    },
  );
});

test("from a nightly backup to an available snapshot: busy, not shown yet, in the making, available", async () => {
  const busy: Answer = {
    code: "InvalidDBInstanceState",
    message: "Cannot create a snapshot because the database instance orders is not currently in the available state.",
  };
  const kind = "instance";
  const script = (id: string) => ({
    Create: [busy, busy, made(kind, id)],
    Describe: [
      ...[absent(kind), absent(kind), absent(kind)], // One before each start.
      ...[absent(kind), foundXml(kind, { id, status: "creating" })], // Not shown at once.
      ...[1, 40, 99].map((percent) => foundXml(kind, { id, status: "creating", percent })),
      foundXml(kind, { id, status: "available", percent: 100, databaseTime: "2026-11-21T03:04:05.678Z" }),
    ],
  });
  await withAnswers(kind, script, async ({ snapshots, request, id }) => {
    const clock = manualClock();
    const workflow = new CountedWorkflow(clock);
    const taking = takeInstanceSnapshot(workflow, snapshots, request);
    let running = true;
    const stop = () => {
      running = false;
    };
    taking.then(stop, stop);
    while (running) await clock.advance(1000);
    expect(await taking).toEqual({
      id,
      arn: `arn:aws:rds:eu-central-1:123456789012:${id}`,
      status: "available",
      percent: 100,
      release: "2026.11.3",
      commit: "4f2c1d9",
      expiresAt: request.expiresAt,
      databaseTime: Date.UTC(2026, 10, 21, 3, 4, 5, 678),
    });
    expect(workflow.operations).toBe(3 + 3 + 2 + 4);
  });
});
