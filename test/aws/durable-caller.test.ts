import { LambdaClient } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { durableCaller } from "../../lib/aws/durable-caller.ts";
import { SHORT_CALLS } from "../../lib/aws/short-calls.ts";
import type { CalledAct } from "../../lib/ports/workflow-caller.ts";
import { type RestAnswer, scriptedRest } from "./scripted-rest.ts";

const FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function:release";
const NAME = "release-0a1b";
const INPUT = { database: "shop", release: "2026.11.3", commit: "4f2c1d9" };
const NOW = Date.UTC(2026, 10, 21);
const STARTED = Date.UTC(2026, 10, 20);

const arnOf = (name: string): string => `${FUNCTION}:7/durable-execution/${name}/1`;
const NONE: RestAnswer = { body: { DurableExecutions: [] } };
const known = (name: string, Status: string): RestAnswer => ({
  body: {
    DurableExecutions: [
      {
        DurableExecutionArn: arnOf(name),
        DurableExecutionName: name,
        FunctionArn: FUNCTION,
        Status,
        StartTimestamp: STARTED / 1000,
      },
    ],
  },
});
const started = (name: string): RestAnswer => ({ body: {}, headers: { "x-amz-durable-execution-arn": arnOf(name) } });
const seen = (Status: string, more: object = {}): RestAnswer => ({ body: { Status, ...more } });
const RUNNING = seen("RUNNING");
const DONE = seen("SUCCEEDED", { Result: JSON.stringify({ point: "p1" }) });
const failed = (ErrorType: string, ErrorMessage: string): RestAnswer =>
  seen("FAILED", { Error: { ErrorType, ErrorMessage } });

const INVOKE = `POST /2015-03-31/functions/${FUNCTION}:live/invocations`;
const look = (name: string): string => `GET /2025-12-01/durable-executions/${arnOf(name)}?IncludeExecutionData=true`;

/** Calls under these answers. What it did is told also when it failed. */
const call = async (...answers: readonly [RestAnswer, ...RestAnswer[]]) => {
  const { requests, access } = await scriptedRest(...answers);
  const client = new LambdaClient({ ...access, ...SHORT_CALLS, maxAttempts: 1 });
  const [pauses, waits]: [number[], CalledAct[]] = [[], []];
  const stop = new AbortController();
  const clock = {
    now: () => NOW,
    elapsedMs: () => 0,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      pauses.push(ms);
      await Promise.resolve();
    },
  };
  const caller = durableCaller(client, `${FUNCTION}:live`, clock);
  const waiting = (act: CalledAct): void => void waits.push(act);
  const run = (onWait = waiting) => caller.call(NAME, INPUT, onWait, stop.signal);
  return { requests, pauses, waits, stop, run };
};

const asked = (requests: readonly { readonly what: string }[]): string[] =>
  requests.map(({ what }) => {
    if (what.startsWith("POST ")) return what === INVOKE ? "start" : what;
    const [, name] = /[?&]DurableExecutionName=([^&]+)/.exec(what) ?? [];
    if (name !== undefined) return `find ${name}`;
    const [, execution] = /\/durable-execution\/([^/]+)\//.exec(what) ?? [];
    return execution === undefined ? what : `look ${execution}`;
  });

test("starts what nobody has started, by its name, and waits for the result", async () => {
  const { requests, pauses, waits, run } = await call(NONE, started(NAME), RUNNING, RUNNING, DONE);
  expect(await run()).toEqual({ point: "p1" });
  expect(asked(requests)).toEqual([`find ${NAME}`, "start", ...Array<string>(3).fill(`look ${NAME}`)]);
  expect(requests[0]?.what).toContain(`/2025-12-01/functions/${FUNCTION}/durable-executions?`);
  expect(requests[0]?.what).toContain("Qualifier=live");
  expect(requests[1]?.headers).toMatchObject({
    "x-amz-invocation-type": "Event",
    "x-amz-durable-execution-name": NAME,
  });
  expect(JSON.parse(requests[1]?.body ?? "")).toEqual(INPUT);
  expect(requests[2]?.what).toBe(look(NAME));
  expect(pauses).toEqual([2000, 3000]);
  const running = { name: NAME, startedAt: NOW };
  expect(waits).toEqual([running, running]);
});

test("waits for what is running, and starts nothing", async () => {
  const { requests, waits, run } = await call(known(NAME, "RUNNING"), RUNNING, DONE);
  expect(await run()).toEqual({ point: "p1" });
  expect(asked(requests)).toEqual([`find ${NAME}`, `look ${NAME}`, `look ${NAME}`]);
  expect(waits).toEqual([{ name: NAME, startedAt: STARTED }]);
});

test("gives the result of what succeeded, and does not wait", async () => {
  const { requests, pauses, run } = await call(known(NAME, "SUCCEEDED"), DONE);
  expect(await run()).toEqual({ point: "p1" });
  expect(asked(requests)).toEqual([`find ${NAME}`, `look ${NAME}`]);
  expect(pauses).toEqual([]);
});

test.each(["FAILED", "TIMED_OUT", "STOPPED"])("begins another try of what ended as %s", async (status) => {
  const second = `${NAME}-2`;
  const { requests, run } = await call(known(NAME, status), NONE, started(second), DONE);
  expect(await run()).toEqual({ point: "p1" });
  expect(asked(requests)).toEqual([`find ${NAME}`, `find ${second}`, "start", `look ${second}`]);
  expect(requests[2]?.headers).toMatchObject({ "x-amz-durable-execution-name": second });
});

test("joins the first later try that has not failed", async () => {
  const [second, third] = [`${NAME}-2`, `${NAME}-3`];
  const { requests, run } = await call(known(NAME, "FAILED"), known(second, "FAILED"), known(third, "RUNNING"), DONE);
  expect(await run()).toEqual({ point: "p1" });
  expect(asked(requests)).toEqual([`find ${NAME}`, `find ${second}`, `find ${third}`, `look ${third}`]);
});

test("takes no execution for its own whose name only begins alike", async () => {
  const { requests, run } = await call(known(`${NAME}-2`, "SUCCEEDED"), started(NAME), DONE);
  await run();
  expect(asked(requests)).toEqual([`find ${NAME}`, "start", `look ${NAME}`]);
});

test("looks less and less often, and every ten seconds at least", async () => {
  const { pauses, run } = await call(known(NAME, "RUNNING"), ...Array<RestAnswer>(8).fill(RUNNING), DONE);
  await run();
  expect(pauses.map(Math.round)).toEqual([2000, 3000, 4500, 6750, 10_000, 10_000, 10_000, 10_000]);
});

test("what the function reported comes out as the same failure", async () => {
  const reported = { message: "release r1 stands for commit aaa", hint: "use a new id", facts: { taken: "aaa" } };
  const told = failed("RELEASE_TAKEN", JSON.stringify({ code: "RELEASE_TAKEN", retryable: false, ...reported }));
  const { run } = await call(NONE, started(NAME), told);
  await expect(run()).rejects.toMatchObject({ name: "Failure", code: "RELEASE_TAKEN", retryable: false, ...reported });
});

test.each([
  ["an error of nobody's", failed("Runtime.ExitError", "RequestId: 1 Error: exited"), "FAILED: Runtime.ExitError"],
  ["a code without what goes with it", failed("RELEASE_TAKEN", "it is taken"), "FAILED: RELEASE_TAKEN"],
  ["a code and no text in its message", failed("RELEASE_TAKEN", '{"message":7}'), "FAILED: RELEASE_TAKEN"],
  ["what every object has for a code", failed("toString", '{"message":"boo"}'), "FAILED: toString"],
  ["no error at all", seen("TIMED_OUT"), "TIMED_OUT"],
])("fails as WORKER_LOST on %s", async (_, end, how) => {
  const { run } = await call(NONE, started(NAME), end);
  await expect(run()).rejects.toMatchObject({ code: "WORKER_LOST", message: `execution ${NAME} ended as ${how}` });
});

const AT: readonly [string, readonly RestAnswer[]][] = [
  ["ListDurableExecutionsByFunction", []],
  ["InvokeFunction", [NONE]],
  ["GetDurableExecution", [NONE, started(NAME)]],
];
const ERRORS: readonly [number, string, string, string][] = [
  [429, "TooManyRequestsException", "CLOUD_THROTTLED", "TooManyRequestsException"],
  [403, "AccessDeniedException", "CLOUD_FORBIDDEN", "AccessDeniedException"],
  [403, "ExpiredTokenException", "CLOUD_CREDENTIALS", "ExpiredTokenException"],
  [500, "ServiceException", "CLOUD_UNREACHABLE", "ServiceException"],
  [404, "ResourceNotFoundException", "STACK_INVALID", "there is no such function"],
];
const cases = AT.flatMap(([right, before]) => ERRORS.map((error) => [right, ...error, before] as const));

test.each(cases)("fails at lambda:%s on %d %s as %s", async (right, status, type, code, why, before) => {
  const { run } = await call(...(before as [RestAnswer, ...RestAnswer[]]), { status, type, message: "said AWS" });
  await expect(run()).rejects.toMatchObject({
    code,
    message: expect.stringMatching(new RegExp(`^could not .* by lambda:${right} of .*: ${why}$`)) as string,
  });
});

test("fails as CLOUD_UNREACHABLE where nobody answers", async () => {
  const nobody = { endpoint: "http://127.0.0.1:1", region: "eu-central-1", maxAttempts: 1 };
  const client = new LambdaClient({ ...nobody, credentials: { accessKeyId: "A", secretAccessKey: "b" } });
  const clock = { now: () => NOW, elapsedMs: () => 0, sleep: () => Promise.resolve() };
  const calling = durableCaller(client, `${FUNCTION}:live`, clock).call(NAME, INPUT, () => {}, AbortSignal.any([]));
  await expect(calling).rejects.toMatchObject({ code: "CLOUD_UNREACHABLE" });
});

test("fails as STACK_INVALID where what was invoked is no durable function", async () => {
  const { run } = await call(NONE, { body: {} });
  await expect(run()).rejects.toMatchObject({
    code: "STACK_INVALID",
    message: expect.stringMatching(/it is no durable function$/) as string,
  });
});

test("stops waiting at once when it is told to, and asks nothing more", async () => {
  const { requests, stop, run } = await call(known(NAME, "RUNNING"), RUNNING);
  const reason = new Error("Ctrl-C");
  await expect(run(() => stop.abort(reason))).rejects.toBe(reason);
  expect(asked(requests)).toEqual([`find ${NAME}`, `look ${NAME}`]);
});

test("gives up after 99 tries that failed, instead of one more", async () => {
  const names = Array.from({ length: 99 }, (_, i) => (i === 0 ? NAME : `${NAME}-${i + 1}`));
  const { requests, run } = await call(...(names.map((name) => known(name, "FAILED")) as [RestAnswer]));
  await expect(run()).rejects.toMatchObject({ code: "WORKER_LOST", message: `${NAME} has failed 99 times` });
  expect(requests).toHaveLength(99);
});

test.each(["", "a b", "a/b", "x".repeat(61)])("refuses the name %j, which Lambda would", async (name) => {
  const client = new LambdaClient({ region: "eu-central-1" });
  const clock = { now: () => NOW, elapsedMs: () => 0, sleep: () => Promise.resolve() };
  const calling = durableCaller(client, FUNCTION, clock).call(name, INPUT, () => {}, AbortSignal.any([]));
  await expect(calling).rejects.toThrow(TypeError);
});
