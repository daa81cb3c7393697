import fc from "fast-check";
import { expect, test } from "vitest";
import { removePoints } from "../../lib/engine/expire.ts";
import { type LeavingParts, lookForParts, removeParts } from "../../lib/engine/expire-parts.ts";
import type { FoldWorld } from "../../lib/engine/fold-chain.ts";
import { LEASE_MS } from "../../lib/engine/intent.ts";
import { findPoint, getPart, listPoints } from "../../lib/engine/points.ts";
import { holdingPages } from "../../lib/engine/restore/hold-pages.ts";
import { sweep } from "../../lib/engine/sweep.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { verify } from "../../lib/engine/verify.ts";
import type { PartRef } from "../../lib/model/point.ts";
import { faulty, Killed } from "../faults/faulty.ts";
import { type Change, CLASSES, ClassHistory } from "./class-history.ts";
import { namesIn } from "./memory-vault.ts";
import { expectedFrames, readAll, type TableState } from "./synthetic-history.ts";
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
  | { readonly act: "sweep" }
  | { readonly act: "begin a restore"; readonly pick: number }
  | { readonly act: "end a restore" };

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
  { weight: 2, arbitrary: fc.record({ act: fc.constant("begin a restore" as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ act: "end a restore" } as const) },
);

const less = (names: readonly string[], others: readonly string[]): readonly string[] =>
  names.filter((name) => !others.includes(name));

interface Restore {
  /** Lets it read its rows. */
  readonly reads: () => void;
  readonly restoring: Promise<void>;
}

/** One vault and all that was done to it. Expiries that died wait to be run again, as an hourly worker would. */
class Story {
  readonly history: ClassHistory;
  /** What was found to be wrong. */
  readonly problems: string[] = [];
  /** Parts whose removal was begun and died. */
  #unfinished: readonly LeavingParts[] = [];
  /** Restores that hold the pages of a part and have read no row of it yet. */
  readonly #restores: Restore[] = [];

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
    else if (one.act === "begin a restore") await this.#beginRestore(one.pick);
    else if (one.act === "end a restore") await this.#endRestore();
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

  /** Ends what runs, and completes what died. */
  async end(): Promise<void> {
    while (this.#restores.length > 0) await this.#endRestore();
    await this.expire([], undefined);
  }

  /** What an expiry that came to its end promises. Of pages and chunks that a restore holds it promises nothing yet. */
  async #lookAround(): Promise<void> {
    const { history } = this;
    const { stores, clock } = history.made;
    await sweep(sweepWorldOf(stores, clock), { dryRun: false });
    const [there, reachable] = [await namesIn(stores.hot), await reachableIn(history.made)];
    this.#tell("missing", less(reachable, there));
    if (this.#restores.length === 0) {
      this.#tell("readable though gone", await history.readableThoughGone());
      this.#tell("left over", less(there, reachable));
    }
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
    if (this.#restores.length > 0) return;
    const left = [...(await lookForParts(world.vault, parts))].filter(([, why]) => why === "left");
    this.#tell(
      "not gone",
      left.map(([name]) => name),
    );
  }

  /** Begins as a restore does: it takes its intent, looks for the part, says which pages it needs, and then takes its time. */
  async #beginRestore(pick: number): Promise<void> {
    const { history } = this;
    const { vault, clock } = history.made;
    const there = [...history.states.keys()].toSorted();
    const key = there[pick % Math.max(1, there.length)];
    if (key === undefined) return;
    const [id = "", name = ""] = key.split("/");
    const tables = history.states.get(key) ?? [];
    const [began, reads] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const restoring = holdingPages({ vault, clock, warn: (text) => this.#tell("warned", [text]) }, async (hold) => {
      const point = await findPoint(vault.hot, id);
      const part = await getPart(vault, point, point.parts.find((ref) => ref.class === name) as PartRef);
      await hold([part]);
      began.resolve();
      await reads.promise;
      for (const table of part.tables) {
        const state = tables.find((one) => one.id === table.id) as TableState;
        const same = (await readAll(vault, table, {}, name)).equals(expectedFrames(state));
        if (!same) this.#tell("restored otherwise", [`${key}/${table.facts.name}`]);
      }
    });
    await Promise.race([began.promise, restoring]);
    this.#restores.push({ reads: reads.resolve, restoring });
  }

  async #endRestore(): Promise<void> {
    const restore = this.#restores.shift();
    restore?.reads();
    await restore?.restoring;
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

test("whatever is captured, expired, removed, swept, restored and killed in whatever order: what stays restores, what left is in nothing that opens", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const story = new Story(await ClassHistory.begin(2));
      for (const one of steps) {
        await story.take(one);
        expect(story.problems).toEqual([]);
      }
      await story.end();
      expect(story.problems).toEqual([]);
      const { problems } = await verify(story.world, { level: "read" });
      expect(problems).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});
