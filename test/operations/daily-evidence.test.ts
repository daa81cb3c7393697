import { describe, expect, test } from "vitest";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { Failure } from "../../lib/model/errors.ts";
import type { DailyVerification } from "../../lib/model/verification.ts";
import { readRecordsBack } from "../../lib/operations/audit.ts";
import { verifyDay } from "../../lib/operations/daily-verification.ts";
import { signHead } from "../../lib/operations/evidence.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { DAY_MS, HOUR_MS } from "../policy/made-policy.ts";
import { OTHER_SIGNER, PUBLIC_KEY, SIGNER } from "./evidence-world.ts";
import { broken, drilled, first, flip, hotOf, POLICY, replace, VerifiedDays } from "./verified-days.ts";

describe("evidence", () => {
  test("a record that was changed is red, what was found besides is told all the same, and the day is recorded", async () => {
    const days = await VerifiedDays.after(3);
    const names = await namesIn(days.evidence, "chain/");
    await replace(days.evidence, names.at(-1) as string, flip);
    const day = await days.verify();
    expect(day.light).toBe("red");
    expect(broken(day).join()).toMatch(/I-10 record \d+ of the audit chain is damaged/);
    expect(hotOf(day).database).toBe("shop");
    for await (const record of readRecordsBack(days.evidence)) {
      expect(record).toMatchObject({ act: "daily verification", verification: { light: "red" } });
      break;
    }
  });

  test("without any record it works, and says that nothing was recorded yet", async () => {
    const days = await VerifiedDays.begin();
    await days.capture();
    const { invariants, rotation } = await days.verify({ drill: "none" });
    expect(invariants.find(({ id }) => id === "I-10")).toMatchObject({ result: "not applicable" });
    expect(rotation.allReadSince).toBeUndefined();
  });

  test("a check that was missed, and a clock that stands before the last check, break the next", async () => {
    const days = await VerifiedDays.after(2);
    await days.pass({ verify: false });
    await days.clock.advance(4 * HOUR_MS);
    expect(broken(await days.verify()).join()).toMatch(/I-15 the check before this one ended 2 d 00 h ago/);
    const back = { ...days.clock, now: () => days.clock.now() - DAY_MS };
    const world = { ...days.world, clock: back, audit: { ...days.world.audit, clock: back } };
    const day = await verifyDay(world, POLICY);
    expect(broken(day).join()).toMatch(/I-15 our clock stands before the check of 2026-01-04 04:00:00Z/);
  });
});

describe("drills", () => {
  test("one that differs is red, and recorded as failed; the rest of the day stands", async () => {
    const days = await VerifiedDays.begin();
    await days.capture();
    const day = await days.verify({ drill: () => Promise.reject(new Failure("DIFFERENT", "tables differ")) });
    expect([day.light, day.drill]).toMatchObject(["red", { point: "p0", equal: false }]);
    expect(hotOf(day).light).toBe("green");
    const acts: string[] = [];
    for await (const { act, outcome } of readRecordsBack(days.evidence)) acts.push(`${act} ${outcome}`);
    expect(acts).toEqual(["daily verification done", "drill failed"]);
  });

  test("one that could not be made says nothing of the point, and is told", async () => {
    const days = await VerifiedDays.begin();
    await days.capture();
    const day = await days.verify({ drill: () => Promise.reject(new Failure("NO_POSTGRES", "no binaries")) });
    expect([day.light, day.drill]).toEqual(["yellow", undefined]);
    expect(hotOf(day).reasons).toEqual(["the drill of point p0 could not be made: no binaries"]);
  });

  test("none is made of a point that lost a class or is damaged", async () => {
    const days = await VerifiedDays.after(3);
    await days.hot.delete(await first(days.hot, "parts/p2/"));
    const asked: string[] = [];
    const drill = (point: string) => {
      asked.push(point);
      return drilled(point);
    };
    await days.clock.advance(6 * DAY_MS);
    await days.verify({ drill });
    expect(asked).toEqual(["p1"]);
  });

  test("none is made of a point that lost a class by the policy", async () => {
    const days = await VerifiedDays.begin();
    await days.capture();
    for (let day = 0; day < 14; day++) await days.pass({ capture: false, verify: false });
    expect((await days.verify()).drill).toBeUndefined();
    await days.capture();
    expect((await days.verify()).drill).toMatchObject({ point: "p1" });
  });

  test("an aborted one ends the run without a verdict", async () => {
    const days = await VerifiedDays.begin();
    await days.capture();
    const controller = new AbortController();
    const drill = (): Promise<never> => {
      controller.abort(new Failure("INTERRUPTED", "stopped"));
      return Promise.reject(controller.signal.reason as Error);
    };
    const world = { ...days.world, signal: controller.signal };
    await expect(verifyDay(world, POLICY, { drill })).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(await namesIn(days.evidence, "chain/")).toEqual([]);
  });
});

test("the newest head is held to its signature and to the chain", async () => {
  const days = await VerifiedDays.after(1);
  await signHead(days.world.audit, SIGNER);
  const well = await days.verify({ publicKey: PUBLIC_KEY });
  expect(well.invariants.find(({ id }) => id === "I-10")?.found).toContain("the head of 2026-01-02 00:00:00Z holds");
  const forged = await days.verify({ publicKey: await OTHER_SIGNER.publicKey() });
  expect(broken(forged).join()).toMatch(/I-10 the head of \d+ records is not signed by this key/);
  // Records are cut off, down to below what was signed.
  const shorter = memoryStore(days.clock);
  for (const name of await namesIn(days.evidence))
    if (!name.startsWith("chain/") || name < "chain/000000000002")
      await shorter.put(name, [(await days.evidence.get(name)) as Buffer]);
  const world = { ...days.world, audit: { ...days.world.audit, evidence: shorter } };
  const told: DailyVerification[] = [];
  const run = verifyDay(world, POLICY, { publicKey: PUBLIC_KEY, drill: drilled, tell: (day) => told.push(day) });
  await expect(run).rejects.toMatchObject({ code: "EVIDENCE_BROKEN" });
  expect(told).toMatchObject([{ light: "red", tiers: [{ light: "green" }] }]);
  expect(told.flatMap(broken).join()).toMatch(/I-10 .*was signed when there were more than the 1 records there are/);
});
