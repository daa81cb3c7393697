import { describe, expect, test } from "vitest";
import {
  approveHold,
  approveRelease,
  holdCheck,
  listHolds,
  partsGone,
  partsOfArchive,
  partsOfPoint,
  requestHold,
  requestRelease,
} from "../../lib/operations/holds.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { faulty } from "../faults/faulty.ts";
import { memoryRetainedStore } from "../local/memory-retained-store.ts";
import { agedDays, rawOf } from "./aged-days.ts";
import { DAY_MS, HOUR_MS, hotPart, POLICY, putArchived, RetentionHistory, START } from "./retention-world.ts";

const PART = hotPart("p0", "people");

const storyOf = async () => {
  const story = await RetentionHistory.begin(2);
  const { entropy, clock } = story.history.made;
  const as = (actor: string, policy = POLICY) => ({ audit: story.audit(actor), entropy, policy });
  const request = { basis: "Art. 17(3)(e) GDPR", matter: "case 7", parts: [PART], reviewAt: clock.now() + DAY_MS };
  const isHeld = () =>
    holdCheck(story.evidence)(PART).then(
      () => false,
      (error: unknown) => {
        expect(error).toMatchObject({ code: "PART_HELD" });
        return true;
      },
    );
  return { story, as, request, isHeld };
};

test("two people hold and two release, each in the evidence; nothing holds before and after", async () => {
  const { story, as, request, isHeld } = await storyOf();
  const { id } = await requestHold(as("ann"), request);
  expect(await isHeld()).toBe(false);
  await approveHold(as("ben"), id);
  expect(await isHeld()).toBe(true);
  await requestRelease(as("ann"), id, "closed");
  expect(await isHeld()).toBe(true);
  await approveRelease(as("ben"), id.slice(0, 20));
  expect(await isHeld()).toBe(false);
  const [hold] = await listHolds(story.audit());
  expect(hold).toMatchObject({
    ...request,
    state: "released",
    reviewDue: false,
    requested: { by: "ann" },
    approved: { by: "ben" },
    releaseRequested: { by: "ann", reason: "closed" },
    released: { by: "ben" },
  });
  expect(await story.records()).toMatchObject(
    ["requested", "approved", "release requested", "released"].map((step, i) => ({
      act: "hold",
      outcome: "done",
      actor: i % 2 === 0 ? "ann" : "ben",
      step,
      hold: id,
      parts: [PART],
    })),
  );
});

test("what is refused holds and releases nothing, and the refusal is in the evidence", async () => {
  const { story, as, request, isHeld } = await storyOf();
  await expect(requestHold(as("eve"), request)).rejects.toMatchObject({ code: "HOLD_REFUSED" });
  expect(await namesIn(story.evidence, "holds/")).toEqual([]);
  const { id } = await requestHold(as("ann"), request);
  for (const actor of ["ann", "eve"])
    await expect(approveHold(as(actor), id)).rejects.toMatchObject({ code: "HOLD_REFUSED" });
  await expect(approveHold(as("ben"), "hold-9")).rejects.toMatchObject({ code: "HOLD_NOT_FOUND" });
  await expect(approveHold(as("ben"), "")).rejects.toMatchObject({ code: "HOLD_NOT_FOUND" });
  expect(await isHeld()).toBe(false);
  await approveHold(as("ben"), id);
  await expect(approveRelease(as("ann"), id)).rejects.toMatchObject({ code: "HOLD_REFUSED" });
  await requestRelease(as("ben"), id, "closed");
  await expect(approveRelease(as("ben"), id)).rejects.toMatchObject({ code: "HOLD_REFUSED" });
  expect(await isHeld()).toBe(true);
  const refused = (await story.records()).filter(({ outcome }) => outcome === "refused");
  expect(refused.map((record) => [record.act, "code" in record ? record.code : ""])).toEqual(
    Array.from({ length: 5 }, () => ["hold", "HOLD_REFUSED"]),
  );
});

test("of two approvals at once one counts", async () => {
  const { as, request, isHeld, story } = await storyOf();
  const { id } = await requestHold(as("ann"), request);
  const both = await Promise.allSettled([approveHold(as("ben"), id), approveHold(as("cat"), id)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(both.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "HOLD_REFUSED" } });
  expect(await isHeld()).toBe(true);
  expect((await namesIn(story.evidence, `holds/${id}/`)).length).toBe(2);
});

test("a step that dies in its write has happened or has not; asked for again it happens or says that it has", async () => {
  for (const effect of [true, false]) {
    const { story, as, request, isHeld } = await storyOf();
    const { id } = await requestHold(as("ann"), request);
    const dying = faulty(story.evidence).stopAfter("put", 1, { effect });
    const world = { ...as("ben"), audit: { ...story.audit("ben"), evidence: dying } };
    await expect(approveHold(world, id)).rejects.toThrow("stopped");
    expect(await isHeld()).toBe(effect);
    const again = approveHold(as("cat"), id);
    if (effect)
      await expect(again).rejects.toMatchObject({
        message: expect.stringContaining("approved by ben already") as string,
      });
    else await again;
    expect(await isHeld()).toBe(true);
  }
});

describe("a register that was tampered with is told, and frees nothing", () => {
  test.each([
    [
      "a step that was taken away",
      async (name: string, { evidence }: RetentionHistory) => void (await evidence.delete(name)),
    ],
    [
      "a step that was changed",
      async (name: string, { evidence }: RetentionHistory) => {
        const bytes = (await evidence.get(name)) as Buffer;
        await evidence.delete(name);
        await evidence.put(name, [Buffer.from(bytes.toString().replace("ann", "eve"))]);
      },
    ],
    [
      "a step of another hold",
      async (name: string, { evidence }: RetentionHistory) => {
        const bytes = (await evidence.get(name)) as Buffer;
        await evidence.put(name.replace(/hold-[^/]+/, "hold-other"), [bytes]);
      },
    ],
  ])("%s", async (_, tamper) => {
    const { story, as, request } = await storyOf();
    const { id } = await requestHold(as("ann"), request);
    await approveHold(as("ben"), id);
    await tamper(`holds/${id}/1-requested.json`, story);
    await expect(holdCheck(story.evidence)(PART)).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
    await expect(listHolds(story.audit())).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
  });
});

test("a review date is due from its instant on", async () => {
  const { story, as, request } = await storyOf();
  const { id } = await requestHold(as("ann"), { ...request, reviewAt: START + DAY_MS });
  await approveHold(as("ben"), id);
  const isDue = async () => (await listHolds(story.audit())).map(({ reviewDue }) => reviewDue);
  await story.at(DAY_MS - 1);
  expect(await isDue()).toEqual([false]);
  await story.at(DAY_MS);
  expect(await isDue()).toEqual([true]);
});

describe("what can be held", () => {
  test("is every class that a point still has, or those that are named", async () => {
    const { story } = await storyOf();
    const { vault } = story.history.made;
    expect(await partsOfPoint(vault, "p0", [])).toEqual(["money", "people", "rest"].map((name) => hotPart("p0", name)));
    expect(await partsOfPoint(vault, "latest", ["rest"])).toEqual([hotPart("p1", "rest")]);
    await expect(partsOfPoint(vault, "p0", ["weather"])).rejects.toMatchObject({
      code: "POINT_NOT_FOUND",
      hint: "it has money, people, rest",
    });
    await expect(partsOfPoint(vault, "p9", [])).rejects.toMatchObject({ code: "POINT_NOT_FOUND" });
  });

  test("is a class with every day of its rows, or a single day of them", async () => {
    const { vault } = (await agedDays(2)).history.made;
    const held = (classes: readonly string[]) => partsOfPoint(vault, "p1", classes);
    const days = [-1, 0, 1].map(rawOf);
    expect(await held(["raw"])).toEqual(["raw", ...days].map((name) => hotPart("p1", name)));
    expect(await held([rawOf(0)])).toEqual([hotPart("p1", rawOf(0))]);
    expect(await held([rawOf(0), "raw", "people"])).toEqual(
      [rawOf(0), "raw", rawOf(-1), rawOf(1), "people"].map((name) => hotPart("p1", name)),
    );
    expect(await held([])).toHaveLength(5);
    await expect(held(["raw", rawOf(9)])).rejects.toMatchObject({
      code: "POINT_NOT_FOUND",
      message: "point p1 has no part of class raw_2026-01-10",
      hint: "it has people, raw with 3 days from 2025-12-31 to 2026-01-02",
    });
  });

  test("is every class of an archive, or those that are named", async () => {
    const { story } = await storyOf();
    const archive = memoryRetainedStore(story.history.made.clock);
    const part = await putArchived(story, archive);
    expect(await partsOfArchive(archive, part.id, [])).toEqual([part]);
    expect(await partsOfArchive(archive, part.id, ["money"])).toEqual([part]);
    for (const [id, name] of [
      [part.id, "people"],
      ["shop/2020-01-01", "money"],
    ] as const)
      await expect(partsOfArchive(archive, id, [name])).rejects.toMatchObject({ code: "POINT_NOT_FOUND" });
  });

  test("and what was gone before the approval is told", async () => {
    const { story, as, request } = await storyOf();
    const { id } = await requestHold(as("ann"), { ...request, reviewAt: START + 20 * DAY_MS });
    expect(await partsGone(story.history.made.vault, request)).toEqual([]);
    await story.at(14 * DAY_MS - 12 * HOUR_MS);
    await runRetention(story.world(), POLICY);
    const hold = await approveHold(as("ben"), id);
    expect(await partsGone(story.history.made.vault, hold)).toEqual([PART]);
  });
});
