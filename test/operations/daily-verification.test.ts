import { describe, expect, test } from "vitest";
import { HeldIntent } from "../../lib/engine/intent.ts";
import { shredKey } from "../../lib/engine/shred.ts";
import { Failure } from "../../lib/model/errors.ts";
import type { DailyVerification } from "../../lib/model/verification.ts";
import { appendRecord, lastRecordOf } from "../../lib/operations/audit.ts";
import { verifyDay } from "../../lib/operations/daily-verification.ts";
import { captureEntry, recordPolicy } from "../../lib/operations/entries.ts";
import { allPoints } from "../../lib/operations/points.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { ClassHistory } from "../engine/class-history.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { faulty } from "../faults/faulty.ts";
import { DAY_MS, HOUR_MS, policyOf, term } from "../policy/made-policy.ts";
import { AGED, captureDays, rawOf } from "./aged-days.ts";
import { RetentionHistory } from "./retention-world.ts";
import { broken, cut, drilled, first, flip, hotOf, POLICY, replace, VerifiedDays } from "./verified-days.ts";

test("a month of daily captures and expiries is green every day, and each day is recorded whole", async () => {
  const days = await VerifiedDays.begin();
  const month: DailyVerification[] = [];
  for (let day = 0; day < 32; day++) month.push((await days.pass()) as DailyVerification);
  for (const day of month) expect([day.day, broken(day), hotOf(day).reasons]).toEqual([day.day, [], []]);
  expect(new Set(month.map((day) => day.light))).toEqual(new Set(["green"]));
  expect(month.map((day) => day.day).slice(0, 2)).toEqual(["2026-01-01", "2026-01-02"]);
  const record = await lastRecordOf(days.evidence, "daily verification");
  expect(record?.verification).toEqual(month.at(-1));
  const promised = hotOf(month.at(-1) as DailyVerification).promised;
  expect(promised).toHaveLength(27);
  expect(new Set(promised.map((one) => one.found))).toEqual(new Set(["present"]));
  // One on the first day, then one before each seventh day has passed.
  expect(month.flatMap((day, i) => (day.drill === undefined ? [] : [i]))).toEqual([0, 7, 14, 21, 28]);
}, 120_000);

test("days that leave by their age keep it green, each table in the part of its class, and drills go on", async () => {
  const story = new RetentionHistory(await ClassHistory.begin(0));
  const { vault, clock } = story.history.made;
  const signal = new AbortController().signal;
  const world = { vault, clock, audit: story.audit(), progress: () => undefined, signal };
  const drills: number[] = [];
  for (let day = 0; day < 10; day++) {
    await story.at(day * DAY_MS);
    await captureDays(story);
    await story.at((day + 0.5) * DAY_MS);
    await runRetention(story.world(), AGED);
    // The newest point has lost a day since it was captured.
    const verified = await verifyDay(world, AGED, { drill: drilled });
    expect([verified.day, broken(verified), hotOf(verified).reasons]).toEqual([verified.day, [], []]);
    expect(verified.invariants.find(({ id }) => id === "I-11")?.found).toBe(
      "4 tables of the newest points, each in the part of its class",
    );
    if (verified.drill !== undefined) drills.push(day);
  }
  expect(drills).toEqual([0, 7]);
  const [newest] = (await allPoints(vault)).toReversed();
  expect(newest?.expired?.map((part) => part.class)).toEqual([rawOf(7)]);
  if (newest !== undefined) expect(captureEntry({ point: newest })).toMatchObject({ tables: 4 });
});

test("a database that was never captured is red, and says so; so is one that the policy names besides", async () => {
  const days = await VerifiedDays.begin();
  const first = await days.verify();
  expect([first.light, hotOf(first).reasons]).toEqual([
    "red",
    ["there is no hot point: none was captured yet, or all have expired"],
  ]);
  await days.pass();
  const policy = { ...POLICY, databases: ["shop", "stock"] };
  const two = await days.verify({ policy });
  expect(two.tiers.map(({ database, light }) => [database, light])).toEqual([
    ["shop", "green"],
    ["stock", "red"],
  ]);
});

test.each(["list", "get"] as const)(
  "a store that does not answer a %s ends the run without a verdict",
  async (verb) => {
    const days = await VerifiedDays.after(1);
    const before = await namesIn(days.evidence);
    const broke = faulty(days.hot).on(verb, 2, new Failure("STORE_UNREACHABLE", "no answer"));
    const world = { ...days.world, vault: await days.history.made.reopen(broke) };
    await expect(verifyDay(world, POLICY)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    expect(await namesIn(days.evidence)).toEqual(before);
  },
);

describe("damage is red on the first day, by listings alone", () => {
  test.each<[string, (days: VerifiedDays) => Promise<unknown>, RegExp]>([
    ["a chunk is missing", async ({ hot }) => hot.delete(await first(hot, "chunks/")), /chunks\/\S+ is missing/],
    ["a chunk is cut short", async ({ hot }) => replace(hot, await first(hot, "chunks/"), cut), /bytes, expected/],
    ["a page is missing", async ({ hot }) => hot.delete(await first(hot, "pages/")), /pages\/\S+ is missing/],
    ["a page is cut short", async ({ hot }) => replace(hot, await first(hot, "pages/"), cut), /bytes, expected/],
    ["a part is missing", async ({ hot }) => hot.delete(await first(hot, "parts/")), /parts\/\S+ is missing/],
    [
      "a part is another",
      async ({ hot }) => replace(hot, await first(hot, "parts/"), flip),
      /not the part its point names/,
    ],
    [
      "a key is missing",
      async ({ keys }) => keys.delete(await first(keys, "parts/")),
      /data key of part p0\/\S+ is gone/,
    ],
    ["a key is damaged", async ({ keys }) => replace(keys, await first(keys, "parts/"), flip), /digest does not hold/],
  ])("%s", async (_, harm, problem) => {
    const days = await VerifiedDays.after(3);
    // A day later, so that what is old is not read because it is new.
    await days.clock.advance(DAY_MS);
    await harm(days);
    const day = await days.verify();
    expect(day.light).toBe("red");
    expect(hotOf(day)).toMatchObject({ light: "red" });
    expect(hotOf(day).reasons.join()).toMatch(problem);
    expect(broken(day).join()).toMatch(/I-03 \d+ named objects? missing or damaged/);
    expect(hotOf(day).promised.map((one) => one.found)).toContain("incomplete");
  });

  test("a point's document is damaged: it counts as missing, and the others stay", async () => {
    const days = await VerifiedDays.after(3);
    await replace(days.hot, await first(days.hot, "points/p1/"), flip);
    const day = await days.verify();
    expect(hotOf(day).promised.map((one) => one.found)).toEqual(["present", "missing", "present"]);
    expect(broken(day).join()).toContain("I-03 1 named object missing or damaged");
  });
});

test("a byte that changed in a chunk or a page is found within the cycle, whichever it is", async () => {
  const names = await namesIn((await VerifiedDays.after(2)).hot);
  const picked = names.filter((name) => /^(chunks|pages)\//.test(name)).filter((_, i) => i % 12 === 0);
  expect(picked.length).toBeGreaterThan(3);
  for (const name of picked) {
    const days = await VerifiedDays.after(2);
    await replace(days.hot, name, flip);
    // The store says that it was written just now; so that only its turn can find it, let that be long ago.
    await days.clock.advance(DAY_MS);
    const lights: string[] = [];
    for (let day = 0; day < 7; day++) {
      await days.clock.advance(DAY_MS);
      lights.push(hotOf(await days.verify({ drill: "none" })).reasons.join());
    }
    expect(
      lights.some((reasons) => reasons.includes("is damaged")),
      name,
    ).toBe(true);
  }
}, 60_000);

describe("what nothing names", () => {
  test("a stranger is red at once, by its name", async () => {
    const days = await VerifiedDays.after(1);
    await days.hot.put("backup.sql", [Buffer.from("copy")]);
    await days.hot.put("chunks/people/notes.txt", [Buffer.from("copy")]);
    const day = await days.verify();
    expect(broken(day)).toEqual(["I-03 2 objects that Lastgood did not make: backup.sql, chunks/people/notes.txt"]);
    expect(day.light).toBe("red");
  });

  test("pages and chunks of a capture that was stopped wait for a sweep for a day, then are red", async () => {
    const days = await VerifiedDays.after(1);
    const [page, chunk] = [await first(days.hot, "pages/"), await first(days.hot, "chunks/")];
    await days.hot.put(`${page.slice(0, -16)}0123456789abcdef`, [(await days.hot.get(page)) as Buffer]);
    await days.hot.put(`${chunk.slice(0, -8)}01234567`, [(await days.hot.get(chunk)) as Buffer]);
    const day = await days.verify();
    expect([day.light, broken(day)]).toEqual(["green", []]);
    expect(day.invariants.find(({ id }) => id === "I-03")?.found).toContain("2 objects that nothing names wait");
    await days.pass({ expire: false });
    await days.clock.advance(3 * HOUR_MS);
    expect(broken(await days.verify()).join()).toMatch(
      /I-03 2 objects that nothing names, the oldest since 2026-01-02/,
    );
  });

  test("what a capture that runs has written is not told", async () => {
    const days = await VerifiedDays.after(1);
    const intent = await HeldIntent.take(days.hot, days.clock, { id: "running", database: "shop" });
    await days.hot.put("pages/people/running/0123456789abcdef", [
      (await days.hot.get(await first(days.hot, "pages/"))) as Buffer,
    ]);
    await days.hot.put("parts/running/people.000001", [Buffer.from("part")]);
    await days.keys.put("parts/running/people", [Buffer.from("key")]);
    // A fold's next generation of a part lies beside the one there is.
    await days.hot.put("parts/p0/people.000009", [Buffer.from("part")]);
    const found = new Map((await days.verify()).invariants.map((one) => [one.id, one.found]));
    expect(found.get("I-03")).not.toContain("nothing names");
    expect(found.get("I-05")).not.toContain("stopped");
    await intent.remove();
  });

  test("a key without a part is red after a day, one beside its tombstone or of a part that left at once", async () => {
    const days = await VerifiedDays.after(1);
    await days.keys.put("parts/px/people", [Buffer.from("key")]);
    expect(broken(await days.verify())).toEqual([]);
    await days.clock.advance(27 * HOUR_MS);
    expect(broken(await days.verify()).join()).toContain("I-05 1 wrapped key of no part: parts/px/people");
    const other = await VerifiedDays.after(1);
    const key = (await other.keys.get("parts/p0/people")) as Buffer;
    await shredKey(other.keys, "parts/p0/people", other.clock.now());
    await other.keys.put("parts/p0/people", [key]);
    expect(broken(await other.verify()).join()).toMatch(
      /I-05 wrapped keys that were destroyed and stand again: parts\/p0\/people/,
    );
  });
});

test("what is recorded as gone and stands again is red", async () => {
  const days = await VerifiedDays.begin();
  let part: Buffer | undefined;
  for (let day = 0; day < 15; day++) {
    part ??= await days.hot.get("parts/p0/people.000001");
    await days.pass();
  }
  expect(await days.hot.head("parts/p0/people.000001")).toBeUndefined();
  const before = await days.verify();
  expect(before.invariants.find(({ id }) => id === "I-04")?.found).toMatch(/^[12] parts? that had expired looked for/);
  expect(broken(before)).toEqual([]);
  await days.hot.put("parts/p0/people.000001", [part ?? Buffer.from("a part")]);
  expect(broken(await days.verify()).join()).toContain(
    "I-04 recorded as gone and there: p0/people; left of parts that are said to have gone: parts/p0/people.000001",
  );
});

test("a removal that left something is no proof of absence, and what it left is no contradiction", async () => {
  const days = await VerifiedDays.after(1);
  const part = { store: "hot", id: "p0", class: "people" } as const;
  const facts = { startedAt: 0, deadline: 0, keyShredded: true, objectsDeleted: 1, lookedAt: 0, marginMs: 0 };
  const entry = { outcome: "done", act: "expire", part, tier: "hot", ...facts } as const;
  await appendRecord(days.world.audit, { ...entry, objectsLeft: 1 });
  expect(broken(await days.verify())).toEqual([]);
  await appendRecord(days.world.audit, { ...entry, objectsLeft: 0 });
  expect(broken(await days.verify())).toEqual(["I-04 recorded as gone and there: p0/people"]);
});

test("what was not deleted by its deadline is red, to the millisecond", async () => {
  const due = await VerifiedDays.begin();
  await due.capture();
  await due.clock.advance(Date.UTC(2026, 0, 1) + 14 * DAY_MS - 1 - due.clock.now());
  expect(broken(await due.verify()).join()).not.toContain("I-01");
  await due.clock.advance(1);
  const late = await due.verify();
  expect(broken(late).join()).toContain("I-01 1 part past the deadline: p0/people");
  expect(hotOf(late).reasons.join()).toContain("1 part past the deadline and not held");
});

test("a day without a capture is red on the next, then told in yellow as long as its point would be there", async () => {
  const days = await VerifiedDays.after(3);
  await days.pass({ capture: false });
  const lights = [];
  for (let day = 0; day < 30; day++) {
    const verified = (await days.pass()) as DailyVerification;
    lights.push(hotOf(verified).light);
    if (day === 0)
      expect(hotOf(verified).reasons).toEqual([
        "1 hot point missing of 4 promised, the newest expected by 2026-01-05 00:00:00Z",
      ]);
  }
  // Taken on the fourth day, it would have been deleted on the 31st.
  expect(lights).toEqual(["red", ...Array.from({ length: 26 }, () => "yellow"), "green", "green", "green"]);
}, 120_000);

test("the newest point that is older than promised is told before the day is over", async () => {
  const days = await VerifiedDays.after(2);
  await days.clock.advance(4 * HOUR_MS);
  const day = await days.verify();
  expect(hotOf(day)).toMatchObject({
    light: "yellow",
    reasons: ["the newest hot point is 1 d 04 h old, the next was to be there by 2026-01-03 01:00:00Z"],
  });
});

test("tables that the policy has in another class, in none, and databases that it does not name, are told", async () => {
  const days = await VerifiedDays.after(1);
  const [money, people, rest] = POLICY.classes;
  const moved = [{ ...money, tables: ["public.money_*", "public.rest_log"] }, { ...people, tables: [] }, rest];
  const found = broken(await days.verify({ policy: { ...POLICY, classes: moved as typeof POLICY.classes } })).join();
  expect(found).toContain("shop:public.people_keyed (add");
  expect(found).toContain("shop:public.rest_log was captured as rest and is money by the policy");
  const elsewhere = broken(await days.verify({ policy: { ...POLICY, databases: ["stock"] } })).join();
  expect(elsewhere).toContain("I-11 databases that the policy does not name: shop");
});

test("what is promised anew counts from when the policy said so, and not from the first point", async () => {
  const days = await VerifiedDays.after(3);
  const policy = policyOf(POLICY.classes, { hot: { every: term("PT6H"), window: term("P28D") } });

  await recordPolicy(days.world.audit, POLICY);
  await recordPolicy(days.world.audit, policy);
  await days.capture();
  expect(hotOf(await days.verify({ policy })).promised).toEqual([]);
  await days.clock.advance(DAY_MS);
  expect(hotOf(await days.verify({ policy })).promised.map((one) => one.found)).toEqual([
    "present",
    "missing",
    "missing",
    "missing",
  ]);
});

test("a point that goes while it is looked at is no problem", async () => {
  const days = await VerifiedDays.after(2);
  const { hot } = days;
  const going: ObjectStore = {
    ...hot,
    async get(name, range) {
      if (name.startsWith("parts/p0/"))
        for (const gone of [...(await namesIn(hot, "points/p0/")), ...(await namesIn(hot, "parts/p0/"))])
          await hot.delete(gone);
      return hot.get(name, range);
    },
  };
  const world = { ...days.world, vault: await days.history.made.reopen(going) };
  const day = await verifyDay(world, POLICY, { drill: drilled });
  expect(day.rotation.problems).toBe(0);
  expect(broken(day).join()).not.toContain("I-03 1 named");
});
