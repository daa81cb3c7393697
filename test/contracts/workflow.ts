import { describe, expect, test } from "vitest";
import { Failure } from "../../lib/model/errors.ts";
import { type Plain, RESULT_BYTES_MAX, type Workflow } from "../../lib/ports/workflow.ts";
import { ATTEMPTS_MAX } from "../../lib/ports/workflow-rules.ts";
import { BUSY, ending, failed, type Open, pace, SECOND, times, UNKNOWN } from "./workflow-endings.ts";
import { workersContract } from "./workflow-workers.ts";

/** The prose of lib/ports/workflow.ts as tests. */
export function workflowContract(name: string, open: Open): void {
  describe(`workflow contract: ${name}`, () => {
    test("a step gives its result, and the waits after it do not run it again", async () => {
      const world = await open();
      let ran = 0;
      const given = { id: "snap-1", bytes: 0, list: [1.5, null, "é\u0000", true], more: { "": false } };
      const result = await world.run(async (workflow) => {
        const kept = await workflow.step("take", async () => {
          ran += 1;
          return given;
        });
        await workflow.wait("an hour", 3600 * SECOND);
        await workflow.wait("another", 3600 * SECOND);
        return kept;
      });
      expect(result).toEqual(given);
      times(world, ran, 1);
    });

    test("a result is what JSON makes of it: what the step does to its own object later is not seen", async () => {
      const world = await open();
      const own = { count: 1 };
      const result = await world.run(async (workflow) => {
        const kept = await workflow.step("count", async () => own);
        own.count = 2;
        return { kept, same: kept === own };
      });
      expect(result).toEqual({ kept: { count: 1 }, same: false });
    });

    test("a wait lasts at least its time", async () => {
      const world = await open();
      const now = async (): Promise<number> => world.clock.now();
      const result = await world.run(async (workflow) => {
        const before = await workflow.step("before", now);
        await workflow.wait("a day and a bit", 86_400_001);
        return (await workflow.step("after", now)) - before;
      });
      expect(result).toBeGreaterThanOrEqual(world.keepsTime ? 86_400_001 : 0);
      expect(result).toBeLessThan(86_500_000);
    });

    test("a Failure that cannot be retried comes out at once, whole, before and after a replay", async () => {
      const world = await open();
      let ran = 0;
      const result = await world.run(async (workflow) => {
        const seen = ending(
          workflow.step("look up", async () => {
            ran += 1;
            throw UNKNOWN;
          }),
        );
        const first = await seen;
        await workflow.wait("replay", SECOND);
        return [first, await ending(workflow.step("after", async () => "still going"))];
      });
      expect(result).toEqual([failed(UNKNOWN), { gave: "still going" }]);
      times(world, ran, 1);
    });

    test("a Failure ends the act with its code, message, hint and facts", async () => {
      const world = await open();
      const running = world.run(async (workflow) => {
        await workflow.wait("replay", SECOND);
        return await workflow.step("look up", async () => Promise.reject(UNKNOWN));
      });
      const { code, message, hint, facts } = UNKNOWN;
      await expect(running).rejects.toMatchObject({ name: "Failure", code, message, hint, facts });
    });

    test("a step that fails retryably is tried again after growing pauses until it succeeds", async () => {
      const world = await open();
      const triedAt: number[] = [];
      const result = await world.run(async (workflow) => {
        const kept = await workflow.step("take", async () => {
          triedAt.push(world.clock.now());
          if (triedAt.length < 4) throw BUSY;
          return "taken";
        });
        await workflow.wait("replay", SECOND);
        return kept;
      });
      expect(result).toBe("taken");
      times(world, triedAt.length, 4);
      if (world.effectsRepeat || !world.keepsTime) return;
      const pauses = triedAt.slice(1).map((at, i) => Math.floor((at - (triedAt[i] ?? 0)) / SECOND));
      expect(pauses).toEqual([2, 6, 18]);
    });

    test(`fails with the step's Failure when ${ATTEMPTS_MAX} tries failed retryably`, async () => {
      const world = await open();
      let ran = 0;
      const result = await world.run(async (workflow) => {
        const seen = await ending(
          workflow.step("take", async () => {
            ran += 1;
            throw BUSY;
          }),
        );
        await workflow.wait("replay", SECOND);
        return seen;
      });
      expect(result).toEqual(failed(BUSY));
      times(world, ran, ATTEMPTS_MAX);
    });

    test("a bug in a step comes out at once under its own name and message", async () => {
      const world = await open();
      let ran = 0;
      const result = await world.run(async (workflow) => {
        const seen = await ending(
          workflow.step("take", async () => {
            ran += 1;
            throw new RangeError("no such day");
          }),
        );
        await workflow.wait("replay", SECOND);
        return seen;
      });
      expect(result).toEqual({ error: "RangeError", message: "no such day" });
      times(world, ran, 1);
    });

    test.each<[string, unknown]>([
      ["undefined", undefined],
      ["a field without a value", { at: undefined }],
      ["a number JSON does not know", [Number.NaN]],
      ["a date", { at: new Date(0) }],
      ["bytes", Buffer.from("x")],
      ["a function", () => 1],
      ["a big integer", 1n],
      ["a sparse array", Array.from({ length: 2 }).concat(1)],
    ])("fails with a TypeError for %s as a result, once", async (_, value) => {
      const world = await open();
      let ran = 0;
      const result = await world.run(async (workflow) =>
        ending(
          workflow.step("bad", async () => {
            ran += 1;
            return value as Plain;
          }),
        ),
      );
      expect(result).toMatchObject({ error: "TypeError" });
      times(world, ran, 1);
    });

    test("fails with a TypeError for a result one byte larger than is kept, wherever it comes from", async () => {
      const fits = "x".repeat(RESULT_BYTES_MAX - 2);
      const large = `${fits}x`;
      const world = await open({ give: async ({ task }) => ({ result: "y".repeat(task as number) }) });
      const result = await world.run(async (workflow) => [
        (await workflow.step("fits", async () => fits)).length,
        await ending(workflow.step("large", async () => large)),
        await ending(workflow.poll("look", async () => large, pace(1, 1, 0))),
        await ending(workflow.together("both", { one: async () => large })),
        await ending(workflow.runWorkers("task", "give", [large])),
      ]);
      const refused = { error: "TypeError", message: expect.stringContaining(`${RESULT_BYTES_MAX}`) as string };
      expect(result).toEqual([fits.length, refused, refused, refused, refused]);
    });

    test("fails with a TypeError for a name used twice in one handle, and for none; a branch has names of its own", async () => {
      const world = await open({ give: async () => ({ result: 1 }) });
      const result = await world.run(async (workflow) => {
        await workflow.step("one", async () => 1);
        const branch = (own: Workflow) => own.step("one", async () => 2);
        return [
          await ending(workflow.step("one", async () => 3)),
          await ending(workflow.wait("one", SECOND)),
          await ending(workflow.poll("one", async () => 1, pace(1, 1, 1))),
          await ending(workflow.together("one", {})),
          await ending(workflow.runWorkers("one", "give", [])),
          await ending(workflow.step("", async () => 1)),
          await ending(workflow.step("Bestände", async () => 1)),
          await ending(workflow.step("x".repeat(201), async () => 1)),
          await ending(workflow.together("two", { "": async () => 1 })),
          await workflow.together("branches", { a: branch, b: branch }),
        ];
      });
      const refused = { error: "TypeError", message: expect.stringContaining("one") as string };
      const unnamed = { error: "TypeError", message: expect.stringContaining("printable ASCII") as string };
      expect(result).toEqual([
        ...Array.from({ length: 5 }, () => refused),
        ...Array.from({ length: 4 }, () => unnamed),
        { a: 2, b: 2 },
      ]);
    });

    test("fails with APPROVAL_UNAVAILABLE when people are to be asked", async () => {
      const world = await open();
      const request = { title: "x", planDigest: "d", requester: "me", approvers: 1, deadlineMs: SECOND };
      const result = await world.run(async (workflow) =>
        ending(workflow.approve("ask", request).then(({ decision }) => decision)),
      );
      expect(result).toMatchObject({ failure: { code: "APPROVAL_UNAVAILABLE" } });
    });

    polls(open);
    branches(open);
    workersContract(open);
  });
}

function polls(open: Open): void {
  test.each<[Plain]>([["available"], [null], [false], [0], [""], [{}]])(
    "a poll ends with the first thing seen, were it %o",
    async (thing) => {
      const world = await open();
      let looks = 0;
      const result = await world.run(async (workflow) => {
        const seen = await workflow.poll("look", async () => (++looks < 4 ? undefined : thing), pace(10, 60, 3600));
        await workflow.wait("replay", SECOND);
        return { seen: seen === undefined ? "nothing" : seen };
      });
      expect(result).toEqual({ seen: thing });
      times(world, looks, 4);
    },
  );

  test("a poll's pauses grow by half up to their bound, and its last look is at the deadline", async () => {
    const world = await open();
    const lookedAt: number[] = [];
    const result = await world.run(async (workflow) => {
      const look = async () => {
        lookedAt.push(world.clock.now());
        return undefined;
      };
      await workflow.wait("before", 500 * SECOND);
      return { seen: (await workflow.poll("look", look, pace(8, 20, 100))) ?? "nothing" };
    });
    expect(result).toEqual({ seen: "nothing" });
    const [first = 0] = lookedAt;
    const after = lookedAt.map((at) => Math.floor((at - first) / SECOND));
    expect(after.at(-1)).toBeGreaterThanOrEqual(world.keepsTime ? 100 : 90);
    if (world.effectsRepeat || !world.keepsTime) return;
    expect(after).toEqual([0, 8, 20, 38, 58, 78, 98, 100]);
  });

  test("a poll without time looks once", async () => {
    const world = await open();
    let looks = 0;
    const look = async () => {
      looks += 1;
      return undefined;
    };
    const act = async (workflow: Workflow) => ({
      seen: (await workflow.poll("look", look, pace(1, 1, 0))) ?? "nothing",
    });
    expect(await world.run(act)).toEqual({ seen: "nothing" });
    times(world, looks, 1);
  });

  test("a look that fails retryably saw nothing, as long as not all of them do", async () => {
    const world = await open();
    let looks = 0;
    const result = await world.run(async (workflow) =>
      ending(
        workflow.poll(
          "look",
          async () => {
            looks += 1;
            if (looks % ATTEMPTS_MAX !== 0) throw BUSY;
            return looks < 4 * ATTEMPTS_MAX ? undefined : "seen";
          },
          pace(1, 1, 86_400),
        ),
      ),
    );
    expect(result).toEqual({ gave: "seen" });
    times(world, looks, 4 * ATTEMPTS_MAX);
  });

  test.each([
    [`fails when ${ATTEMPTS_MAX} looks in a row fail retryably`, BUSY, 86_400, ATTEMPTS_MAX],
    ["fails when the look at the deadline fails: nobody knows what there is", BUSY, 4, 3],
    ["fails with the first Failure of a look that cannot be retried", UNKNOWN, 86_400, 1],
  ])("a poll %s", async (_, failure, deadline, expected) => {
    const world = await open();
    let looks = 0;
    const result = await world.run(async (workflow) => {
      const look = async (): Promise<Plain> => {
        looks += 1;
        throw failure;
      };
      const seen = await ending(workflow.poll("look", look, pace(1, 1, deadline)));
      await workflow.wait("replay", SECOND);
      return seen;
    });
    expect(result).toEqual(failed(failure));
    if (world.keepsTime) times(world, looks, expected);
  });

  test("fails for a pace without pauses or without an end, and for a bug in a look", async () => {
    const world = await open();
    const nothing = async () => undefined;
    const bug = async () => Promise.reject(new RangeError("bug"));
    const result = await world.run(async (workflow) => [
      await ending(workflow.poll("busy", nothing, pace(0, 1, 1))),
      await ending(workflow.poll("endless", nothing, pace(1, 1, Infinity))),
      await ending(workflow.poll("shrinking", nothing, pace(2, 1, 1))),
      await ending(workflow.poll("bug", bug, pace(1, 1, 1))),
    ]);
    const refused = { error: "TypeError", message: expect.stringContaining("pace") as string };
    expect(result).toEqual([refused, refused, refused, { error: "RangeError", message: "bug" }]);
  });
}

function branches(open: Open): void {
  test("branches run side by side and give their results by name, nested too", async () => {
    const world = await open();
    const result = await world.run(async (workflow) => {
      const before = await workflow.step("before", async () => world.clock.now());
      const leaf = (ms: number) => async (own: Workflow) => {
        await own.wait("wait", ms);
        return own.step("done", async () => ms);
      };
      const both = await workflow.together("both", {
        slow: leaf(60 * SECOND),
        inner: (own) => own.together("inner", { a: leaf(50 * SECOND), b: leaf(55 * SECOND) }),
      });
      const after = await workflow.step("after", async () => world.clock.now());
      return { both, took: after - before };
    });
    expect(result.both).toEqual({ slow: 60 * SECOND, inner: { a: 50 * SECOND, b: 55 * SECOND } });
    expect(result.took).toBeGreaterThanOrEqual(world.keepsTime ? 60 * SECOND : 0);
    expect(result.took).toBeLessThan(90 * SECOND);
  });

  test("fails with the first failure in the order of names, whichever came first, when all branches have ended", async () => {
    const world = await open();
    let ended = 0;
    const result = await world.run(async (workflow) => {
      const after = (ms: number, act: () => Promise<Plain>) => async (own: Workflow) => {
        await own.wait("wait", ms);
        return own.step("end", act);
      };
      const seen = await ending(
        workflow.together("all", {
          c: after(1 * SECOND, async () => Promise.reject(UNKNOWN)),
          b: after(20 * SECOND, async () => Promise.reject(new Failure("RELEASE_TAKEN", "late"))),
          d: after(40 * SECOND, async () => ++ended),
          a: after(5 * SECOND, async () => 1),
        }),
      );
      await workflow.wait("replay", SECOND);
      return seen;
    });
    expect(result).toMatchObject({ failure: { code: "RELEASE_TAKEN", message: "late" } });
    expect(ended).toBeGreaterThanOrEqual(1);
  });

  test("a branch's own bug comes out as it was", async () => {
    const world = await open();
    const result = await world.run(async (workflow) => {
      const seen = await ending(
        workflow.together("all", { one: async () => Promise.reject(new RangeError("bug")), two: async () => 2 }),
      );
      await workflow.wait("replay", SECOND);
      return seen;
    });
    expect(result).toEqual({ error: "RangeError", message: "bug" });
  });
}
