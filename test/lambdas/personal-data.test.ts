import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { handler as captureWorker } from "../../lambdas/capture-worker/handler.ts";
import { handler as hotCopyStarter } from "../../lambdas/hot-copy-starter/handler.ts";
import { handler as pointReader } from "../../lambdas/point-reader/handler.ts";
import { handler as releaseSnapshot } from "../../lambdas/release-snapshot/handler.ts";
import { memoryDatabase } from "../operations/memory-source.ts";
import { newScene } from "../operations/release-world.ts";
import { callPlain, ENVIRONMENT, execute, executeAlone, openStack, watchLines } from "./memory-stack.ts";

vi.mock("../../lib/wiring/aws.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/aws-snapshots.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/aws-source.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/aws-starter.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/machine.ts", () => import("./memory-stack.ts"));

const RELEASE = { database: "shop", release: "2026.11.3", commit: "4f2c1d9" };
const HOLD = {
  kind: "hold",
  task: {
    run: "r",
    series: "00112233445566ff",
    act: "capture",
    capture: { database: "shop", tier: "hot", lanes: 1 },
  },
  cursor: null,
  attempt: 0,
};

/** What must not stand in any line: of a person, and of those who keep secrets. */
const PLANTED = [
  "ada.lovelace@example.org",
  "+49 30 901820",
  "DE02120300000000202051",
  "hunter2",
  "planted-secret-key",
];
const [MAIL, PHONE, IBAN, PASSWORD] = PLANTED as [string, string, string, string, string];

let lines: readonly string[] = [];
beforeEach(() => {
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  lines = watchLines();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const expectClean = (answer: unknown): void => {
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(() => JSON.parse(line) as unknown, line).not.toThrow();
  for (const planted of PLANTED) {
    expect(lines.filter((line) => line.includes(planted))).toEqual([]);
    expect(JSON.stringify(answer)).not.toContain(planted);
  }
};

const answerOf = async (act: Promise<unknown>): Promise<unknown> =>
  act.catch((error: Error) => ({ name: error.name, message: error.message, stack: error.stack }));

test.each([
  ["in the place of a release", { ...RELEASE, release: MAIL }],
  ["in the place of a commit", { ...RELEASE, commit: PASSWORD }],
  ["in the place of a database", { ...RELEASE, database: IBAN }],
  ["in the name of a field", { ...RELEASE, [MAIL]: true }],
  ["in a field too many", { ...RELEASE, requestedBy: { mail: MAIL, phone: PHONE }, password: PASSWORD }],
  ["in place of the event", MAIL],
])("an event with personal data %s leaves none of it in a line or an answer", async (_, event) => {
  openStack();
  expectClean((await executeAlone(releaseSnapshot, event)).output);
});

test.each([
  ["hot-copy-starter", hotCopyStarter, { database: "shop", day: PHONE, [MAIL]: PASSWORD }],
  ["capture-worker", captureWorker, { ...HOLD, kind: MAIL }],
  ["capture-worker", captureWorker, { ...HOLD, task: { ...HOLD.task, run: MAIL, password: PASSWORD } }],
  ["point-reader", pointReader, { kind: "read", task: { point: IBAN, lane: 0, lanes: 1 }, cursor: MAIL, attempt: 0 }],
])("an event of %s with personal data leaves none of it in a line or an answer", async (_, handler, event) => {
  openStack();
  expectClean(await answerOf(callPlain(handler, event)));
});

test("a row's values stand in no line, whether its capture goes well or its reader fails with them in its words", async () => {
  const made = newScene(0);
  const rows = new Map([
    [1, `${MAIL} ${PHONE}`],
    [2, `${IBAN} ${PASSWORD}`],
  ]);
  const database = memoryDatabase(made.clock, { customers: rows });
  openStack({ ...made, database });
  const functions = { worker: captureWorker, reader: pointReader };
  expectClean((await execute(releaseSnapshot, RELEASE, functions)).output);

  const failing = {
    ...database,
    open: () => ({ ...database.open(), openView: () => Promise.reject(new TypeError(MAIL)) }),
  };
  openStack({ ...newScene(0), database: failing });
  expectClean(await answerOf(callPlain(captureWorker, HOLD)));
  const bug = lines.map((line) => JSON.parse(line) as Record<string, unknown>).find((line) => line["code"] === "BUG");
  expect(bug).toMatchObject({ message: "an unexpected TypeError", at: expect.stringContaining("at ") as string });
});
