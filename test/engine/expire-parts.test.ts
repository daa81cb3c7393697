import { describe, expect, test } from "vitest";
import { type LeavingParts, lookForParts, removeParts } from "../../lib/engine/expire-parts.ts";
import { HeldIntent, LEASE_MS } from "../../lib/engine/intent.ts";
import { getParts, listPoints } from "../../lib/engine/points.ts";
import { sweep } from "../../lib/engine/sweep.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { verify } from "../../lib/engine/verify.ts";
import { isFailure } from "../../lib/model/errors.ts";
import type { Point } from "../../lib/model/point.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { faulty, Killed } from "../faults/faulty.ts";
import { ClassHistory } from "./class-history.ts";
import { namesIn } from "./memory-vault.ts";
import { foldWorldOf, reachableIn, sweepWorldOf } from "./vault-history.ts";

const worldOf = ({ made }: ClassHistory) => foldWorldOf(made.vault, made.clock);

/** What the parts' points say of themselves: classes that are there, classes that were. */
const told = async ({ made }: ClassHistory): Promise<Record<string, readonly [string, string]>> => {
  const found: Record<string, readonly [string, string]> = {};
  for (const point of await listPoints(made.vault.hot)) {
    const names = (parts: readonly { readonly class: string }[] = []): string =>
      parts.map((one) => one.class).join(" ");
    found[point.id] = [names(point.parts), names(point.expired)];
  }
  return found;
};

const forget = (history: ClassHistory, leaving: readonly LeavingParts[]): void => {
  for (const { point, classes } of leaving) for (const name of classes) history.states.delete(`${point}/${name}`);
};

/** Sweeps, and says what is then wrong: objects too many or missing, parts that read otherwise, rows that should be gone. */
const untidiness = async (history: ClassHistory): Promise<readonly string[]> => {
  const { made } = history;
  await sweep(sweepWorldOf(made.stores, made.clock), { dryRun: false });
  const there = await namesIn(made.stores.hot);
  const reachable = await reachableIn(made);
  const keys = await namesIn(made.stores.keys, "parts/");
  return [
    ...there.filter((name) => !reachable.includes(name)).map((name) => `left over: ${name}`),
    ...reachable.filter((name) => !there.includes(name)).map((name) => `missing: ${name}`),
    ...keys.filter((name) => !history.states.has(name.slice("parts/".length))).map((name) => `left over: ${name}`),
    ...(await history.wrong()).map((table) => `wrong: ${table}`),
    ...(await history.readableThoughGone()).map((body) => `still there: ${body}`),
  ];
};

test("a part leaves, its point says so, and what stays reads as before", async () => {
  const history = await ClassHistory.begin(3);
  const { vault, clock, stores } = history.made;
  const leaving = [{ point: "p0", classes: ["people"] }];
  const report = await removeParts(worldOf(history), leaving);
  forget(history, leaving);
  expect(report).toMatchObject({
    parts: [{ point: "p0", class: "people", keyShredded: true, objectsDeleted: 1 }],
    points: [],
    fold: { tablesFolded: 1, pointsRewritten: 2 },
  });
  expect(await told(history)).toEqual({
    p0: ["money rest", "people"],
    p1: ["money people rest", ""],
    p2: ["money people rest", ""],
  });
  const [p0] = (await listPoints(vault.hot)) as readonly [Point];
  expect(p0.expired).toEqual([{ class: "people", at: clock.now() }]);
  expect((await getParts(vault, p0)).expired).toMatchObject([
    {
      class: "people",
      failure: { code: "KEY_SHREDDED", message: expect.stringContaining("2026-01-01T00:03:00.000Z") as string },
    },
  ]);
  expect(await namesIn(stores.keys, "parts/p0/")).toEqual(["parts/p0/money", "parts/p0/rest"]);
  expect((await namesIn(stores.hot, "parts/p0/")).filter((name) => name.includes("people"))).toEqual([]);
  const [removed] = report.parts;
  expect(removed?.unnamed.length).toBeGreaterThan(1);
  const unswept = await lookForParts(vault, report.parts);
  expect([...unswept.keys()].toSorted()).toEqual(removed?.unnamed.toSorted());
  expect(new Set(unswept.values())).toEqual(new Set(["left", "named"]));
  expect(await untidiness(history)).toEqual([]);
  const shared = [...unswept].filter(([, why]) => why === "named");
  expect([...(await lookForParts(vault, report.parts))]).toEqual(shared);
  const verified = await verify(worldOf(history), { level: "read" });
  expect(verified).toMatchObject({ problems: [], points: 3, expired: 1 });
});

test("rows that only a part showed are in the layers of later parts until it leaves", async () => {
  const history = await ClassHistory.begin(2);
  history.states.delete("p0/people");
  expect((await history.readableThoughGone()).length).toBeGreaterThan(0);
});

test.each<readonly (readonly [string, string])[][]>([
  [[["p1", "people"]]],
  [[["p2", "rest"]]],
  [
    [
      ["p0", "people"],
      ["p0", "money"],
      ["p1", "people"],
    ],
  ],
  [
    [
      ["p0", "people"],
      ["p1", "rest"],
      ["p2", "money"],
    ],
  ],
  [
    [
      ["p0", "people"],
      ["p0", "money"],
      ["p0", "rest"],
      ["p1", "rest"],
    ],
  ],
])("%j leave: one by one, or together", async (pairs) => {
  const leaving = pairs.map(([point, name]) => ({ point, classes: [name] }));
  for (const groups of [leaving.map((one) => [one]), [leaving]]) {
    const history = await ClassHistory.begin(3);
    for (const group of groups) {
      await removeParts(worldOf(history), group);
      forget(history, group);
      expect(await untidiness(history)).toEqual([]);
    }
    const left = Object.keys(await told(history));
    expect(left).toEqual(
      ["p0", "p1", "p2"].filter((id) => [...history.states.keys()].some((key) => key.startsWith(id))),
    );
  }
});

test("with its last part the point goes", async () => {
  const history = await ClassHistory.begin(2);
  for (const name of ["people", "money", "rest"]) {
    const leaving = [{ point: "p1", classes: [name] }];
    const { points } = await removeParts(worldOf(history), leaving);
    forget(history, leaving);
    expect(points).toEqual(name === "rest" ? ["p1"] : []);
  }
  expect(Object.keys(await told(history))).toEqual(["p0"]);
  expect(await untidiness(history)).toEqual([]);
});

test("after an expiry a capture takes a base of that class only", async () => {
  const history = await ClassHistory.begin(2);
  const leaving = [{ point: "p1", classes: ["people"] }];
  await removeParts(worldOf(history), leaving);
  forget(history, leaving);
  const taken = await history.capture([{ class: "people", id: 3, act: "put" }]);
  expect(taken).toEqual({ money: "delta", people: "base", rest: "delta" });
  expect(await untidiness(history)).toEqual([]);
});

test("fails when there is no such part or point, and while the point is captured or a fold is alive, and changes nothing", async () => {
  const history = await ClassHistory.begin(2);
  const { vault, clock, stores } = history.made;
  const before = await namesIn(stores.hot);
  for (const leaving of [
    { point: "p9", classes: ["people"] },
    { point: "p0", classes: ["people", "weather"] },
    { point: "p0", classes: ["peopl"] },
  ])
    await expect(removeParts(worldOf(history), [leaving])).rejects.toMatchObject({ code: "POINT_NOT_FOUND" });
  const capturing = await HeldIntent.take(vault.hot, clock, { id: "p1", database: "shop" });
  const rejected = removeParts(worldOf(history), [{ point: "p1", classes: ["people"] }]);
  await expect(rejected).rejects.toMatchObject({ code: "CAPTURE_RUNNING" });
  await capturing.remove();
  expect(await namesIn(stores.hot)).toEqual(before);
});

test("what a live intent needs is not proven gone until the intent has ended", async () => {
  const history = await ClassHistory.begin(2);
  const { vault, clock, stores } = history.made;
  const pages = (await namesIn(stores.hot, "pages/people/p0/")).slice(0, 1);
  const reading = await HeldIntent.take(vault.hot, clock, { id: "restore-1", database: "restore-1" });
  await reading.need(pages);
  const leaving = [{ point: "p0", classes: ["people"] }];
  const { parts } = await removeParts(worldOf(history), leaving);
  forget(history, leaving);
  await sweep(sweepWorldOf(stores, clock), { dryRun: false });
  expect((await lookForParts(vault, parts)).get(pages[0] as string)).toBe("left");
  await reading.remove();
  expect(await untidiness(history)).toEqual([]);
  expect([...(await lookForParts(vault, parts)).values()]).not.toContain("left");
});

test("fails when two removals begin at once, and one after the other they leave no empty point", async () => {
  const history = await ClassHistory.begin(2);
  const first = [{ point: "p0", classes: ["people", "money"] }];
  const second = [{ point: "p0", classes: ["rest"] }];
  const { clock } = history.made;
  const both = Promise.allSettled([first, second].map((leaving) => removeParts(worldOf(history), leaving)));
  for (let i = 0; i < 20; i++) await clock.advance(10_000);
  const outcomes = await both;
  // Each saw the other's intent: who came first cannot be told, so neither did anything.
  expect(outcomes).toMatchObject([{ reason: { code: "CAPTURE_RUNNING" } }, { reason: { code: "CAPTURE_RUNNING" } }]);
  await clock.advance(LEASE_MS + 1);
  for (const leaving of [first, second]) await removeParts(worldOf(history), leaving);
  forget(history, [...first, ...second]);
  expect(await untidiness(history)).toEqual([]);
});

test("a point that loses its last other part while a removal waits for its turn goes too", async () => {
  const history = await ClassHistory.begin(2);
  const { vault, reopen } = history.made;
  const [first, second] = [
    { point: "p0", classes: ["people", "money"] },
    { point: "p0", classes: ["rest"] },
  ];
  let beside: Promise<unknown> | undefined;
  const hot: ObjectStore = {
    ...vault.hot,
    put: async (name, pieces) => {
      if (name.startsWith("intents/")) await (beside ??= removeParts(worldOf(history), [second]));
      return vault.hot.put(name, pieces);
    },
  };
  const report = await removeParts(foldWorldOf(await reopen(hot), history.made.clock), [first]);
  forget(history, [first, second]);
  expect(beside).toBeDefined();
  expect(report.points).toEqual(["p0"]);
  expect(await untidiness(history)).toEqual([]);
});

describe("a removal of parts stopped in any write is completed by running it again; parts that stay are readable all along", () => {
  const leaving = [
    { point: "p0", classes: ["people", "money"] },
    { point: "p1", classes: ["people", "rest", "money"] },
    { point: "p2", classes: ["rest"] },
  ];
  const attempt = async (store: "hot" | "keys", verb: "put" | "delete", nth: number, effect: boolean) => {
    const history = await ClassHistory.begin(4);
    const { stores, clock, keys, entropy, vault } = history.made;
    const broken = faulty(stores[store]).stopAfter(verb, nth, { effect });
    const dying = await Vault.open({ ...stores, [store]: broken }, keys, entropy);
    forget(history, leaving);
    try {
      await removeParts(foldWorldOf(dying, clock), leaving);
      return false;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    broken.assertAllFaultsFired();
    await clock.advance(LEASE_MS + 1);
    expect(await history.wrong()).toEqual([]);
    const { problems } = await verify({ ...foldWorldOf(vault, clock) }, { level: "list" });
    // It died between a tombstone and its key: that is found, and nothing else.
    expect(problems.map(({ code }) => code)).toEqual(store === "keys" && !effect ? ["KEY_SHREDDED"] : []);
    for (const one of leaving)
      try {
        await removeParts(foldWorldOf(vault, clock), [one]);
      } catch (error) {
        // The point is gone, and nothing of it is left.
        if (!isFailure(error, "POINT_NOT_FOUND") || one.point !== "p1") throw error;
      }
    expect(await untidiness(history)).toEqual([]);
    return true;
  };
  test.each([
    ["hot", "put", true, 10],
    ["hot", "put", false, 10],
    ["hot", "delete", true, 10],
    ["hot", "delete", false, 10],
    ["keys", "delete", true, 6],
    ["keys", "delete", false, 6],
  ] as const)("%s: %s, with its effect: %s", { timeout: 60_000 }, async (store, verb, effect, expected) => {
    let stops = 0;
    for (let nth = 1; await attempt(store, verb, nth, effect); nth++) stops = nth;
    expect(stops).toBeGreaterThanOrEqual(expected);
  });
});
