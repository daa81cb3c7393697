import { describe, expect, test } from "vitest";
import type { InvariantResult, PromisedPoint } from "../../lib/model/verification.ts";
import { invariantLights, type TierFacts, tierVerdict, worstOf } from "../../lib/policy/verdict.ts";
import { DAY_MS, HOUR_MS } from "./made-policy.ts";

const NOW = Date.UTC(2027, 0, 10, 4);
const facts = (rest: Partial<TierFacts> = {}): TierFacts => ({
  database: "shop",
  tier: "hot",
  now: NOW,
  promised: [],
  newestAt: NOW - 2 * HOUR_MS,
  nextBy: NOW + 23 * HOUR_MS,
  damaged: [],
  overdue: 0,
  drillMissed: undefined,
  ...rest,
});

const promised = (...found: readonly PromisedPoint["found"][]): readonly PromisedPoint[] =>
  found.map((one, i) => ({
    expectedAt: NOW - (found.length - i) * DAY_MS,
    found: one,
    ...(one === "missing" ? {} : { point: `p${i}` }),
  }));

test("the worst light wins, and of nothing at all the light is red", () => {
  expect(worstOf(["green", "yellow", "green"])).toBe("yellow");
  expect(worstOf(["yellow", "red"])).toBe("red");
  expect(worstOf(["green"])).toBe("green");
  expect(worstOf([])).toBe("red");
});

describe("a tier's light, and why", () => {
  test.each<[string, Partial<TierFacts>, string, readonly string[]]>([
    ["all is well", { promised: promised("present", "present") }, "green", []],
    [
      "nothing is known to have been captured",
      { newestAt: undefined },
      "red",
      ["there is no hot point: none was captured yet, or all have expired"],
    ],
    [
      "the last of those that were captured has left",
      { newestAt: undefined, promised: promised("missing") },
      "red",
      [
        "there is no hot point: all that were captured are gone",
        "1 hot point missing of 1 promised, the newest expected by 2027-01-09 04:00:00Z",
      ],
    ],
    ["nobody promises a release", { tier: "release", newestAt: undefined, nextBy: undefined }, "green", []],
    [
      "the newest promised is missing",
      { promised: promised("present", "missing") },
      "red",
      ["1 hot point missing of 2 promised, the newest expected by 2027-01-09 04:00:00Z"],
    ],
    [
      "some before it are missing",
      { promised: promised("missing", "missing", "present") },
      "yellow",
      ["2 hot points missing of 3 promised, the newest expected by 2027-01-08 04:00:00Z"],
    ],
    [
      "the newest is not whole",
      { promised: promised("present", "incomplete") },
      "red",
      ["1 hot point not whole, the newest p1"],
    ],
    [
      "one before it is not whole",
      { promised: promised("incomplete", "present") },
      "yellow",
      ["1 hot point not whole, the newest p0"],
    ],
    [
      "the newest came late",
      { promised: promised("present", "late") },
      "yellow",
      ["the hot point expected by 2027-01-09 04:00:00Z came late"],
    ],
    ["one before it came late", { promised: promised("late", "present") }, "green", []],
    ["the next is due now", { nextBy: NOW }, "green", []],
    [
      "the next should be there",
      { nextBy: NOW - 1 },
      "yellow",
      ["the newest hot point is 2 h 00 min old, the next was to be there by 2027-01-10 03:59:59Z"],
    ],
    ["no drill was made", { drillMissed: "no drill for long" }, "yellow", ["no drill for long"]],
    ["a part is overdue", { overdue: 2 }, "red", ["2 parts past the deadline and not held"]],
    [
      "an archive is damaged",
      { tier: "archive", damaged: [{ id: "shop/2027-01-01/money", problem: "a pack is missing" }] },
      "red",
      ["1 archive damaged, shop/2027-01-01/money first: a pack is missing"],
    ],
    [
      "several at once, the worst first",
      { promised: promised("missing", "present"), overdue: 1 },
      "red",
      [
        "1 part past the deadline and not held",
        "1 hot point missing of 2 promised, the newest expected by 2027-01-08 04:00:00Z",
      ],
    ],
  ])("%s", (_, rest, light, reasons) => {
    expect(tierVerdict(facts(rest))).toMatchObject({ light, reasons });
  });
});

test("a broken invariant is red, and one that is not applicable has no light", () => {
  const result = (one: InvariantResult["result"]): InvariantResult => ({ id: "I-01", result: one, found: "" });
  expect(invariantLights([result("holds"), result("not applicable"), result("broken")])).toEqual(["green", "red"]);
});
