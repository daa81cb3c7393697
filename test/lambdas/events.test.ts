import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { handler as captureWorker } from "../../lambdas/capture-worker/handler.ts";
import { handler as hotCopy } from "../../lambdas/hot-copy/handler.ts";
import { handler as hotCopyStarter } from "../../lambdas/hot-copy-starter/handler.ts";
import { handler as pointReader } from "../../lambdas/point-reader/handler.ts";
import { handler as releaseSnapshot } from "../../lambdas/release-snapshot/handler.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { callPlain, ENVIRONMENT, executeAlone, openStack, watchLines } from "./memory-stack.ts";

vi.mock("../../lib/wiring/aws.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/aws-snapshots.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/aws-source.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/aws-starter.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/machine.ts", () => import("./memory-stack.ts"));

let lines: readonly string[] = [];
beforeEach(() => {
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  lines = watchLines();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

interface Told {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
}

/** What the caller of a function is told, whichever way the function has of telling it. */
const toldBy = {
  async durable(handler: typeof hotCopy, event: unknown): Promise<Told> {
    const { output } = await executeAlone(handler, event);
    const { Status, Error: error } = output as { Status: string; Error?: { ErrorType: string; ErrorMessage: string } };
    if (Status !== "FAILED" || error === undefined) throw new Error(`the execution ended as ${Status}`);
    return told(error.ErrorType, error.ErrorMessage);
  },
  async plain(handler: Handler, event: unknown): Promise<Told> {
    const error = await callPlain(handler, event).then(
      () => new Error("it was not refused"),
      (thrown: Error) => thrown,
    );
    return told(error.name, error.message);
  },
  async worker(handler: Handler, event: unknown): Promise<Told> {
    const { failure } = (await callPlain(handler, event)) as { failure: Told };
    return { ...failure, retryable: false };
  },
} as const;

type Handler = Parameters<typeof callPlain>[0];

const told = (name: string, message: string): Told => {
  const failure = JSON.parse(message) as Told;
  if (failure.code !== name) throw new Error(`${name} is not ${failure.code}`);
  return failure;
};

const RELEASE = { database: "shop", release: "2026.11.3", commit: "4f2c1d9" };
const DAY = { database: "shop", day: "2026-11-20" };
const SERIES = "00112233445566ff";
const CAPTURE = { database: "shop", tier: "hot", lanes: 2 };
const hold = (task: unknown) => ({ kind: "hold", task, cursor: null, attempt: 0 });
const read = (task: unknown) => ({ kind: "read", task, cursor: null, attempt: 0 });

const release = (event: unknown) => toldBy.durable(releaseSnapshot, event);
const copy = (event: unknown) => toldBy.durable(hotCopy, event);
const start = (event: unknown) => toldBy.plain(hotCopyStarter, event);
const capture = (event: unknown) => toldBy.worker(captureWorker, event);
const reader = (event: unknown) => toldBy.worker(pointReader, event);

const MALFORMED: readonly [string, (event: unknown) => Promise<Told>, unknown, string][] = [
  ["release-snapshot, nothing", release, null, "event is null: expected an object of database, release, commit"],
  ["release-snapshot, a text", release, "shop", "event is a text of 4 characters: expected an object"],
  ["release-snapshot, a list", release, [RELEASE], "event is a list: expected an object"],
  [
    "release-snapshot, no release",
    release,
    { ...RELEASE, release: undefined },
    "event.release is missing: expected 1 to 64",
  ],
  [
    "release-snapshot, a number",
    release,
    { ...RELEASE, release: 20261103 },
    "event.release is a number: expected 1 to 64",
  ],
  [
    "release-snapshot, a path",
    release,
    { ...RELEASE, release: "../../etc" },
    "event.release is a text of 9 characters",
  ],
  ["release-snapshot, a branch", release, { ...RELEASE, commit: "main" }, "expected 7 to 64 hexadecimal digits"],
  [
    "release-snapshot, a database in capitals",
    release,
    { ...RELEASE, database: "SHOP" },
    "expected 1 to 63 lower case",
  ],
  ["release-snapshot, a field too many", release, { ...RELEASE, force: true }, "event has 1 field too many"],
  ["release-snapshot, two things at once", release, { commit: "x" }, "event.database is missing"],
  ["hot-copy, no day", copy, { database: "shop" }, "event.day is missing: expected a day as YYYY-MM-DD"],
  ["hot-copy, a day that is none", copy, { ...DAY, day: "2026-13-01" }, "expected a day as YYYY-MM-DD"],
  [
    "hot-copy-starter, neither day nor time",
    start,
    { database: "shop" },
    "event must be an object with either day or scheduledAt",
  ],
  ["hot-copy-starter, both", start, { ...DAY, scheduledAt: "2026-11-20T01:30:00Z" }, "either day or scheduledAt"],
  ["hot-copy-starter, a time that is none", start, { database: "shop", scheduledAt: "today" }, "event.scheduledAt"],
  [
    "hot-copy-starter, an hour that is none",
    start,
    { database: "shop", scheduledAt: "2026-11-20T25:00:00Z" },
    "an instant",
  ],
  [
    "hot-copy-starter, a time zone that is none",
    start,
    { database: "shop", scheduledAt: "2026-11-20T01:30:00Z", timeZone: "Mars/Olympus" },
    "event.timeZone must be a time zone",
  ],
  ["hot-copy-starter, attempt 0", start, { ...DAY, attempt: 0 }, "expected a whole number from 1 to 99"],
  ["hot-copy-starter, half an attempt", start, { ...DAY, attempt: 1.5 }, "expected a whole number from 1 to 99"],
  ["capture-worker, nothing", capture, null, "kind must be one of hold, copy"],
  ["capture-worker, a kind of its neighbour", capture, read({}), "kind must be one of hold, copy"],
  ["capture-worker, no task", capture, { kind: "hold", cursor: null, attempt: 0 }, "task, cursor and attempt"],
  ["capture-worker, an act that is none", capture, hold({ run: "r", series: SERIES, act: "stop" }), "task.act"],
  [
    "capture-worker, a capture without one",
    capture,
    hold({ run: "r", series: SERIES, act: "capture" }),
    "with capture if",
  ],
  [
    "capture-worker, a run that leaves its place",
    capture,
    hold({ run: "../r", series: SERIES, act: "capture", capture: CAPTURE }),
    "task.run is a text of 4 characters: expected the name of a run",
  ],
  [
    "capture-worker, no lanes",
    capture,
    hold({ run: "r", series: SERIES, act: "capture", capture: { ...CAPTURE, lanes: 0 } }),
    "task.capture.lanes is a number: expected a whole number from 1 to 32",
  ],
  ["point-reader, a kind of its neighbour", reader, hold({}), "kind must be one of read"],
  ["point-reader, no point", reader, read({ lane: 0, lanes: 1 }), "task.point is missing: expected the id of a point"],
  ["point-reader, a prefix", reader, read({ point: "2026", lane: 0, lanes: 1 }), "expected the id of a point"],
  [
    "point-reader, a lane that is none of its lanes",
    reader,
    read({ point: "20261120T160000Z-3f9a1c", lane: 2, lanes: 2 }),
    "task must be an object whose lane is below its lanes",
  ],
];

test.each(MALFORMED)("fails with EVENT_INVALID on %s, says what was expected, and touches nothing", async (...row) => {
  const [, call, event, message] = row;
  const { scene, started } = openStack();
  const told = await call(event);
  expect(told).toMatchObject({ code: "EVENT_INVALID", retryable: false });
  expect(told.message).toContain(message);
  expect(told.hint).not.toBe("");
  for (const store of [scene.stores.hot, scene.stores.keys, scene.evidence]) expect(await namesIn(store)).toEqual([]);
  expect(started.size + scene.snapshots.calls.start).toBe(0);
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(logged).toContainEqual(
    expect.objectContaining({ level: "ERROR", code: "EVENT_INVALID", message: told.message }),
  );
});

const UNKNOWN: readonly [string, (event: unknown) => Promise<Told>, unknown][] = [
  ["release-snapshot", release, { ...RELEASE, database: "shopp" }],
  ["hot-copy", copy, { ...DAY, database: "shopp" }],
  ["hot-copy-starter", start, { ...DAY, database: "shopp" }],
  [
    "capture-worker",
    capture,
    hold({ run: "r", series: SERIES, act: "capture", capture: { ...CAPTURE, database: "shopp" } }),
  ],
];

test.each(UNKNOWN)("fails with DATABASE_UNKNOWN in %s, and names what there is", async (_, call, event) => {
  const { scene, started } = openStack();
  expect(await call(event)).toMatchObject({
    code: "DATABASE_UNKNOWN",
    message: "the stack protects no database shopp, but shop",
  });
  expect(await namesIn(scene.evidence)).toEqual([]);
  expect(started.size + scene.snapshots.calls.start).toBe(0);
});

test("fails with STACK_INVALID in a function that its stack did not tell where it is", async () => {
  openStack();
  vi.stubEnv("LASTGOOD_DATABASES", "");
  expect(await start(DAY)).toMatchObject({
    code: "STACK_INVALID",
    message: "environment variable LASTGOOD_DATABASES is not set",
  });
});

test.each([
  ["a person's day", { ...DAY }, "hot-shop-2026-11-20"],
  ["a person's second attempt", { ...DAY, attempt: 2 }, "hot-shop-2026-11-20-2"],
  ["a schedule in UTC", { database: "shop", scheduledAt: "2026-11-20T01:30:00Z" }, "hot-shop-2026-11-20"],
  [
    "a schedule at night in Tokyo, where UTC has the day before",
    { database: "shop", scheduledAt: "2026-11-19T17:30:00Z", timeZone: "Asia/Tokyo" },
    "hot-shop-2026-11-20",
  ],
])("starts a hot copy for %s, once", async (_, event, name) => {
  const { started } = openStack();
  const day = { day: "2026-11-20", name };
  expect(await callPlain(hotCopyStarter, event)).toEqual({ ...day, started: "accepted" });
  expect(await callPlain(hotCopyStarter, event)).toEqual({ ...day, started: "known" });
  expect([...started]).toEqual([[name, DAY]]);
});

// In spring 01:30 in Berlin moves from 00:30 UTC to 23:30 UTC of the same day of UTC.
test("two nights of a schedule are two days, also when the clocks change between them", async () => {
  const { started } = openStack();
  for (const scheduledAt of ["2026-03-29T00:30:00Z", "2026-03-29T23:30:00Z"])
    await callPlain(hotCopyStarter, { database: "shop", scheduledAt, timeZone: "Europe/Berlin" });
  expect([...started.keys()]).toEqual(["hot-shop-2026-03-29", "hot-shop-2026-03-30"]);
});
