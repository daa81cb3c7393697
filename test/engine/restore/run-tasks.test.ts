import fc from "fast-check";
import { expect, test } from "vitest";
import { type Queued, runTasks } from "../../../lib/engine/restore/run-tasks.ts";
import { Failure } from "../../../lib/model/errors.ts";
import type { Lanes } from "../../../lib/ports/lanes.ts";

interface Task {
  readonly name: string;
  readonly outcomes?: unknown[];
}

/** Lanes on which each task takes one turn of the event loop, and that notes what ran beside what. */
const lanesOf = (count: number) => {
  const running = new Set<string>();
  const beside: (readonly string[])[] = [];
  const lanes: Lanes<Task, string> = {
    count,
    async run({ name, outcomes = [] }, progress, signal) {
      signal.throwIfAborted();
      running.add(name);
      beside.push([...running]);
      await new Promise(setImmediate);
      running.delete(name);
      signal.throwIfAborted();
      const outcome = outcomes.shift();
      if (outcome !== undefined) throw outcome;
      progress(1, 10);
      return `${name} done`;
    },
    async [Symbol.asyncDispose]() {},
  };
  return { lanes, beside, running };
};

const options = { progress: () => {}, signal: new AbortController().signal };

test("results come in the order of the tasks, whatever order they ran in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(100), { maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      async (weights, count) => {
        const { lanes, beside } = lanesOf(count);
        const tasks = weights.map((weight, i): Queued<Task> => ({ task: { name: `${i}` }, weight }));
        expect(await runTasks(lanes, tasks, options)).toEqual(weights.map((_, i) => `${i} done`));
        expect(Math.max(0, ...beside.map((names) => names.length))).toBeLessThanOrEqual(count);
      },
    ),
  );
});

test("no task runs beside one that locks what it needs", async () => {
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 3 });
  const needs = fc.record({ locks: names, shares: names });
  await fc.assert(
    fc.asyncProperty(fc.array(needs, { maxLength: 15 }), async (all) => {
      const { lanes, beside } = lanesOf(3);
      const tasks = all.map((need, i): Queued<Task> => ({ task: { name: `${i}` }, weight: 0, ...need }));
      expect(await runTasks(lanes, tasks, options)).toHaveLength(all.length);
      for (const together of beside) {
        for (const one of together) {
          for (const other of together) {
            if (one === other) continue;
            const { locks } = all[Number(one)] as (typeof all)[number];
            const { locks: otherLocks, shares } = all[Number(other)] as (typeof all)[number];
            expect(locks.filter((name) => otherLocks.includes(name) || shares.includes(name))).toEqual([]);
          }
        }
      }
    }),
  );
});

test("fails with the first failure, when nothing runs any more, and starts nothing after it", async () => {
  const { lanes, running, beside } = lanesOf(2);
  const failure = new Error("first");
  const tasks = ["a", "b", "c", "d"].map(
    (name): Queued<Task> => ({
      task: name === "a" ? { name, outcomes: [failure] } : { name },
      weight: 0,
    }),
  );
  await expect(runTasks(lanes, tasks, options)).rejects.toBe(failure);
  expect(running.size).toBe(0);
  expect(beside.flat()).not.toContain("d");
});

test("fails with the signal's reason", async () => {
  const stop = new AbortController();
  const reason = new Error("stopped");
  stop.abort(reason);
  const { lanes, beside } = lanesOf(1);
  const tasks = [{ task: { name: "a" }, weight: 0 }];
  await expect(runTasks(lanes, tasks, { ...options, signal: stop.signal })).rejects.toBe(reason);
  expect(beside).toEqual([]);
});

test("a statement that the server ended to solve a deadlock is tried again, three times at most", async () => {
  const deadlock = () => new Failure("DATABASE_ERROR", "deadlock detected", { facts: { sqlstate: "40P01" } });
  const run = (outcomes: unknown[]) =>
    runTasks(lanesOf(1).lanes, [{ task: { name: "a", outcomes }, weight: 0 }], options);
  expect(await run([deadlock(), deadlock()])).toEqual(["a done"]);
  await expect(run([deadlock(), deadlock(), deadlock()])).rejects.toMatchObject({ code: "DATABASE_ERROR" });
  await expect(run([new Failure("DATABASE_ERROR", "other")])).rejects.toThrow("other");
});

test("what a task makes possible runs too, after what is heavier, and its results are not among those of the tasks", async () => {
  const { lanes, beside } = lanesOf(1);
  const tasks = ["a", "b", "c"].map((name, i): Queued<Task> => ({ task: { name }, weight: 3 - i }));
  const done = ({ task }: Queued<Task>, result: string): readonly Queued<Task>[] => {
    expect(result).toBe(`${task.name} done`);
    return task.name === "a" ? [{ task: { name: "after a" }, weight: 0 }] : [];
  };
  expect(await runTasks(lanes, tasks, { ...options, done })).toEqual(["a done", "b done", "c done"]);
  expect(beside).toEqual([["a"], ["b"], ["c"], ["after a"]]);
});

test("a task that the last one made possible runs too", async () => {
  const { lanes, beside } = lanesOf(2);
  const done = ({ task }: Queued<Task>) => (task.name === "a" ? [{ task: { name: "b" }, weight: 0 }] : []);
  await runTasks(lanes, [{ task: { name: "a" }, weight: 0 }], { ...options, done });
  expect(beside).toEqual([["a"], ["b"]]);
});
