import { expect, test } from "vitest";
import { durableLogger, openLog } from "../../lambdas/log.ts";
import { reportError } from "../../lambdas/report-error.ts";
import { Failure } from "../../lib/model/errors.ts";

const watched = () => {
  const lines: Record<string, unknown>[] = [];
  const log = openLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>), { requestId: "r-1" });
  return { lines, log };
};

test("a failure reaches caller and log with code, message, hint, whether to try again, and facts", () => {
  const { lines, log } = watched();
  const failure = new Failure("STORE_UNREACHABLE", "bucket x does not answer", { facts: { bucket: "x" } });
  const told = reportError(log, failure) as Error;
  const { code, message, hint } = failure;
  expect(told.name).toBe("STORE_UNREACHABLE");
  expect(JSON.parse(told.message)).toEqual({ code, message, hint, retryable: true, facts: { bucket: "x" } });
  expect(lines).toEqual([{ level: "ERROR", message, requestId: "r-1", bucket: "x", code, hint, retryable: true }]);
});

test.each([
  ["an error", new TypeError("ada@example.org"), "an unexpected TypeError"],
  ["a text", "ada@example.org", "an unexpected string"],
  ["nothing", undefined, "an unexpected undefined"],
])("%s that is no failure is told as a bug, by its kind and place and not by its words", (_, thrown, message) => {
  const { lines, log } = watched();
  const told = reportError(log, thrown) as Error;
  expect(JSON.parse(told.message)).toMatchObject({ code: "BUG", message, retryable: false });
  expect(lines).toMatchObject([{ level: "ERROR", code: "BUG", message }]);
  expect(JSON.stringify([lines, told.message, told.stack])).not.toContain("ada@example.org");
});

// Told as anything else, a checkpoint that could not be written would end the execution as failed.
test("an error by which the durable SDK asks for another invocation stays what it is", () => {
  const { lines, log } = watched();
  const own = Object.assign(new Error("checkpoint failed"), { isUnrecoverable: true, isUnrecoverableInvocation: true });
  expect(reportError(log, own)).toBe(own);
  expect(lines).toMatchObject([{ level: "WARN", error: "Error" }]);
});

test("the durable SDK's own lines name its errors and repeat none of their words", () => {
  const { lines, log } = watched();
  const logger = durableLogger(log);
  logger.error("Failed to checkpoint durable execution", new RangeError("ada@example.org"), {
    input: "ada@example.org",
  });
  logger.warn(new RangeError("ada@example.org"));
  logger.info("begun", { release: "r1" });
  logger.debug();
  expect(lines).toEqual([
    { level: "ERROR", message: "Failed to checkpoint durable execution", requestId: "r-1", error: "RangeError" },
    { level: "WARN", message: "the durable SDK reports", requestId: "r-1", error: "RangeError" },
    { level: "INFO", message: "begun", requestId: "r-1", release: "r1" },
  ]);
});
