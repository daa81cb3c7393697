import { expect, test } from "vitest";
import { asFailure, createOutput } from "../../bin/output.ts";
import { messageLines } from "../../bin/terminal.ts";
import { Failure } from "../../lib/model/errors.ts";
import { fakeContext } from "./fake-context.ts";

const outputOf = (json: boolean, env: Record<string, string> = {}) => {
  const context = fakeContext({ env });
  return { context, output: createOutput(context, messageLines(context.stderr), { json }) };
};

const missing = new Failure("POINT_NOT_FOUND", "no point 2026-11-20 in vault ./vault", {
  facts: { point: "2026-11-20" },
});

test("a failure is a message and a hint on standard error, and gives its exit status", () => {
  const { context, output } = outputOf(false);
  expect(output.fail(missing)).toBe(6);
  expect(context.err()).toBe(
    "error: no point 2026-11-20 in vault ./vault\nhint: lastgood point list shows the points there are\n",
  );
  expect(context.out()).toBe("");
});

test("a failure without a hint prints no empty one", () => {
  const { context, output } = outputOf(false);
  expect(output.fail(new Failure("DIFFERENT", "2 tables differ"))).toBe(9);
  expect(context.err()).toBe("error: 2 tables differ\n");
});

test("under --json a failure is one object on standard error", () => {
  const { context, output } = outputOf(true);
  expect(output.fail(missing)).toBe(6);
  expect(context.out()).toBe("");
  expect(context.events()).toEqual([
    {
      schema: "lastgood.error/1",
      error: {
        code: "POINT_NOT_FOUND",
        message: "no point 2026-11-20 in vault ./vault",
        hint: "lastgood point list shows the points there are",
        exit: 6,
        retryable: false,
        facts: { point: "2026-11-20" },
      },
    },
  ]);
});

test("what is not a Failure is called a bug, without the credentials that its text holds", () => {
  const { context, output } = outputOf(false);
  expect(output.fail(new TypeError("bad url postgres://ann:hunter2@db/shop?password=hunter3"))).toBe(1);
  expect(context.err()).toContain("error: unexpected TypeError: bad url postgres://***@db/shop?password=***\n");
  expect(context.err()).toContain("LASTGOOD_DEBUG=1");
  expect(context.err()).not.toContain("hunter");
});

test("stacks are printed with LASTGOOD_DEBUG only, with those of the causes", () => {
  const error = new Failure("DATABASE_LOST", "connection ended", { cause: new Error("socket hang up") });
  const quiet = outputOf(false);
  quiet.output.fail(error);
  expect(quiet.context.err()).not.toContain("output.test.ts");
  const loud = outputOf(false, { LASTGOOD_DEBUG: "1" });
  loud.output.fail(error);
  expect(loud.context.err()).toMatch(/output\.test\.ts[^]*caused by Error: socket hang up/);
});

test("the reason of an abort is what failed", () => {
  const reason = new Failure("INTERRUPTED", "stopped by SIGINT");
  const error = new DOMException("aborted", { name: "AbortError", cause: reason });
  expect(asFailure(error)).toBe(reason);
});

test("a result is lines for people, or one object with its schema under --json", () => {
  const people = outputOf(false);
  people.output.result("point.list", { points: 2 }, () => ["2 points", "of table \x1b[2Jx"]);
  expect(people.context.out()).toBe("2 points\nof table \\x1b[2Jx\n");
  const json = outputOf(true);
  json.output.result("point.list", { points: 2 }, () => ["2 points"]);
  expect(json.context.out()).toBe('{"schema":"lastgood.point.list/1","points":2}\n');
});

test("a note is a line on standard error, or an event under --json", () => {
  const people = outputOf(false);
  people.output.note("table logs has no key");
  expect(people.context.err()).toBe("table logs has no key\n");
  const json = outputOf(true);
  json.output.note("table logs has no key");
  expect(json.context.events()).toEqual([{ schema: "lastgood.note/1", message: "table logs has no key" }]);
});
