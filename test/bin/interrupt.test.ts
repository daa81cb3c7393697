import { expect, test } from "vitest";
import { interruptible } from "../../bin/interrupt.ts";
import { isFailure } from "../../lib/model/errors.ts";
import { fakeContext } from "./fake-context.ts";

test.each(["SIGINT", "SIGTERM"] as const)("the first %s aborts with INTERRUPTED and does not exit", (name) => {
  const context = fakeContext();
  const notes: string[] = [];
  using interrupt = interruptible(context, (note) => void notes.push(note));
  expect(interrupt.signal.aborted).toBe(false);
  context.interrupt(name);
  expect(isFailure(interrupt.signal.reason, "INTERRUPTED")).toBe(true);
  expect(String(interrupt.signal.reason)).toContain(name);
  expect(notes).toEqual(["stopping in order; once more to stop at once"]);
  expect(context.exits).toEqual([]);
});

test("the second signal, of either kind, exits with 130 at once", () => {
  const context = fakeContext();
  using _interrupt = interruptible(context, () => {});
  context.interrupt("SIGTERM");
  context.interrupt("SIGINT");
  expect(context.exits).toEqual([130]);
});

test("signals are left alone once the command has ended", () => {
  const context = fakeContext();
  {
    using _interrupt = interruptible(context, () => {});
    expect(context.listeners()).toBe(1);
  }
  expect(context.listeners()).toBe(0);
});
