import { expect, test } from "vitest";
import { LEASE_MS } from "../../lib/engine/intent.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { Failure } from "../../lib/model/errors.ts";
import { partsOfPoint } from "../../lib/operations/holds.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import type { SentAlarm } from "../../lib/ports/notifier.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { foldWorldOf, reachableIn } from "../engine/vault-history.ts";
import { faulty } from "../faults/faulty.ts";
import { AGED, agedDays, forgetDay, rawOf } from "./aged-days.ts";
import { DAY_MS, HOUR_MS, hotPart, type RetentionHistory, START } from "./retention-world.ts";

/** Noon of the third day: the first day's rows go from the three points that have them. The day before, the same of the day before. */
const FIRST_DUE = 2.5 * DAY_MS;

const outcomesOf = ({ parts }: Awaited<ReturnType<typeof runRetention>>) =>
  parts.map(({ part, outcome }) => `${part.id}/${part.class} ${outcome}`);

const goneInEvidence = async (story: RetentionHistory, day: number): Promise<readonly string[]> =>
  (await story.records()).flatMap((record) =>
    record.outcome === "done" && record.act === "expire" && record.part.class === rawOf(day) && record.objectsLeft === 0
      ? [`${record.part.id}/${record.part.class}`]
      : [],
  );

test("a day leaves all points in one run at its instant, each part with a record, and nothing of it can be read", async () => {
  const story = await agedDays(3);
  const { stores } = story.history.made;
  await story.at(FIRST_DUE - 1);
  expect(outcomesOf(await runRetention(story.world(), AGED))).toEqual([]);
  await story.at(FIRST_DUE);
  const report = await runRetention(story.world(), AGED);
  const parts = ["p0", "p1", "p2"].map((id) => `${id}/${rawOf(0)}`);
  expect(outcomesOf(report)).toEqual(parts.map((part) => `${part} gone`));
  expect(report.next).toMatchObject({ deleteAt: START + FIRST_DUE + DAY_MS });
  expect(await goneInEvidence(story, 0)).toEqual(parts);
  forgetDay(story, 0);
  expect(await story.history.wrong()).toEqual([]);
  expect(await story.history.readableThoughGone()).toEqual([]);
  expect(await namesIn(stores.hot)).toEqual(await reachableIn(story.history.made));
  expect((await namesIn(stores.keys)).filter((name) => name.endsWith(rawOf(0)))).toEqual(
    parts.map((part) => `tombstones/parts/${part}`),
  );
});

test("a worker that is killed at any write while a day leaves all points is completed by the next one", async () => {
  const gone = ["p0", "p1"].map((id) => `${id}/${rawOf(-1)}`);
  for (const [store, verb] of [
    ["hot", "put"],
    ["hot", "delete"],
    ["keys", "put"],
    ["keys", "delete"],
    ["evidence", "put"],
  ] as const)
    for (const effect of [true, false])
      for (let nth = 1; ; nth++) {
        const story = await agedDays(2);
        await story.at(FIRST_DUE - DAY_MS);
        const { stores, keys, entropy, clock } = story.history.made;
        const broken = faulty({ ...stores, evidence: story.evidence }[store]).stopAfter(verb, nth, { effect });
        const dying = await Vault.open(
          { ...stores, ...(store === "evidence" ? {} : { [store]: broken }) },
          keys,
          entropy,
        );
        const audit = { ...story.audit(), ...(store === "evidence" ? { evidence: broken } : {}) };
        let stopped = false;
        await runRetention({ ...foldWorldOf(dying, clock), audit }, AGED).catch((error: unknown) => {
          if (!broken.killed) throw error;
          stopped = true;
        });
        if (!stopped) break;
        forgetDay(story, -1);
        expect(await story.history.wrong()).toEqual([]);
        await clock.advance(LEASE_MS + 1);
        await runRetention(story.world(), AGED);
        expect(await story.history.wrong()).toEqual([]);
        expect(await story.history.readableThoughGone()).toEqual([]);
        expect(await namesIn(stores.hot)).toEqual(await reachableIn(story.history.made));
        const recorded = new Set(await goneInEvidence(story, -1));
        expect([...recorded].toSorted(), `${store} ${verb} ${nth} ${effect}`).toEqual(gone);
      }
}, 180_000);

test("a hold on the class of one point keeps its days there, and no other point's", async () => {
  const story = await agedDays(3);
  const { vault, clock } = story.history.made;
  const held = await partsOfPoint(vault, "p1", ["raw"]);
  expect(held.map((part) => part.class)).toEqual(["raw", rawOf(0), rawOf(1)]);
  await story.hold(held, clock.now() + 30 * DAY_MS);
  await story.at(5 * DAY_MS);
  const outcomes = outcomesOf(await runRetention(story.world(), AGED)).toSorted();
  expect(outcomes).toEqual([
    "p0/raw gone",
    `p0/${rawOf(0)} gone`,
    "p1/raw held",
    `p1/${rawOf(0)} held`,
    `p1/${rawOf(1)} held`,
    `p2/${rawOf(0)} gone`,
    `p2/${rawOf(1)} gone`,
    `p2/${rawOf(2)} gone`,
  ]);
  const gone = [
    ["p0", rawOf(0)],
    ["p0", "raw"],
    ["p2", rawOf(0)],
    ["p2", rawOf(1)],
    ["p2", rawOf(2)],
  ];
  for (const part of gone) story.history.states.delete(part.join("/"));
  expect(await story.history.wrong()).toEqual([]);
  expect(await story.history.readableThoughGone()).toEqual([]);
});

test("a store that lets no day go is told to people once for each urgency, not for each point; the evidence has each part", async () => {
  const story = await agedDays(3);
  const { stores, keys, entropy } = story.history.made;
  const forbidden = (name: string) => new Failure("STORE_FORBIDDEN", `${name} may not be deleted`);
  const refusing = {
    ...stores.keys,
    delete: (name: string) => (name.includes("/raw_") ? Promise.reject(forbidden(name)) : stores.keys.delete(name)),
  };
  const vault = await Vault.open({ ...stores, keys: refusing }, keys, entropy);
  const sent: SentAlarm[] = [];
  const notifier = { notify: async (alarm: SentAlarm) => void sent.push(alarm) };
  await story.at(4 * DAY_MS - HOUR_MS);
  const report = await runRetention({ ...story.world(), vault, notifier }, AGED);
  const alarms = report.alarms.filter(({ about }) => about === "part");
  expect(alarms.map(({ level, part, sent: how }) => `${level} ${part?.id}/${part?.class} ${how}`)).toEqual([
    `page p0/${rawOf(0)} sent`,
    `page p1/${rawOf(0)} sent`,
    `page p2/${rawOf(0)} sent`,
    `alarm p1/${rawOf(1)} sent`,
    `alarm p2/${rawOf(1)} sent`,
  ]);
  const told = sent.filter(({ about }) => about === "part");
  expect(told.map(({ level, part, message }) => [level, part, message.split("may not be deleted")[1]])).toEqual([
    ["page", hotPart("p0", rawOf(0)), "; and so it is with all of raw, day 2026-01-01, of 3 points"],
    ["alarm", hotPart("p1", rawOf(1)), "; and so it is with all of raw, day 2026-01-02, of 2 points"],
  ]);
  expect((await story.records()).filter(({ act }) => act === "alarm")).toHaveLength(5);
});

test("a hold past its review is told once for a class and all days of it that it keeps", async () => {
  const story = await agedDays(3);
  const { vault, clock } = story.history.made;
  await story.hold(await partsOfPoint(vault, "p2", []), clock.now() + HOUR_MS);
  const sent: SentAlarm[] = [];
  const notifier = { notify: async (alarm: SentAlarm) => void sent.push(alarm) };
  await clock.advance(HOUR_MS);
  const report = await runRetention(story.world({ notifier }), AGED);
  expect(report.alarms.map(({ about, part }) => [about, part?.class])).toEqual(
    ["people", "raw", rawOf(0), rawOf(1), rawOf(2)].map((name) => ["hold", name]),
  );
  expect(sent.map(({ part, message }) => [part?.class, message.split("two people release it")[1]])).toEqual([
    ["people", ""],
    ["raw", "; and so it is with all of raw with 3 days from 2026-01-01 to 2026-01-03, of p2"],
  ]);
});
