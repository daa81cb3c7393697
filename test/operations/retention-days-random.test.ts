import fc from "fast-check";
import { expect, test } from "vitest";
import { LEASE_MS } from "../../lib/engine/intent.ts";
import { sweep } from "../../lib/engine/sweep.ts";
import { Vault } from "../../lib/engine/vault.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import { type Change, ClassHistory } from "../engine/class-history.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { sweepWorldOf } from "../engine/vault-history.ts";
import { faulty, Killed } from "../faults/faulty.ts";
import { dataClass, policyOf, term } from "../policy/made-policy.ts";
import { DAY_MS, HOUR_MS, hotPart, RetentionHistory, START } from "./retention-world.ts";

const RUNS = 8;
const STEPS = 44;
const STEP_MS = 6 * HOUR_MS;

/** Where a worker dies: in which call of a verb on a store, and whether that call still has its effect. */
interface Death {
  readonly store: "hot" | "keys";
  readonly verb: "put" | "delete";
  readonly nth: number;
  readonly effect: boolean;
}

/** What happens in a quarter of a day. */
interface Step {
  /** Rows that change in a point that is taken: of the part that a number picks. */
  readonly capture: readonly { readonly part: number; readonly id: number; readonly act: Change["act"] }[] | undefined;
  readonly hold: number | undefined;
  readonly release: boolean;
  readonly sweep: boolean;
  /** The worker runs so many milliseconds into it, or not at all. */
  readonly runAt: number | undefined;
  readonly death: Death | undefined;
}

/** Something, in so many of ten steps. */
const inTen = <T>(weight: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight, arbitrary }, { weight: 10 - weight, arbitrary: fc.constant(undefined) });
const isSo = (weight: number): fc.Arbitrary<boolean> => inTen(weight, fc.constant(true)).map((so) => so === true);
const change = fc.record({
  part: fc.nat(),
  id: fc.integer({ min: 0, max: 40 }),
  act: fc.constantFrom("put" as const, "delete" as const),
});
const step: fc.Arbitrary<Step> = fc.record({
  capture: inTen(4, fc.array(change, { maxLength: 10 })),
  hold: inTen(1, fc.nat()),
  release: isSo(1),
  sweep: isSo(1),
  runAt: inTen(8, fc.constantFrom(0, 1, STEP_MS / 2, STEP_MS - 2 * LEASE_MS)),
  death: inTen(
    3,
    fc.record({
      store: fc.constantFrom("hot" as const, "hot" as const, "keys" as const),
      verb: fc.constantFrom("put" as const, "delete" as const),
      nth: fc.integer({ min: 1, max: 40 }),
      effect: fc.boolean(),
    }),
  ),
});

/** In hours. */
interface Terms {
  readonly raw: number;
  readonly age: number;
  readonly people: number;
}

const policyWith = ({ raw, age, people }: Terms): Policy =>
  policyOf(
    [
      dataClass("people", `PT${people}H`, { tables: ["public.people_*"] }),
      dataClass("raw", `PT${raw}H`, {
        tables: ["public.raw_*"],
        rowAge: { column: "at", max: term(`PT${age}H`) },
      }),
    ],
    { holders: ["ann", "ben", "cat"] },
  );

const marginOf = (termMs: number): number => Math.max(2 * HOUR_MS, Math.min(12 * HOUR_MS, termMs / 6));
const dayAt = (at: number): number => Math.floor((at - START) / DAY_MS);
const nameOfDay = (day: number): string => new Date(START + day * DAY_MS).toISOString().slice(0, 10);

/** When a part is deleted, and gone by. */
interface Ends {
  readonly dueAt: number;
  readonly deadline: number;
}

class Season {
  readonly story: RetentionHistory;
  readonly problems: string[] = [];
  readonly #terms: Terms;
  readonly #policy: Policy;
  readonly #ends = new Map<string, Ends>();
  readonly #held = new Map<string, string>();
  /** Parts whose keys were there when somebody last looked. */
  #there: ReadonlySet<string> = new Set();
  daysGone = 0;

  constructor(story: RetentionHistory, terms: Terms) {
    this.story = story;
    this.#terms = terms;
    this.#policy = policyWith(terms);
  }

  get now(): number {
    return this.story.history.made.clock.now();
  }

  async pass(one: Step): Promise<void> {
    const { clock, stores } = this.story.history.made;
    const began = this.now;
    if (one.capture !== undefined) await this.#capture(one.capture);
    if (one.hold !== undefined) await this.#hold(one.hold);
    if (one.release)
      for (const [part, id] of [...this.#held].slice(0, 1)) {
        await this.story.release(id);
        this.#held.delete(part);
      }
    if (one.sweep) await sweep(sweepWorldOf(stores, clock), { dryRun: false });
    if (one.runAt !== undefined) {
      await clock.advance(Math.max(0, began + one.runAt - this.now));
      if (one.death === undefined) await this.#run();
      else await this.#die(one.death);
    }
    await clock.advance(began + STEP_MS - this.now);
  }

  /** The worker comes to its end, and all is looked at. */
  async end(): Promise<void> {
    await this.#run();
  }

  /** A point with a part for each day that is not due, by the words of the guide. */
  async #capture(picked: NonNullable<Step["capture"]>): Promise<void> {
    const { history } = this.story;
    const at = this.now;
    const ageMs = this.#terms.age * HOUR_MS;
    const today = dayAt(at);
    const days: number[] = [];
    for (let day = today; START + day * DAY_MS + ageMs - marginOf(ageMs) > at; day--) days.unshift(day);
    const dayOf = (day: number) => ({ day: nameOfDay(day), startsAt: START + day * DAY_MS });
    const names = ["people", "raw", ...days.map((day) => `raw_${nameOfDay(day)}`)];
    const changes = picked.map(({ part, ...more }) => ({ ...more, class: names[part % names.length] as string }));
    const rowAges = [{ class: "raw", column: "at", days: days.map(dayOf), next: dayOf(today + 1) }];
    const before = new Set(history.states.keys());
    await history.capture(changes, { names, rowAges });
    for (const part of history.states.keys()) if (!before.has(part)) this.#ends.set(part, this.#endsOf(part, at));
    this.#there = await this.#keys();
  }

  #endsOf(part: string, at: number): Ends {
    const [, name = ""] = part.split("/");
    const [of = "", day] = name.split("_");
    const terms = of === "people" ? [{ from: at, ms: this.#terms.people * HOUR_MS }] : this.#rawTerms(day, at);
    return {
      dueAt: Math.min(...terms.map(({ from, ms }) => from + ms - marginOf(ms))),
      deadline: Math.min(...terms.map(({ from, ms }) => from + ms)),
    };
  }

  /** From the capture, and from the day of the rows; rows of no day yet may be of the one after the capture. */
  #rawTerms(day: string | undefined, at: number): readonly { readonly from: number; readonly ms: number }[] {
    const from = day === undefined ? START + (dayAt(at) + 1) * DAY_MS : Date.parse(day);
    return [
      { from: at, ms: this.#terms.raw * HOUR_MS },
      { from, ms: this.#terms.age * HOUR_MS },
    ];
  }

  async #hold(pick: number): Promise<void> {
    const buried = await this.#buried();
    const there = [...(await this.#keys())].filter((part) => !this.#held.has(part) && !buried.has(part));
    const part = there[pick % Math.max(1, there.length)];
    if (part === undefined) return;
    const [id = "", name = ""] = part.split("/");
    this.#held.set(part, await this.story.hold([hotPart(id, name)], this.now + 80 * DAY_MS));
  }

  /** A worker that dies on its way: what it had begun waits for the next one. */
  async #die({ store, verb, nth, effect }: Death): Promise<void> {
    const { stores, keys, entropy, clock } = this.story.history.made;
    const broken = faulty(stores[store]).stopAfter(verb, nth, { effect });
    const vault = await Vault.open({ ...stores, [store]: broken }, keys, entropy);
    try {
      await runRetention({ ...this.story.world(), vault }, this.#policy);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      await clock.advance(LEASE_MS + 1);
    }
    await this.#assertNothingEarly();
    for (const part of await this.#buried()) this.story.history.states.delete(part);
  }

  async #run(): Promise<void> {
    const { history } = this.story;
    const report = await runRetention(this.story.world(), this.#policy);
    await this.#assertNothingEarly();
    for (const part of await this.#buried()) history.states.delete(part);
    const isHeld = (part: string): boolean => this.#held.has(part);
    const left = [...(await this.#keys())].filter((part) => !isHeld(part));
    this.#tell(
      "is due and was kept",
      left.filter((part) => (this.#ends.get(part)?.dueAt ?? 0) <= this.now),
    );
    this.#tell(
      "is there and nobody knows it",
      left.filter((part) => !history.states.has(part)),
    );
    this.#tell("lost something", await history.wrong());
    this.#tell("can be read though no part shows it", await history.readableThoughGone());
    this.daysGone += report.parts.filter(({ part, outcome }) => part.class.includes("_") && outcome === "gone").length;
  }

  async #assertNothingEarly(): Promise<void> {
    const now = await this.#keys();
    const gone = [...this.#there].filter((part) => !now.has(part));
    this.#there = now;
    this.#tell(
      "went too early",
      gone.filter((part) => (this.#ends.get(part)?.dueAt ?? Infinity) > this.now),
    );
    this.#tell(
      "went though held",
      gone.filter((part) => this.#held.has(part)),
    );
  }

  #tell(what: string, parts: readonly string[]): void {
    this.problems.push(...parts.map((part) => `${part} ${what}`));
  }

  /** Parts whose wrapped key is there: who has the key file could still read them. */
  async #keys(): Promise<ReadonlySet<string>> {
    const { keys } = this.story.history.made.stores;
    return new Set((await namesIn(keys, "parts/")).map((name) => name.slice("parts/".length)));
  }

  async #buried(): Promise<ReadonlySet<string>> {
    const { keys } = this.story.history.made.stores;
    return new Set((await namesIn(keys, "tombstones/")).map((name) => name.slice("tombstones/parts/".length)));
  }
}

test("whatever days a point has, and wherever a worker dies: no row outlives its day or its last point, and no part that stays loses a row", {
  timeout: 240_000,
}, async () => {
  const terms = fc.record({
    raw: fc.integer({ min: 30, max: 160 }),
    age: fc.integer({ min: 48, max: 110 }),
    people: fc.integer({ min: 20, max: 200 }),
  });
  const steps = fc.array(step, { minLength: STEPS, maxLength: STEPS });
  let daysGone = 0;
  await fc.assert(
    fc.asyncProperty(terms, steps, async (hours, all) => {
      const season = new Season(new RetentionHistory(await ClassHistory.begin(0)), hours);
      for (const one of all) await season.pass(one);
      await season.end();
      expect(season.problems).toEqual([]);
      daysGone += season.daysGone;
    }),
    // What is wrong names its parts; a shorter story would take longer to find than the test may run.
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(daysGone).toBeGreaterThan(20 * RUNS);
});
