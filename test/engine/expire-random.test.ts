import fc from "fast-check";
import { expect, test } from "vitest";
import { removePoints } from "../../lib/engine/expire.ts";
import { type LeavingParts, lookForParts, removeParts } from "../../lib/engine/expire-parts.ts";
import type { FoldWorld } from "../../lib/engine/fold-chain.ts";
import { LEASE_MS } from "../../lib/engine/intent.ts";
import { listPoints } from "../../lib/engine/points.ts";
import { sweep } from "../../lib/engine/sweep.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { verify } from "../../lib/engine/verify.ts";
import { faulty, Killed } from "../faults/faulty.ts";
import { type Change, CLASSES, ClassHistory } from "./class-history.ts";
import { namesIn } from "./memory-vault.ts";
import { foldWorldOf, reachableIn, sweepWorldOf } from "./vault-history.ts";

const RUNS = 40;

/** Where a process dies: in which store, in which call of a verb, and whether that call still has its effect. */
interface Death {
  readonly store: "hot" | "keys";
  readonly verb: "put" | "delete";
  readonly nth: number;
  readonly effect: boolean;
}

type Step =
  | { readonly act: "capture"; readonly changes: readonly Change[] }
  | { readonly act: "expire"; readonly picks: readonly number[]; readonly death: Death | undefined }
  | { readonly act: "remove"; readonly pick: number }
  | { readonly act: "sweep" };

const change: fc.Arbitrary<Change> = fc.record({
  class: fc.constantFrom(...CLASSES),
  id: fc.integer({ min: 0, max: 40 }),
  act: fc.constantFrom("put" as const, "delete" as const),
});
const death: fc.Arbitrary<Death> = fc.record({
  store: fc.constantFrom("hot" as const, "hot" as const, "keys" as const),
  verb: fc.constantFrom("put" as const, "delete" as const),
  nth: fc.integer({ min: 1, max: 30 }),
  effect: fc.boolean(),
});
const captureStep = fc.record({ act: fc.constant("capture" as const), changes: fc.array(change, { maxLength: 12 }) });
const expireStep = fc.record({
  act: fc.constant("expire" as const),
  picks: fc.array(fc.nat(), { maxLength: 4 }),
  death: fc.option(death, { nil: undefined }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: captureStep },
  { weight: 5, arbitrary: expireStep },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("remove" as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ act: "sweep" } as const) },
);

const less = (names: readonly string[], others: readonly string[]): readonly string[] =>
  names.filter((name) => !others.includes(name));

/** One vault and all that was done to it. Expiries that died wait to be run again, as an hourly worker would. */
class Story {
  readonly history: ClassHistory;
  /** What was found to be wrong. */
  readonly problems: string[] = [];
  /** Parts whose removal was begun and died. */
  #unfinished: readonly LeavingParts[] = [];

  constructor(history: ClassHistory) {
    this.history = history;
  }

  get world(): FoldWorld {
    const { vault, clock } = this.history.made;
    return foldWorldOf(vault, clock);
  }

  async take(one: Step): Promise<void> {
    const { history } = this;
    const { stores, clock } = history.made;
    if (one.act === "capture") await history.capture(one.changes);
    else if (one.act === "sweep") await sweep(sweepWorldOf(stores, clock), { dryRun: false });
    else if (one.act === "expire") await this.expire(this.#picked(one.picks), one.death);
    else {
      const ids = (await listPoints(stores.hot)).map((point) => point.id);
      const id = ids[one.pick % Math.max(1, ids.length)];
      if (id === undefined) return;
      await removePoints(this.world, [id]);
      for (const name of CLASSES) history.states.delete(`${id}/${name}`);
      this.#unfinished = this.#unfinished.filter(({ point }) => point !== id);
    }
    this.#tell("reads otherwise", await history.wrong());
  }

  async expire(picked: readonly LeavingParts[], dies: Death | undefined): Promise<void> {
    const { stores, clock, keys, entropy } = this.history.made;
    const leaving = [...this.#unfinished, ...picked];
    for (const { point, classes } of picked) for (const name of classes) this.history.states.delete(`${point}/${name}`);
    if (dies !== undefined) {
      const broken = faulty(stores[dies.store]).stopAfter(dies.verb, dies.nth, { effect: dies.effect });
      const dying = await Vault.open({ ...stores, [dies.store]: broken }, keys, entropy);
      try {
        await this.#remove(foldWorldOf(dying, clock), leaving);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        await clock.advance(LEASE_MS + 1);
        this.#unfinished = leaving;
        return;
      }
    } else await this.#remove(this.world, leaving);
    this.#unfinished = [];
    await this.#lookAround();
  }

  /** What an expiry that came to its end promises. */
  async #lookAround(): Promise<void> {
    const { history } = this;
    const { stores, clock } = history.made;
    await sweep(sweepWorldOf(stores, clock), { dryRun: false });
    this.#tell("readable though gone", await history.readableThoughGone());
    const [there, reachable] = [await namesIn(stores.hot), await reachableIn(history.made)];
    this.#tell("left over", less(there, reachable));
    this.#tell("missing", less(reachable, there));
    const [keys, parts] = [
      await namesIn(stores.keys, "parts/"),
      [...history.states.keys()].map((key) => `parts/${key}`),
    ];
    this.#tell("key left over", less(keys, parts));
    this.#tell("key missing", less(parts, keys));
    const objects = (await namesIn(stores.hot, "parts/")).map((name) => name.slice(0, name.lastIndexOf(".")));
    this.#tell("part left over", less(objects, parts));
  }

  #tell(what: string, names: readonly string[]): void {
    this.problems.push(...names.map((name) => `${what}: ${name}`));
  }

  async #remove(world: FoldWorld, leaving: readonly LeavingParts[]): Promise<void> {
    const there: LeavingParts[] = [];
    for (const one of leaving) if (await this.#isKnown(one)) there.push(one);
    const { parts } = await removeParts(world, there);
    await sweep(sweepWorldOf(world.vault.stores, this.history.made.clock), { dryRun: false });
    const left = [...(await lookForParts(world.vault, parts))].filter(([, why]) => why === "left");
    this.#tell(
      "not gone",
      left.map(([name]) => name),
    );
  }

  /** A point that went with its last part before the process died is nowhere any more. */
  async #isKnown({ point, classes }: LeavingParts): Promise<boolean> {
    const { stores } = this.history.made;
    const places = [
      await namesIn(stores.hot, `points/${point}/`),
      ...(await Promise.all(classes.map((name) => namesIn(stores.hot, `parts/${point}/${name}.`)))),
      ...(await Promise.all(classes.map((name) => namesIn(stores.keys, `parts/${point}/${name}`)))),
    ];
    return places.some((names) => names.length > 0);
  }

  #picked(picks: readonly number[]): readonly LeavingParts[] {
    const there = [...this.history.states.keys()].toSorted();
    const keys = new Set(picks.flatMap((pick) => there[pick % Math.max(1, there.length)] ?? []));
    return [...keys].map((key) => {
      const [point = "", name = ""] = key.split("/");
      return { point, classes: [name] };
    });
  }
}

test("whatever is captured, expired, removed, swept and killed in whatever order: what stays restores, what left is in nothing that opens", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const story = new Story(await ClassHistory.begin(2));
      for (const one of steps) {
        await story.take(one);
        expect(story.problems).toEqual([]);
      }
      await story.expire([], undefined);
      expect(story.problems).toEqual([]);
      const { problems } = await verify(story.world, { level: "read" });
      expect(problems).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});
