import { expect, test } from "vitest";
import { serveWorker, WORKER_MARGIN_MS } from "../../lib/aws/durable-worker.ts";
import { Failure } from "../../lib/model/errors.ts";
import type { WorkerAnswer, WorkerCall } from "../../lib/ports/workflow.ts";

const remaining = (ms: number) => ({ getRemainingTimeInMillis: () => ms });
const EVENT = { kind: "copy", task: { lane: 1 }, cursor: null, attempt: 2 };

test("a worker gets its call without the kind, and the time that is left less a margin for its answer", async () => {
  const seen: unknown[] = [];
  const serve = serveWorker({
    async copy(call: WorkerCall, until) {
      seen.push(call, until);
      return { cursor: [7] };
    },
  });
  expect(await serve(EVENT, remaining(900_000))).toEqual({ cursor: [7] });
  expect(seen).toEqual([{ task: { lane: 1 }, cursor: null, attempt: 2 }, { deadlineMs: 900_000 - WORKER_MARGIN_MS }]);
  await serve(EVENT, remaining(3000));
  expect(seen[3]).toEqual({ deadlineMs: 0 });
});

test("a Failure is an answer, with its code, message, hint and facts", async () => {
  const failure = new Failure("SOURCE_MOVED", "orders was truncated", { hint: "again", facts: { table: "orders" } });
  const serve = serveWorker({ copy: async () => Promise.reject(failure) });
  expect(JSON.parse(JSON.stringify(await serve(EVENT, remaining(1))))).toEqual({
    failure: { code: "SOURCE_MOVED", message: "orders was truncated", hint: "again", facts: { table: "orders" } },
  });
});

test.each<[string, () => Promise<WorkerAnswer>]>([
  ["a bug", async () => Promise.reject(new RangeError("bug"))],
  ["no answer", async () => JSON.parse("null") as WorkerAnswer],
  ["two answers", async () => ({ cursor: 1, result: 2 })],
  ["a result that is too large", async () => ({ result: "x".repeat(205_000) })],
])("fails the invocation for %s, so that Lambda's log and the workflow see it", async (_, work) => {
  await expect(serveWorker({ copy: work })(EVENT, remaining(1))).rejects.toThrow(/bug|answers|bytes|convert/);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["another kind", { ...EVENT, kind: "paste" }],
  ["a kind that is not one of its own", { ...EVENT, kind: "toString" }],
  ["no task", { ...EVENT, task: undefined }],
  ["no cursor", { ...EVENT, cursor: undefined }],
  ["no attempt", { ...EVENT, attempt: "2" }],
])("answers EVENT_INVALID for an event with %s, and does nothing", async (_, event) => {
  let called = 0;
  const serve = serveWorker({
    async copy() {
      called += 1;
      return { result: 1 };
    },
  });
  expect(await serve(event, remaining(1))).toMatchObject({ failure: { code: "EVENT_INVALID" } });
  expect(called).toBe(0);
});
