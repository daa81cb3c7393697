import { expect, test } from "vitest";
import { LEASE_MS } from "../../lib/engine/intent.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { foldWorldOf, reachableIn } from "../engine/vault-history.ts";
import { faulty } from "../faults/faulty.ts";
import { DAY_MS, HOUR_MS, hotPart, POLICY, RetentionHistory } from "./retention-world.ts";

const PEOPLE_DUE = 14 * DAY_MS - 12 * HOUR_MS;

const outcomesOf = ({ parts }: { parts: readonly { part: { id: string; class: string }; outcome: string }[] }) =>
  parts.map(({ part, outcome }) => `${part.id}/${part.class} ${outcome}`);

test("nothing due: nothing goes, the run is recorded with what is next", async () => {
  const story = await RetentionHistory.begin();
  await story.at(PEOPLE_DUE - 1);
  const before = await namesIn(story.history.made.stores.hot);
  const report = await runRetention(story.world(), POLICY);
  expect(report).toMatchObject({ parts: [], alarms: [], unknown: [], clock: { offsetMs: 0 } });
  expect(report.next).toMatchObject({ part: hotPart("p0", "people") });
  expect(await namesIn(story.history.made.stores.hot)).toEqual(before);
  expect(await story.records()).toMatchObject([
    { act: "retention", outcome: "done", due: 0, gone: 0, clockOffsetMs: 0 },
  ]);
});

test("what is due goes to the millisecond, is proven gone, and each part is in the evidence with its margin", async () => {
  const story = await RetentionHistory.begin();
  const { stores } = story.history.made;
  await story.at(PEOPLE_DUE);
  const report = await runRetention(story.world(), POLICY);
  story.history.states.delete("p0/people");
  expect(outcomesOf(report)).toEqual(["p0/people gone"]);
  expect(await story.records()).toMatchObject([
    {
      act: "expire",
      part: hotPart("p0", "people"),
      keyShredded: true,
      objectsLeft: 0,
      marginMs: 12 * HOUR_MS,
    },
    { act: "sweep" },
    { act: "retention", due: 1, gone: 1, held: 0, overdue: 0 },
  ]);
  expect(await story.history.wrong()).toEqual([]);
  expect(await story.history.readableThoughGone()).toEqual([]);
  expect(await namesIn(stores.hot)).toEqual(await reachableIn(story.history.made));
  expect(await namesIn(stores.keys, "tombstones/")).toEqual(["tombstones/parts/p0/people"]);
});

test("a run that was stopped anywhere is completed by the next one, with a record of every part", async () => {
  // The third is due by the time the dead run's lease is over.
  const expected = ["p0/people", "p1/people", "p2/people"];
  for (const [store, verb] of [
    ["hot", "put"],
    ["hot", "delete"],
    ["keys", "put"],
    ["keys", "delete"],
    ["evidence", "put"],
  ] as const)
    for (const effect of [true, false])
      for (let nth = 1; ; nth++) {
        const story = await RetentionHistory.begin();
        await story.at(PEOPLE_DUE + 60_000);
        const { stores, keys, entropy, clock } = story.history.made;
        const broken = faulty({ ...stores, evidence: story.evidence }[store]).stopAfter(verb, nth, { effect });
        const dying = await Vault.open(
          { ...stores, ...(store === "evidence" ? {} : { [store]: broken }) },
          keys,
          entropy,
        );
        const audit = { ...story.audit(), ...(store === "evidence" ? { evidence: broken } : {}) };
        let stopped = false;
        await runRetention({ ...foldWorldOf(dying, clock), audit }, POLICY).catch((error: unknown) => {
          if (!broken.killed) throw error;
          stopped = true;
        });
        if (!stopped) break;
        await clock.advance(LEASE_MS + 1);
        for (const one of expected.slice(0, 2)) story.history.states.delete(one);
        expect(await story.history.wrong()).toEqual([]);
        await runRetention(story.world(), POLICY);
        story.history.states.delete("p2/people");
        expect(await story.history.wrong()).toEqual([]);
        expect(await story.history.readableThoughGone()).toEqual([]);
        expect(await namesIn(stores.hot)).toEqual(await reachableIn(story.history.made));
        const recorded = (await story.records()).flatMap((record) =>
          record.outcome === "done" && record.act === "expire" && record.objectsLeft === 0
            ? [`${record.part.id}/${record.part.class}`]
            : [],
        );
        expect([...new Set(recorded)].toSorted(), `${store} ${verb} ${nth} ${effect}`).toEqual(expected);
      }
}, 120_000);
