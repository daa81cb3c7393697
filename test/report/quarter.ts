import type { Act, AuditEntry, AuditRecord, PartId } from "../../lib/model/audit.ts";
import type { Tier } from "../../lib/model/point.ts";
import type { KeptRow } from "../../lib/model/report.ts";
import type { EpochMs } from "../../lib/model/units.ts";
import type { ReportEvidence } from "../../lib/report/evidence.ts";
import {
  AGED,
  CLASSES,
  DAY_MS,
  DAYS,
  dayOf,
  FAILED_DRILL_DAY,
  FIRST_NIGHT,
  HELD_DAY,
  HOLD,
  HOUR_MS,
  idOf,
  LATE_DAY,
  LATE_PART_DAY,
  MARGIN_MS,
  MISSING_DAY,
  OVERDUE_DAY,
  PERIOD,
  proofOf,
  SCHEDULE,
  UNVERIFIED_DAY,
  verificationOf,
  visitDays,
  visitsDeadline,
  visitsOf,
} from "./quarter-facts.ts";

/**
 * Evidence of a quarter of a shop: a nightly point, a release each second week, an archive of the books each month, and all
 * that is to be told of: a night without a point and one that was late, a part that went after its deadline and one that is
 * still there, a day nobody verified, a drill that found a difference, a hold, a change of the policy, a refused restore.
 */
export const quarter = (): ReportEvidence => {
  const story = new Story();
  for (let index = 0; index < DAYS; index++) story.live(index);
  // By noon of the day before they are due, so the last evening of the quarter is theirs.
  story.letGo(DAYS);
  return story.evidence();
};

/** A vault of which nothing is known in the period. */
export const nothing = (): ReportEvidence => ({
  ...quarter(),
  records: [],
  proofs: new Map(),
  points: [],
  kept: [],
  holds: [],
  examined: [],
  integrity: { ...quarter().integrity, records: 0, head: undefined },
});

class Story {
  readonly #records: AuditRecord[] = [];
  readonly #kept: KeptRow[] = [];

  live(index: number): void {
    const night = FIRST_NIGHT + index * DAY_MS;
    if (index === 0) this.#tell(night - 1800_000, { act: "policy", sha256: "5f".repeat(32), policy: {} }, "deploy");
    if (index === 20)
      this.#tell(
        night - 1800_000,
        { act: "policy", sha256: "c4".repeat(32), before: "5f".repeat(32), policy: {} },
        "deploy",
      );
    if (index === MISSING_DAY)
      this.#fail(night + 60_000, { act: "capture", outcome: "failed", code: "DATABASE_UNREACHABLE" });
    else this.#capture(index, index === LATE_DAY ? night + 5 * HOUR_MS : night, "hot");
    if (index % 14 === 9) this.#capture(index, night + 14 * HOUR_MS, "release");
    if (dayOf(index).endsWith("-01")) this.#archive(index, night + HOUR_MS);
    this.letGo(index);
    if (index % 14 === 9) this.#expireRelease(index - 14);
    this.#tell(night + 2 * HOUR_MS, this.#run(index));
    this.#verify(index, night + 3 * HOUR_MS);
    if (index === 75)
      this.#fail(night + 9 * HOUR_MS, { act: "restore", outcome: "refused", code: "TARGET_NOT_EMPTY" }, "anna");
    if (index === 76)
      this.#tell(
        night + 9 * HOUR_MS,
        { act: "restore", point: idOf(76), plan: "a7".repeat(32), rows: 86_400, elapsedMs: 48_000 },
        "anna",
      );
    if (index === 72) this.#hold(night + 8 * HOUR_MS, "requested", "claims-desk");
    if (index === 73) this.#hold(night + 9 * HOUR_MS, "approved", "data-protection");
  }

  letGo(index: number): void {
    for (const age of [14, 28]) this.#expire(index, index - age, age);
    this.#expireVisits(index - AGED.days);
  }

  evidence(): ReportEvidence {
    const madeAt = PERIOD.to + 8 * HOUR_MS;
    const records = this.#records.toSorted((a, b) => a.at - b.at).map((record, i) => ({ ...record, seq: i + 812 }));
    const expired = records.filter((record) => record.outcome === "done" && record.act === "expire");
    const size = records.length + 811;
    return {
      number: 4,
      previous: "1b".repeat(32),
      vaultId: "7c1d2a90e5b34f18",
      controller: "Example Shop Ltd",
      timeZone: "Europe/Copenhagen",
      databases: ["shop"],
      madeAt,
      madeBy: "report@backup-1",
      version: "0.1.0",
      policySha256: "c4".repeat(32),
      tiers: { hotEvery: "P1D", hotWindow: "P28D", releaseWindow: "P14D" },
      period: PERIOD,
      schedule: SCHEDULE,
      notices: [],
      examined: [
        { store: "hot", found: "93 points with 75 parts" },
        { store: "archive", found: "3 archive parts, 21 versions", unknown: 1 },
        { store: "evidence", found: `${size} records`, unknown: 0 },
      ],
      records,
      proofs: new Map(expired.map(({ seq }) => [seq, proofOf(seq, size)])),
      points: [],
      kept: this.#kept,
      holds: [HOLD],
      days: Array.from({ length: DAYS }, (_, index) => dayOf(index)),
      drillEvery: { term: "P7D", ms: 7 * DAY_MS },
      integrity: {
        records: size,
        lastDigest: "9e".repeat(32),
        root: "d3".repeat(32),
        head: { size: size - 2, root: "77".repeat(32), at: PERIOD.to - HOUR_MS },
        keyId: "42".repeat(32),
        publicKey: "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n",
      },
    };
  }

  #tell(at: EpochMs, act: Act, actor = "backup"): void {
    this.#add(at, { outcome: "done", database: "shop", ...act }, actor);
  }

  #fail(at: EpochMs, failed: Extract<AuditEntry, { outcome: "failed" | "refused" }>, actor = "backup"): void {
    this.#add(at, { database: "shop", ...failed }, actor);
  }

  #add(at: EpochMs, entry: AuditEntry, actor: string): void {
    const link = { format: 1, kind: "audit record", seq: 0, previous: "", vaultId: "7c1d2a90e5b34f18" } as const;
    this.#records.push({ ...link, at, actor, ...entry });
  }

  #capture(index: number, startedAt: EpochMs, tier: Tier): void {
    const id = tier === "hot" ? idOf(index) : `${idOf(index)}-r`;
    const finishedAt = startedAt + 48_000 + (index % 7) * 3000;
    const label = tier === "release" ? { release: `2026.${index}`, commit: "4f2c1d9" } : {};
    this.#tell(finishedAt, {
      act: "capture",
      point: id,
      tier,
      ...label,
      classes: [...CLASSES.map(({ name }) => name), AGED.name, ...visitDays(index).map(visitsOf)],
      tables: 23,
      rows: 1_437_600 + index * 811,
      storedBytes: 9_200_000 + (index % 5) * 1_100_000,
      startedAt,
      finishedAt,
    });
    this.#keepVisits(id, tier, index, startedAt);
    for (const { name, days, rows } of CLASSES) {
      const keptDays = tier === "hot" ? days : 14;
      const deadline = startedAt + keptDays * DAY_MS;
      const isOverdue = index === OVERDUE_DAY && name === "personal" && tier === "hot";
      const isHeld = index === HELD_DAY && name !== "other" && tier === "hot";
      if (deadline - MARGIN_MS < PERIOD.to && !isOverdue && !isHeld) continue;
      this.#kept.push({
        part: { store: "hot", id, class: name },
        database: "shop",
        tier,
        startedAt,
        rows,
        sealedBytes: rows * 61,
        deleteAt: deadline - MARGIN_MS,
        deadline,
        state: isHeld ? "held" : isOverdue ? "overdue" : "kept",
        because: isHeld ? "hold h-0007 until 2027-01-31" : `class ${name} is kept for P${keptDays}D`,
      });
    }
  }

  #keepVisits(id: string, tier: Tier, index: number, startedAt: EpochMs): void {
    for (const day of [...visitDays(index), index + 1]) {
      const deadline = visitsDeadline(day);
      if (deadline - MARGIN_MS < PERIOD.to) continue;
      const own = day > index;
      this.#kept.push({
        part: { store: "hot", id, class: own ? AGED.name : visitsOf(day) },
        database: "shop",
        tier,
        startedAt,
        rows: own ? 0 : AGED.rowsOfDay,
        sealedBytes: AGED.rowsOfDay * 40,
        deleteAt: deadline - MARGIN_MS,
        deadline,
        state: "kept",
        because: `rows of class ${AGED.name} are kept for P${AGED.days}D from ${own ? "the day after their capture" : `their day, ${dayOf(day)}`}`,
      });
    }
  }

  /** The visits of a day leave every point that has them, with one record for each. */
  #expireVisits(day: number): void {
    const deadline = visitsDeadline(day);
    for (let of = Math.max(0, day); of < day + AGED.days; of++) this.#goneVisits(of, visitsOf(day), deadline);
    if (day > 0) this.#goneVisits(day - 1, AGED.name, deadline);
  }

  /** Of the nightly point of a day, and of its release. */
  #goneVisits(index: number, name: string, deadline: EpochMs): void {
    const startedAt = FIRST_NIGHT + index * DAY_MS;
    if (index !== MISSING_DAY && index < DAYS) this.#goneBy(idOf(index), "hot", name, startedAt, deadline);
    if (index % 14 === 9 && index < DAYS)
      this.#goneBy(`${idOf(index)}-r`, "release", name, startedAt + 14 * HOUR_MS, deadline);
  }

  #goneBy(id: string, tier: Tier, name: string, startedAt: EpochMs, deadline: EpochMs): void {
    const lookedAt = deadline - MARGIN_MS + 20 * 60_000;
    this.#tell(lookedAt, {
      act: "expire",
      part: { store: "hot", id, class: name },
      tier,
      startedAt,
      deadline,
      keyShredded: true,
      objectsDeleted: 3,
      objectsLeft: 0,
      lookedAt,
      marginMs: deadline - lookedAt,
    });
  }

  #archive(index: number, at: EpochMs): void {
    const startedAt = FIRST_NIGHT + index * DAY_MS;
    const part: PartId = { store: "archive", id: `shop/${dayOf(index)}`, class: "financial" };
    const retainUntil = Date.UTC(2036, 11, 31, 23);
    const deadline = Date.UTC(2037, 8 + index / 30, 1, 1);
    this.#tell(at, {
      act: "archive",
      part,
      businessDate: dayOf(index),
      schedule: "monthly",
      point: idOf(index),
      rows: 41_200,
      sealedBytes: 3_812_000,
      startedAt,
      retainUntil,
      deadline,
      sha256: "e8".repeat(32),
      version: `v${index}`,
    });
    const shared = {
      part,
      database: "shop",
      tier: "archive",
      startedAt,
      rows: 41_200,
      sealedBytes: 3_812_000,
    } as const;
    const lock = `compliance until ${new Date(retainUntil).toISOString().slice(0, 10)}`;
    this.#kept.push({
      ...shared,
      deleteAt: deadline - MARGIN_MS,
      deadline,
      lock,
      state: "locked",
      because: "monthly archives are kept for P11Y",
    });
  }

  /** The parts of that age of a nightly point; those before the quarter were captured as all the others. */
  #expire(index: number, of: number, age: number): void {
    if (of === MISSING_DAY) return;
    const startedAt = FIRST_NIGHT + of * DAY_MS;
    const deadline = startedAt + age * DAY_MS;
    for (const { name, days } of CLASSES) {
      if (days !== age || (of === OVERDUE_DAY && name === "personal") || (of === HELD_DAY && name === "personal"))
        continue;
      const wentLate = index === LATE_PART_DAY && name === "other";
      const lookedAt = wentLate
        ? deadline + 5 * HOUR_MS
        : deadline - MARGIN_MS + 120_000 + ((index * 37) % 41) * 60_000;
      this.#tell(lookedAt, {
        act: "expire",
        part: { store: "hot", id: idOf(of), class: name },
        tier: "hot",
        startedAt,
        deadline,
        keyShredded: true,
        objectsDeleted: 3 + ((index * 13) % 9),
        objectsLeft: 0,
        lookedAt,
        marginMs: deadline - lookedAt,
      });
      if (wentLate) {
        const part: PartId = { store: "hot", id: idOf(of), class: name };
        this.#tell(deadline - 6 * HOUR_MS, {
          act: "alarm",
          part,
          deadline,
          reason: "STORE_UNREACHABLE: the disk did not answer",
        });
      }
    }
  }

  #expireRelease(of: number): void {
    const startedAt = FIRST_NIGHT + of * DAY_MS + 14 * HOUR_MS;
    const deadline = startedAt + 14 * DAY_MS;
    const lookedAt = deadline - MARGIN_MS + 300_000;
    for (const { name } of CLASSES)
      this.#tell(lookedAt, {
        act: "expire",
        part: { store: "hot", id: `${idOf(of)}-r`, class: name },
        tier: "release",
        startedAt,
        deadline,
        keyShredded: true,
        objectsDeleted: 4,
        objectsLeft: 0,
        lookedAt,
        marginMs: deadline - lookedAt,
      });
  }

  #run(index: number): Act {
    const at = FIRST_NIGHT + index * DAY_MS + 2 * HOUR_MS;
    return {
      act: "retention",
      due: 3,
      gone: 3,
      held: index > 73 ? 2 : 0,
      overdue: index > 74 ? 1 : 0,
      unknown: 0,
      startedAt: at,
      finishedAt: at + 2000,
    };
  }

  #verify(index: number, at: EpochMs): void {
    const drilled = index % 7 === 0;
    if (drilled && index !== FAILED_DRILL_DAY)
      this.#tell(at + 200_000, {
        act: "drill",
        part: { store: "hot", id: idOf(index) },
        tables: 23,
        rows: 1_437_600,
        plainBytes: 412_000_000,
        restoreMs: 61_000 + index * 90,
        elapsedMs: 118_000 + index * 140,
      });
    if (index === FAILED_DRILL_DAY)
      this.#fail(at + 200_000, { act: "drill", outcome: "failed", code: "RESTORE_UNPROVEN", point: idOf(index) });
    if (index !== UNVERIFIED_DAY)
      this.#tell(at + 240_000, { act: "daily verification", verification: verificationOf(index, at) });
  }

  #hold(at: EpochMs, step: "requested" | "approved", actor: string): void {
    this.#tell(at, { act: "hold", step, hold: HOLD.id, parts: HOLD.parts }, actor);
  }
}
