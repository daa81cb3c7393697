import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DataClass, Policy, VerificationRule } from "../../lib/model/policy.ts";
import { archiveTimes } from "../../lib/policy/archive-times.ts";
import { contradictionsOf } from "../../lib/policy/contradictions.ts";
import { goneBy } from "../../lib/policy/deadlines.ts";
import { policyNotices } from "../../lib/policy/policy-notices.ts";
import { dayAfter } from "../../lib/policy/row-ages.ts";
import { DAY_MS, dataClass, HOUR_MS, instants, policyOf, term, zones } from "./made-policy.ts";

const shown = (policy: Policy) => contradictionsOf(policy).map(({ path, message }) => `${path.join(".")}: ${message}`);
const ofClass = (max: string, rest: Partial<DataClass> = {}) => shown(policyOf([dataClass("money", max, rest)]));
const verifying = (rule: Partial<VerificationRule>) => {
  const policy = policyOf([dataClass("money", "P1Y")]);
  return { ...policy, verification: { ...policy.verification, ...rule } };
};

test("a plain policy has none", () => {
  expect(ofClass("P1Y")).toEqual([]);
});

describe("a term that is too short for the worker is refused", () => {
  const message = (text: string) =>
    `${text} cannot be kept: the worker that deletes runs every hour and needs two rounds; give at least PT2H`;
  test("of a class", () => {
    expect(ofClass("PT1H")).toEqual([`classes.money.max: ${message("PT1H")}`]);
    expect(ofClass("PT2H")).toEqual([]);
  });
  test("of a tier's window", () => {
    const policy = policyOf([dataClass("money", "P1Y")], { release: { window: term("PT1H") } });
    expect(shown(policy)).toEqual([`tiers.release.window: ${message("PT1H")}`]);
    const hot = { every: term("PT1H"), window: term("PT1H") };
    expect(shown({ ...policy, hot, release: { window: term("PT2H") } })[0]).toBe(
      `tiers.hot.window: ${message("PT1H")}`,
    );
  });
});

test.each([
  ["P1D", "P1D"],
  ["P8D", "P1W"],
])("points every %s that are kept for %s leave times without one", (every, window) => {
  const policy = policyOf([dataClass("money", "P1Y")], { hot: { every: term(every), window: term(window) } });
  expect(shown(policy)).toEqual([
    `tiers.hot.window: a point every ${every} that is kept for ${window} leaves times without a point: give a longer window`,
  ]);
});

test("names that come twice are told", () => {
  const policy = policyOf([dataClass("money", "P1Y"), { ...dataClass("books", "P1Y"), tables: ["a.b", "a.b"] }], {
    databases: ["shop", "stock", "shop"],
    holders: ["anna", "bent", "bent"],
  });
  expect(shown(policy)).toEqual([
    "databases: names the database shop twice: leave one out",
    "classes.books.tables: names a table twice: leave one out",
    "approvals.holds: names the holder bent twice: leave one out",
  ]);
});

test("a pattern of two classes is told once for each class but the first", () => {
  const classes = ["a", "b", "c"].map((name) => ({ ...dataClass(name, "P1Y"), tables: ["public.*", `x.${name}`] }));
  expect(shown(policyOf(classes))).toEqual(
    ["b", "c"].map((name) => `classes.${name}.tables: "public.*" is in class a too: leave it in one of them`),
  );
});

describe("verification", () => {
  const daily = (text: string) => `${text} cannot be kept: verification runs once a day; give at least P1D`;
  test.each([
    ["readAllWithin", "PT23H", daily("PT23H")],
    ["drillEvery", "PT23H", daily("PT23H")],
    ["drillEvery", "P367D", "a restore that was not tried for more than a year proves nothing: give at most P1Y"],
  ] as const)("%s of %s is refused", (field, text, message) => {
    expect(shown(verifying({ [field]: term(text) }))).toEqual([`verification.${field}: ${message}`]);
  });
  test.each([
    ["readAllWithin", "P1D"],
    ["drillEvery", "P1D"],
    ["drillEvery", "P1Y"],
    ["drillEvery", "P366D"],
  ] as const)("%s of %s is not", (field, text) => {
    expect(shown(verifying({ [field]: term(text) }))).toEqual([]);
  });
});

describe("an archive", () => {
  test("is not kept longer than its class may be", () => {
    expect(ofClass("P1Y", { archive: { yearly: term("P2Y") } })).toEqual([
      "classes.money.archive.yearly: kept for P2Y, though class money must be gone after P1Y: give at most that",
    ]);
    expect(ofClass("P2Y", { archive: { yearly: term("P24M") } })).toEqual([]);
  });

  test.each([
    ["daily", "P1D", "P2D"],
    ["weekly", "P1W", "P8D"],
    ["monthly", "P1M", "P32D"],
    ["yearly", "P1Y", "P367D"],
  ] as const)(
    "of a %s schedule that is kept for %s leaves times without one; for %s it does not",
    (name, bad, good) => {
      expect(ofClass("P2Y", { archive: { [name]: term(bad) } })).toEqual([
        `classes.money.archive.${name}: a ${name} archive that is kept for ${bad} leaves times without one: give at least ${good}`,
      ]);
      expect(ofClass("P2Y", { archive: { [name]: term(good) } })).toEqual([]);
    },
  );

  test.each([
    ["daily", "P1D", "PT25H"],
    ["weekly", "P7D", "P8D"],
    ["monthly", "P28D", "P29D"],
    ["yearly", "P365D", "P366D"],
  ] as const)("%s needs a point every %s; every %s is too seldom", (name, good, bad) => {
    const withEvery = (every: string) =>
      shown(
        policyOf([dataClass("money", "P5Y", { archive: { [name]: term("P3Y") } })], {
          hot: { every: term(every), window: term("P4Y") },
        }),
      );
    expect(withEvery(bad)).toEqual([
      `classes.money.archive.${name}: a hot point every ${bad} is too seldom for a ${name} archive: take more of them, or leave it out`,
    ]);
    expect(withEvery(good)).toEqual([]);
  });

  test("of a shorter schedule does not outlast the longer one that stands for it", () => {
    const archive = { daily: term("P61D"), weekly: term("P60D"), monthly: term("P50D"), yearly: term("P2Y") };
    expect(ofClass("P2Y", { archive })).toEqual([
      "classes.money.archive.weekly: kept for P60D, longer than the monthly archive, which stands for it on its date: give at most P50D",
      "classes.money.archive.daily: kept for P61D, longer than the weekly archive, which stands for it on its date: give at most P60D",
    ]);
    expect(ofClass("P2Y", { archive: { daily: term("P60D"), monthly: term("P60D") } })).toEqual([]);
  });
});

describe("a lock", () => {
  const locked = (text: string, mode: "governance" | "compliance" = "compliance") => ({
    lock: { mode, term: term(text) },
  });

  test("without an archive locks nothing", () => {
    expect(ofClass("P1Y", locked("P10D"))).toEqual([
      "classes.money.lock: there is no archive to lock: give the class one, or leave the lock out",
    ]);
  });

  test("ends an hour before deletion at the latest", () => {
    const archive = { daily: term("P40D"), weekly: term("P60D") };
    // Deleted half a day before its sixtieth day.
    expect(ofClass("P90D", { archive, ...locked("P60D") })).toEqual([
      "classes.money.lock.term: a lock of P60D would outlast the weekly archive that it locks: give at most P59D",
    ]);
    expect(ofClass("P90D", { archive, ...locked("PT1428H") })).toHaveLength(1);
    expect(ofClass("P90D", { archive, ...locked("PT1427H") })).toEqual([]);
  });

  test.each(["governance", "compliance"] as const)(
    "of mode %s is short where people may ask for erasure within the month",
    (mode) => {
      const archive = { daily: term("P28D") };
      expect(ofClass("P30D", { archive, ...locked("P15D", mode) })).toEqual([
        "classes.money.lock.term: what is gone after P30D may have to be erased sooner, and a lock forbids it: give at most P14D",
      ]);
      expect(ofClass("P30D", { archive, ...locked("P14D", mode) })).toEqual([]);
      expect(ofClass("P31D", { archive, ...locked("P15D", mode) })).toEqual([]);
    },
  );
});

describe("a minimum", () => {
  const wanted = (
    min: string,
    max: string,
    keep: string,
    from: "capture" | "end of year" = "capture",
    timeZone = "UTC",
  ) =>
    shown(
      policyOf(
        [
          dataClass("money", max, {
            min: { term: term(min), from },
            archive: { daily: term("P30D"), yearly: term(keep) },
          }),
        ],
        { timeZone },
      ),
    );

  test("needs an archive", () => {
    expect(ofClass("P12Y", { min: { term: term("P10Y"), from: "capture" } })).toEqual([
      "classes.money.min: nothing is kept for P10Y: give the class an archive that is",
    ]);
  });

  test.each([
    // A capture of a day ends on the next, which the minimum lasts to the end of; deletion comes half a day before a deadline.
    ["P10Y", "P3655D", "capture", "P3656D"],
    ["P10Y", "P11Y", "end of year", "P12Y"],
    ["P2Y", "P2Y", "capture", "P25M"],
    ["P400D", "P402D", "capture", "P403D"],
  ] as const)("of %s is cut short by a maximum of %s, counted from %s, and not by %s", (min, bad, from, good) => {
    expect(wanted(min, bad, bad, from)).toEqual([
      expect.stringMatching(
        new RegExp(`^classes.money.min: a minimum of ${min}.* is cut short by the maximum of ${bad}: a capture of `),
      ),
    ]);
    expect(wanted(min, good, good, from)).toEqual([]);
    expect(wanted(min, "P20Y", bad, from)).toEqual([
      expect.stringMatching(/^classes.money.archive.yearly: .* is cut short by an archive that is kept for /),
    ]);
  });

  test("of which only the worst day is short is told by that day", () => {
    // A year and a week that begin between 24 and 31 October see summer time end twice, and are an hour longer.
    expect(wanted("P370D", "PT8940H", "PT8940H", "capture", "Europe/Copenhagen")).toEqual([
      "classes.money.min: a minimum of P370D is cut short by the maximum of PT8940H: a capture of 2027-10-24 would be deleted a day too early; give a longer max, and an archive that is kept as long",
    ]);
    expect(wanted("P370D", "PT8940H", "PT8940H")).toEqual([]);
    expect(wanted("P370D", "PT8941H", "PT8941H", "capture", "Europe/Copenhagen")).toEqual([]);
  });

  test("that was accepted is met for every capture of a day at most, whenever it was and wherever", () => {
    const terms = fc.constantFrom("P1M", "P40D", "P6M", "P1Y", "P5Y", "P10Y");
    fc.assert(
      fc.property(
        terms,
        fc.constantFrom("capture", "end of year"),
        fc.integer({ min: 0, max: 4 }),
        fc.constantFrom(0, 365, 366),
        zones,
        fc.array(fc.tuple(instants, fc.integer({ min: 0, max: DAY_MS - HOUR_MS })), { minLength: 20, maxLength: 20 }),
        (min, from, more, year, timeZone, captures) => {
          const days = { P1M: 31, P40D: 40, P6M: 184, P1Y: 366, P5Y: 1827, P10Y: 3653 }[min];
          const max = `P${Math.max(days + more + year, 367)}D`;
          const one = dataClass("money", max, { min: { term: term(min), from }, archive: { yearly: term(max) } });
          const policy = policyOf([one], { timeZone });
          if (contradictionsOf(policy).length > 0) return;
          for (const [startedAt, tookMs] of captures) {
            const times = archiveTimes(policy, one, "yearly", { startedAt, finishedAt: startedAt + tookMs });
            expect(times.keepUntil).toBeLessThanOrEqual(times.deleteAt);
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe("rows that leave by their age", () => {
  const aged = (age: string, rest: Partial<DataClass> = {}) =>
    ofClass("P1Y", { rowAge: { column: "placed_at", max: term(age) }, ...rest });

  test.each([
    ["P1D", "P2D"],
    ["PT47H", "PT48H"],
  ])("are there for their day and the next at least: not for %s, but for %s", (bad, good) => {
    expect(aged(bad)).toEqual([
      `classes.money.rowAge.max: ${bad} counts from the beginning of a row's day, so that rows of its last hours would leave at once: give at least P2D`,
    ]);
    expect(aged(good)).toEqual([]);
  });

  test.each([
    ["P93D", "P92D"],
    ["PT2209H", "PT2208H"],
    ["P14W", "P13W"],
    ["P4M", "P3M"],
    ["P1Y", "P2M"],
  ])("are no parts of more than three months of days: not %s, but %s", (bad, good) => {
    expect(aged(bad)).toEqual([
      `classes.money.rowAge.max: ${bad} would make a part of every day that long in every point: give at most P92D`,
    ]);
    expect(aged(good)).toEqual([]);
  });

  test("have no archive, lock or minimum, and each is told once, at its place", () => {
    const after = "past their age: rows of class money leave P14D after their day began";
    const archive = { yearly: term("P2D") };
    const lock = { mode: "compliance", term: term("P60D") } as const;
    const min = { term: term("P10Y"), from: "capture" } as const;
    const saysArchive = `classes.money.archive: keeps rows ${after}; leave the archive out, or rowAge`;
    const saysLock = `classes.money.lock: holds rows ${after}; leave the lock out, or rowAge`;
    const saysMin = `classes.money.min: is met by an archive alone, which keeps rows ${after}; leave the minimum out, or rowAge`;
    expect(aged("P14D", { archive })).toEqual([saysArchive]);
    expect(aged("P14D", { lock })).toEqual([saysLock]);
    expect(aged("P14D", { min })).toEqual([saysMin]);
    expect(aged("P14D", { archive, lock, min })).toEqual([saysArchive, saysLock, saysMin]);
  });

  test("of one class leave another its archive", () => {
    const rowAge = { column: "at", max: term("P14D") };
    const money = dataClass("money", "P2Y", { archive: { yearly: term("P2Y") } });
    expect(shown(policyOf([dataClass("raw", "P14D", { rowAge }), money]))).toEqual([]);
  });
});

describe("notices", () => {
  const quiet = { holders: ["anna", "bent"], notify: { webhookFrom: "ALARMS" } };
  const notices = (policy: Policy) => policyNotices(policy).map(({ path, message }) => `${path.join(".")}: ${message}`);

  test("there are none where nothing is left open", () => {
    expect(notices(policyOf([dataClass("money", "P1D")], quiet))).toEqual([]);
  });

  test("a class that is gone before the next point comes", () => {
    expect(notices(policyOf([dataClass("raw", "PT23H")], quiet))).toEqual([
      "classes.raw.max: gone after PT23H, before the next point comes after P1D: in between there is no copy",
    ]);
  });

  test("a minimum that no lock holds", () => {
    const min = { term: term("P1Y"), from: "capture" } as const;
    const archive = { yearly: term("P2Y") };
    expect(notices(policyOf([dataClass("money", "P2Y", { min, archive })], quiet))).toEqual([
      "classes.money.min: no lock holds it: who can write to the archive store can delete it sooner",
    ]);
    const lock = { mode: "governance", term: term("P1Y") } as const;
    expect(notices(policyOf([dataClass("money", "P2Y", { min, archive, lock })], quiet))).toEqual([]);
  });

  const aged = (max: string, age: string, rest: Partial<Policy> = {}) =>
    policyOf([dataClass("raw", max, { rowAge: { column: "at", max: term(age) } })], { ...quiet, ...rest });

  test("a term that never ends because the age of rows always ends first", () => {
    expect(notices(aged("P19D", "P14D"))).toEqual([
      "classes.raw.max: P19D never ends first: P14D after the day of a capture all its rows have left by their age",
    ]);
    expect(notices(aged("P18D", "P14D"))).toEqual([]);
  });

  test("it is never told of a term that can end first", () => {
    const terms = fc.constantFrom("PT50H", "P2D", "P14D", "P3W", "P1M", "P2M", "P3M", "P92D");
    const longer = fc.integer({ min: 0, max: 130 }).map((days) => `P${days + 1}D`);
    const months = fc.constantFrom("P1M", "P2M", "P3M", "P4M", "P5M", "P1Y");
    fc.assert(
      fc.property(terms, fc.oneof(longer, months), instants, zones, (age, max, at, timeZone) => {
        const policy = aged(max, age, { timeZone });
        const told = policyNotices(policy).some(({ path }) => path.at(-1) === "max" && !path.includes("rowAge"));
        const byAge = goneBy(term(age), dayAfter(at, timeZone), timeZone);
        expect(told && goneBy(term(max), at, timeZone) < byAge).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test("days whose rows are in no point", () => {
    const every = (text: string) => ({ hot: { every: term(text), window: term("P28D") } });
    expect(notices(aged("P2D", "P2D", every("P3D")))).toContain(
      "classes.raw.rowAge.max: rows leave P2D after their day began, and a point comes every P3D: those of some days are in none",
    );
    expect(notices(aged("P2D", "P2D", every("P2D")))).toEqual([]);
  });

  test("points that leave without having been read", () => {
    const policy = { ...verifying({ readAllWithin: term("P29D") }), ...quiet };
    expect(notices(policy)).toEqual([
      "verification.readAllWithin: a hot point is kept for P28D, so that some leave without having been read",
    ]);
    expect(notices({ ...verifying({ readAllWithin: term("P28D") }), ...quiet })).toEqual([]);
  });

  test("fewer than two who may hold, and no webhook", () => {
    const { holders: _, notify: __, ...rest } = policyOf([dataClass("money", "P1Y")], quiet);
    expect(notices({ ...rest, holders: ["anna"] })).toEqual([
      "approvals.holds: nothing can be held: a hold needs two people, name at least two",
      "notify: alarms are told by output and exit status alone: no webhook is named",
    ]);
  });
});
