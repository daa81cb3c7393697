import fc from "fast-check";
import { expect, test } from "vitest";
import { Vault } from "../../lib/engine/vault.ts";
import { Failure } from "../../lib/model/errors.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { CLASSES } from "../engine/class-history.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { HOUR_MS, hotPart, POLICY, RetentionHistory } from "./retention-world.ts";

const RUNS = 6;
const HOURS = 40;

/** What happens in an hour, besides the worker. */
interface Hour {
  readonly capture: boolean;
  readonly hold: number | undefined;
  readonly release: boolean;
  /** The worker runs so many milliseconds into the hour, or not at all. */
  readonly runAt: number | undefined;
}

/** Something, in so many of ten hours. */
const inTen = <T>(weight: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight, arbitrary }, { weight: 10 - weight, arbitrary: fc.constant(undefined) });
const hour: fc.Arbitrary<Hour> = fc.record({
  capture: inTen(1, fc.constant(true)).map((taken) => taken === true),
  hold: inTen(2, fc.nat()),
  release: inTen(1, fc.constant(true)).map((taken) => taken === true),
  runAt: inTen(8, fc.constantFrom(0, 1, HOUR_MS / 2, HOUR_MS - 1)),
});

const policyOf = (hours: readonly number[]): Policy => ({
  ...POLICY,
  classes: POLICY.classes.map((one, i) => ({ ...one, max: { unit: "hours", count: hours[i] ?? 1 } })),
});

/** By the words of the guide, not by the code: gone not later than its term after the capture began. */
const termOf = (policy: Policy, name: string): number =>
  (policy.classes.find((one) => one.name === name)?.max.count ?? 0) * HOUR_MS;
const marginOf = (termMs: number): number => Math.max(2 * HOUR_MS, Math.min(12 * HOUR_MS, termMs / 6));

class Year {
  readonly story: RetentionHistory;
  readonly policy: Policy;
  readonly begun = new Map<string, number>();
  /** What was found to be wrong. */
  readonly problems: string[] = [];
  readonly #held = new Map<string, string>();
  readonly #alarmed = new Set<string>();

  constructor(story: RetentionHistory, policy: Policy) {
    this.story = story;
    this.policy = policy;
    const { clock } = story.history.made;
    for (const [i, id] of ["p0", "p1"].entries()) this.begun.set(id, clock.now() - (2 - i) * 60_000);
  }

  get now(): number {
    return this.story.history.made.clock.now();
  }

  /** @param refused  class that a store refuses to delete anything of */
  async pass(one: Hour, refused: number | undefined): Promise<void> {
    const { clock } = this.story.history.made;
    const end = this.now + HOUR_MS;
    if (one.capture) {
      this.begun.set(`p${this.begun.size}`, this.now);
      await this.story.history.capture([{ class: "people", id: this.begun.size, act: "put" }]);
    }
    if (one.hold !== undefined) await this.#hold(one.hold);
    if (one.release)
      for (const [part, id] of [...this.#held].slice(0, 1)) {
        await this.story.release(id);
        this.#held.delete(part);
      }
    const running = this.now;
    if (one.runAt !== undefined) {
      await clock.advance(Math.max(0, end - HOUR_MS + one.runAt - running));
      await this.#run(refused);
    }
    await clock.advance(end - this.now);
  }

  async #hold(pick: number): Promise<void> {
    const buried = await this.#buried();
    const there = [...(await this.#there())].filter((part) => !this.#held.has(part) && !buried.has(part));
    const part = there[pick % Math.max(1, there.length)];
    if (part === undefined) return;
    const [id = "", name = ""] = part.split("/");
    this.#held.set(part, await this.story.hold([hotPart(id, name)], this.now + 80 * 24 * HOUR_MS));
  }

  async #run(refused: number | undefined): Promise<void> {
    const { stores, keys, entropy } = this.story.history.made;
    const before = await this.#there();
    const refuses = (name: string): boolean => refused !== undefined && name.includes(`/${CLASSES[refused]}`);
    const refusing = (store: ObjectStore): ObjectStore => ({
      ...store,
      delete: (name) =>
        refuses(name) ? Promise.reject(new Failure("STORE_FORBIDDEN", `${name} stays`)) : store.delete(name),
    });
    const vault = await Vault.open({ hot: refusing(stores.hot), keys: refusing(stores.keys) }, keys, entropy);
    const report = await runRetention({ ...this.story.world(), vault }, this.policy);
    for (const { part } of report.alarms) if (part !== undefined) this.#alarmed.add(`${part.id}/${part.class}`);
    const after = await this.#there();
    for (const part of await this.#buried()) this.story.history.states.delete(part);
    const isOver = (part: string): boolean => this.#deadlineOf(part) <= this.now;
    const isHeld = (part: string): boolean => this.#held.has(part);
    const gone = [...before].filter((part) => !after.has(part));
    const left = [...after].filter((part) => !isHeld(part));
    this.#tell(
      "went too early",
      gone.filter((part) => this.#dueAt(part) > this.now),
    );
    this.#tell("went though held", gone.filter(isHeld));
    this.#tell("reads otherwise", await this.story.history.wrong());
    this.#tell(
      "past its deadline in silence",
      left.filter((part) => isOver(part) && !this.#alarmed.has(part)),
    );
    // A store that refuses nothing keeps nothing.
    this.#tell("due and kept", refused === undefined ? left.filter((part) => this.#dueAt(part) <= this.now) : []);
  }

  #tell(what: string, parts: readonly string[]): void {
    this.problems.push(...parts.map((part) => `${part} ${what}`));
  }

  #deadlineOf(part: string): number {
    const [id = "", name = ""] = part.split("/");
    return (this.begun.get(id) ?? 0) + termOf(this.policy, name);
  }

  #dueAt(part: string): number {
    return this.#deadlineOf(part) - marginOf(termOf(this.policy, part.split("/")[1] ?? ""));
  }

  /** Parts whose wrapped key is there: who has the key file could still read them. */
  async #there(): Promise<ReadonlySet<string>> {
    const { keys } = this.story.history.made.stores;
    return new Set((await namesIn(keys, "parts/")).map((name) => name.slice("parts/".length)));
  }

  /** Parts that count as destroyed, also where a store keeps their keys. */
  async #buried(): Promise<ReadonlySet<string>> {
    const { keys } = this.story.history.made.stores;
    return new Set((await namesIn(keys, "tombstones/")).map((name) => name.slice("tombstones/parts/".length)));
  }
}

test("whatever is captured, held, released and refused, and whenever the worker runs: nothing goes early, nothing that is held goes, and nothing is past its deadline in silence", {
  timeout: 240_000,
}, async () => {
  const terms = fc.array(fc.integer({ min: 3, max: 30 }), { minLength: CLASSES.length, maxLength: CLASSES.length });
  const hours = fc.array(hour, { minLength: HOURS, maxLength: HOURS });
  const outage = fc.record({
    of: fc.nat(CLASSES.length - 1),
    from: fc.nat(HOURS),
    lasts: fc.integer({ min: 0, max: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(terms, hours, outage, async (counts, all, { of, from, lasts }) => {
      const year = new Year(await RetentionHistory.begin(2), policyOf(counts));
      for (const [i, one] of all.entries()) await year.pass(one, i >= from && i < from + lasts ? of : undefined);
      expect(year.problems).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});
