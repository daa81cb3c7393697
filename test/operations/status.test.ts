import { describe, expect, test } from "vitest";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { signHead } from "../../lib/operations/evidence.ts";
import { statusOf } from "../../lib/operations/status.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { namesIn } from "../engine/memory-vault.ts";

import { DAY_MS, HOUR_MS } from "../policy/made-policy.ts";
import { SIGNER } from "./evidence-world.ts";
import { POLICY, VerifiedDays } from "./verified-days.ts";

const look = (days: VerifiedDays, policy = POLICY) => statusOf(days.world, policy);

test("after good days it is green, with ages, what goes next and nothing to do", async () => {
  const days = await VerifiedDays.after(3);
  await signHead(days.world.audit, SIGNER);
  const now = days.clock.now();
  expect(await look(days)).toEqual({
    at: now,
    light: "green",
    tiers: [
      {
        database: "shop",
        tier: "hot",
        light: "green",
        reasons: [],
        count: 3,
        newestAt: now - DAY_MS,
        nextDeleteAt: now - 3 * DAY_MS + 13.5 * DAY_MS,
        held: 0,
        overdue: 0,
        missing: 0,
        promised: 3,
      },
    ],
    verification: { day: "2026-01-03", at: now - 20 * HOUR_MS, light: "green" },
    drill: { point: "p0", at: now - 3 * DAY_MS + 4 * HOUR_MS },
    head: { at: now },
    problems: [],
    next: [],
  });
});

test("it writes nothing, and reads no part, page, chunk or key", async () => {
  const days = await VerifiedDays.after(2);
  const read: string[] = [];
  const watched: ObjectStore = {
    ...days.hot,
    get: (name, range) => {
      read.push(name);
      return days.hot.get(name, range);
    },
  };
  const vault = await days.history.made.reopen(watched);
  read.length = 0;
  const before = [await namesIn(days.hot), await namesIn(days.keys), await namesIn(days.evidence)];
  await statusOf({ ...days.world, vault }, POLICY);
  expect(read.filter((name) => !name.startsWith("points/"))).toEqual([]);
  expect([await namesIn(days.hot), await namesIn(days.keys), await namesIn(days.evidence)]).toEqual(before);
});

describe("what is wrong is told, with the next step", () => {
  test("nothing was captured, verified or signed", async () => {
    const status = await look(await VerifiedDays.begin());
    expect([status.light, status.verification, status.drill, status.head]).toEqual([
      "red",
      undefined,
      undefined,
      undefined,
    ]);
    expect(status.tiers[0]?.reasons).toEqual(["there is no hot point: none was captured yet, or all have expired"]);
    expect(status.next.map((step) => step.split(" --policy")[0])).toEqual([
      "lastgood capture --tier hot",
      "lastgood verify",
      "lastgood evidence sign: it runs every day",
    ]);
  });

  test("the daily verification is not run any more", async () => {
    const days = await VerifiedDays.after(2);
    await days.pass({ verify: false });
    const status = await look(days);
    expect([status.light, status.problems]).toEqual(["red", ["the last daily verification ended 1 d 20 h ago"]]);
    expect(status.next.join()).toContain("lastgood verify --policy <file>: it runs every day");
  });

  test("today's verification is the next step from the time on that the policy says", async () => {
    const days = await VerifiedDays.after(2);
    const due = async (): Promise<boolean> => (await look(days)).next.join().includes("lastgood verify --policy");
    await days.clock.advance(4 * HOUR_MS - 1);
    expect(await due()).toBe(false);
    await days.clock.advance(1);
    expect(await due()).toBe(true);
  });

  test("what the last verification found stands until the next", async () => {
    const days = await VerifiedDays.after(2);
    await days.hot.put("backup.sql", [Buffer.from("copy")]);
    await days.verify();
    const status = await look(days);
    expect([status.light, status.verification?.light]).toEqual(["red", "red"]);
    expect(status.problems.join()).toContain("found: I-03 1 object that Lastgood did not make: backup.sql");
  });

  test("a part is overdue, and nobody expires", async () => {
    const days = await VerifiedDays.begin();
    for (let day = 0; day < 15; day++) await days.pass({ expire: false });
    const status = await look(days);
    expect(status.tiers[0]).toMatchObject({ light: "red", overdue: 2 });
    expect(status.next.join()).toContain("lastgood expire run");
  });

  test("a point's document is damaged: the others are counted", async () => {
    const days = await VerifiedDays.after(3);
    const name = (await namesIn(days.hot, "points/p1/"))[0] as string;
    await days.hot.delete(name);
    await days.hot.put(name, [Buffer.from("{}")]);
    const status = await look(days);
    expect(status.problems).toEqual([expect.stringContaining("points/p1/")]);
    expect(status.tiers[0]).toMatchObject({ light: "yellow", count: 2, missing: 1, promised: 3 });
  });

  test("the evidence is broken", async () => {
    const days = await VerifiedDays.after(2);
    const broken = memoryStore(days.clock);
    for (const name of await namesIn(days.evidence))
      await broken.put(name, [
        name.startsWith("chain/") ? Buffer.from("{}") : ((await days.evidence.get(name)) as Buffer),
      ]);
    const status = await statusOf({ ...days.world, audit: { ...days.world.audit, evidence: broken } }, POLICY);
    expect(status.light).toBe("red");
    expect(status.problems.join()).toMatch(/record \d+ of the audit chain is damaged/);
    expect(status.next[0]).toContain("lastgood verify");
  });
});
