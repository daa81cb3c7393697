import { expect, test } from "vitest";
import { LEASE_MS } from "../../lib/engine/intent.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { verify } from "../../lib/engine/verify.ts";
import { holdCheck } from "../../lib/operations/holds.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import { sweepVault } from "../../lib/operations/sweep.ts";
import type { ObjectStore, VaultStores } from "../../lib/ports/object-store.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { foldWorldOf, reachableIn, sweepWorldOf } from "../engine/vault-history.ts";
import { faulty } from "../faults/faulty.ts";
import { DAY_MS, HOUR_MS, hotPart, POLICY, RetentionHistory } from "./retention-world.ts";

/** Calls something once, before the nth put or delete of either store, with the name that is about to be written or deleted. */
const interrupted = (stores: VaultStores, nth: number, act: (name: string) => Promise<void>) => {
  let calls = 0;
  let acted = false;
  const step = async (name: string): Promise<void> => {
    if (++calls !== nth) return;
    acted = true;
    await act(name);
  };
  const wrap = (store: ObjectStore): ObjectStore => ({
    ...store,
    put: async (name, pieces) => {
      await step(name);
      return store.put(name, pieces);
    },
    delete: async (name) => {
      await step(name);
      return store.delete(name);
    },
  });
  return { hot: wrap(stores.hot), keys: wrap(stores.keys), acted: () => acted };
};

const SCENES = [
  {
    what: "one part of a point whose others stay",
    due: 14 * DAY_MS - 12 * HOUR_MS,
    held: [hotPart("p0", "people")],
    all: ["p0/people"],
  },
  {
    what: "one of three parts of a point that goes as a whole",
    due: 28 * DAY_MS - 12 * HOUR_MS,
    held: [hotPart("p0", "rest")],
    all: ["money", "people", "rest"].flatMap((name) =>
      name === "rest" ? ["p0/rest"] : ["p0", "p1"].map((id) => `${id}/${name}`),
    ),
  },
  {
    what: "two of three parts of a point that goes as a whole",
    due: 28 * DAY_MS - 12 * HOUR_MS,
    held: [hotPart("p0", "money"), hotPart("p0", "rest")],
    all: ["money", "people", "rest"].flatMap((name) =>
      name === "rest" ? ["p0/rest"] : ["p0", "p1"].map((id) => `${id}/${name}`),
    ),
  },
];

test.each(SCENES)(
  "a hold on $what, placed before any write of an expiry: what is held then reads as before, and the rest goes",
  {
    timeout: 240_000,
  },
  async ({ due, held, all }) => {
    let steps = 0;
    const outcomes = new Set<string>();
    for (let nth = 1; ; nth++) {
      const story = await RetentionHistory.begin(2);
      await story.at(due);
      const { made } = story.history;
      /** What nothing had begun to destroy when the hold came to be. */
      let alive: readonly string[] = [];
      let hold = "";
      const stores = interrupted(made.stores, nth, async (step) => {
        // Who writes a tombstone has asked already: that step is under way.
        const buried = [step, ...(await namesIn(made.stores.keys, "tombstones/"))];
        alive = held
          .map(({ id, class: name }) => `${id}/${name}`)
          .filter((one) => !buried.includes(`tombstones/parts/${one}`));
        hold = await story.hold(held);
      });
      const vault = await Vault.open(stores, made.keys, made.entropy);
      const report = await runRetention({ ...story.world(), vault }, POLICY);
      if (!stores.acted()) break;
      steps = nth;
      const gone = all.filter((one) => !alive.includes(one));
      for (const one of gone) story.history.states.delete(one);
      outcomes.add(alive.length > 0 ? "held" : "too late");
      for (const { part, outcome } of report.parts)
        expect(outcome, `${nth}: ${part.id}/${part.class}`).toBe(
          alive.includes(`${part.id}/${part.class}`) ? "held" : "gone",
        );
      expect(report.parts.length).toBe(all.length);
      // Nothing is wrong: what is held is there and reads, its point names it, and nobody's rows are missing.
      expect(await story.history.wrong(), `step ${nth}`).toEqual([]);
      expect(await story.history.readableThoughGone(), `step ${nth}`).toEqual([]);
      expect((await verify(foldWorldOf(made.vault, made.clock), { level: "read" })).problems).toEqual([]);
      expect(await namesIn(made.stores.hot)).toEqual([...(await reachableIn(made)), ...heldNotes(alive)].toSorted());
      if (alive.length === 0) continue;
      // Once it is released by two people it goes with the next run.
      await story.release(hold);
      await made.clock.advance(LEASE_MS + 1);
      const after = await runRetention(story.world(), POLICY);
      for (const one of alive) {
        story.history.states.delete(one);
        expect(after.parts.find(({ part }) => `${part.id}/${part.class}` === one)?.outcome).toBe("gone");
      }
      expect(await story.history.readableThoughGone(), `step ${nth}`).toEqual([]);
    }
    expect(steps).toBeGreaterThan(12);
    expect(outcomes).toEqual(new Set(["held", "too late"]));
  },
);

/** What says that the removal of a part was begun stays until it is gone. */
const heldNotes = (alive: readonly string[]): readonly string[] => alive.map((one) => `expiring/hot/${one}.json`);

test("what an expiry that died had let go of, and is held since, is spared by every sweep: no byte and no key of it goes", async () => {
  for (let nth = 1; ; nth++) {
    const story = await RetentionHistory.begin();
    await story.at(14 * DAY_MS - 12 * HOUR_MS);
    const { made } = story.history;
    const broken = faulty(made.stores.hot).stopAfter("put", nth);
    const vault = await Vault.open({ ...made.stores, hot: broken }, made.keys, made.entropy);
    let died = false;
    await runRetention({ ...story.world(), vault }, POLICY).catch(() => (died = true));
    if (!died) break;
    await made.clock.advance(LEASE_MS + 1);
    await story.hold([hotPart("p0", "people")]);
    const before = (await namesIn(made.stores.hot)).filter((name) => name.includes("/p0"));
    const beforeDestroy = holdCheck(story.evidence);
    await sweepVault({ ...sweepWorldOf(made.stores, made.clock), beforeDestroy }, { dryRun: false });
    const [people] = [(await namesIn(made.stores.keys, "parts/p0/people")).length];
    expect(people, `${nth}`).toBe(1);
    const kept = before.filter((name) => /^(parts\/p0\/people|pages\/people\/p0)/.test(name));
    expect(kept.length).toBeGreaterThan(0);
    expect((await namesIn(made.stores.hot)).filter((name) => kept.includes(name))).toEqual(kept);
  }
}, 60_000);

test.each(SCENES)(
  "a hold on $what, placed after a worker died at any write of an expiry: its point names it again, and it reads as before",
  { timeout: 240_000 },
  async ({ due, held }) => {
    const outcomes = new Set<string>();
    for (const verb of ["put", "delete"] as const)
      for (let nth = 1; ; nth++) {
        const story = await RetentionHistory.begin(2);
        await story.at(due);
        const { made } = story.history;
        const broken = faulty(made.stores.hot).stopAfter(verb, nth);
        const vault = await Vault.open({ ...made.stores, hot: broken }, made.keys, made.entropy);
        await runRetention({ ...story.world(), vault }, POLICY).catch((error: unknown) => {
          if (!broken.killed) throw error;
        });
        if (!broken.killed) break;
        await made.clock.advance(LEASE_MS + 1);
        const hold = await story.hold(held);
        const buried = async () =>
          (await namesIn(made.stores.keys, "tombstones/")).map((name) => name.slice("tombstones/parts/".length));
        const tooLate = new Set(await buried());
        const alive = held.map(({ id, class: name }) => `${id}/${name}`).filter((one) => !tooLate.has(one));
        await runRetention(story.world(), POLICY);
        for (const one of await buried()) story.history.states.delete(one);
        expect([...story.history.states.keys()]).toEqual(expect.arrayContaining(alive));
        outcomes.add(alive.length > 0 ? "held" : "too late");
        const where = `${verb} ${nth}`;
        expect(await story.history.wrong(), where).toEqual([]);
        expect(await story.history.readableThoughGone(), where).toEqual([]);
        expect((await verify(foldWorldOf(made.vault, made.clock), { level: "read" })).problems).toEqual([]);
        // What was folded since it came back leaves as it is now, and comes back so if it must.
        await story.release(hold);
        await made.clock.advance(LEASE_MS + 1);
        await runRetention(story.world(), POLICY);
        for (const one of alive) story.history.states.delete(one);
        expect(await story.history.wrong(), where).toEqual([]);
        expect(await story.history.readableThoughGone(), where).toEqual([]);
        expect(await namesIn(made.stores.hot), where).toEqual(await reachableIn(made));
      }
    expect(outcomes).toEqual(new Set(["held", "too late"]));
  },
);
