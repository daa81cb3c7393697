import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Vault } from "../../lib/engine/vault.ts";
import { openDirectoryStore } from "../../lib/local/directory-store.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import { captureDatabase } from "../../lib/operations/capture.ts";
import { verifyDay } from "../../lib/operations/daily-verification.ts";
import { openOrCreateVault } from "../../lib/operations/open-vault.ts";
import { openRestoreLane } from "../../lib/operations/restore-lane.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import { verifyByRestore } from "../../lib/operations/verify-restore.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { plainReader } from "../../lib/postgres/target/plain-reader.ts";
import { targetDatabase } from "../../lib/postgres/target/target-database.ts";
import { inProcessLanes } from "../e2e/in-process-lanes.ts";
import { type ManualClock, manualClock } from "../faults/manual-clock.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import { memoryRetainedStore } from "../local/memory-retained-store.ts";
import { DAY_MS, dataClass, HOUR_MS, policyOf, term } from "../policy/made-policy.ts";
import { freshDatabase, query, testServer } from "../postgres.ts";
import { InsideView } from "../simulation/look-inside.ts";

/** Midnight in Copenhagen, where no clock changes in these days. */
const START = Date.parse("2026-11-15T23:00:00Z");
const CAPTURES = 5;
/** Until the last of the last capture has gone. */
const HOURS = 8 * 24;
/** Distance of deletion to deadline for terms of three days and more. */
const MARGIN_MS = 12 * HOUR_MS;

const server = testServer(18);

/** A store whose objects are as old as the story's clock says. */
const timed = (store: ObjectStore, clock: ManualClock): ObjectStore => {
  const written = new Map<string, number>();
  const dated = <Facts extends { readonly name: string }>(facts: Facts) => ({
    ...facts,
    writtenAt: written.get(facts.name) ?? clock.now(),
  });
  return {
    get: (name, range) => store.get(name, range),
    delete: (name) => store.delete(name),
    async put(name, pieces) {
      const result = await store.put(name, pieces);
      if (result === "created") written.set(name, clock.now());
      return result;
    },
    async head(name) {
      const facts = await store.head(name);
      return facts && { ...facts, ...dated(facts) };
    },
    async *list(prefix) {
      for await (const facts of store.list(prefix)) yield { ...facts, ...dated(facts) };
    },
  };
};

const word = (number: number): string => `B-${String(number).padStart(7, "0")}-b`;
const instantOf = (at: number): string => new Date(at).toISOString();
/** In days from the first, of an instant. */
const dayOf = (at: number): number => Math.floor((at - START) / DAY_MS);

/**
 * What a day does to the shop, some hours after its midnight: rows of it, late ones, one of tomorrow and one without a date
 * come; one of the day before is corrected, one deleted; people come, change and go.
 */
const liveThrough = async (url: string, day: number): Promise<void> => {
  const at = START + day * DAY_MS;
  const base = 1000 * (day + 1);
  const rows: [number, string][] = [
    [0, `'${instantOf(at)}'`],
    [1, `'${instantOf(at + HOUR_MS)}'`],
    [2, `'${instantOf(at - 1)}'`],
    [3, `'${instantOf(at - 2 * DAY_MS + HOUR_MS)}'`],
    [4, `'${instantOf(at - 5 * DAY_MS)}'`],
    [5, `'${instantOf(at + DAY_MS)}'`],
    [6, "NULL"],
    [7, "'infinity'"],
    [8, `'${instantOf(at + 1)}'`],
  ];
  const before = base - 1000;
  await query(
    url,
    `INSERT INTO events VALUES ${rows.map(([n, when]) => `('${word(base + n)}', ${when})`).join(", ")};
     UPDATE events SET at = at + interval '1 day' WHERE word = '${word(before + 1)}';
     UPDATE events SET at = '${instantOf(at)}' WHERE word = '${word(before + 6)}';
     DELETE FROM events WHERE word = '${word(before + 8)}';
     INSERT INTO people SELECT ${base} + i, 'B-' || lpad((${base} + 500 + i)::text, 7, '0') || '-b' FROM generate_series(0, 9) i;
     DELETE FROM people WHERE id = ${before + 2};
     UPDATE people SET name = '${word(base + 600)}' WHERE id = ${before + 3}`,
  );
};

/** When each word that a capture found has to leave the vault with that point, by the guide's words and not by the code. */
const leavesAt = async (url: string, capturedAt: number): Promise<ReadonlyMap<string, number>> => {
  const found = new Map<string, number>();
  const today = dayOf(capturedAt);
  const people = await query(url, "SELECT name FROM people");
  for (const { name } of people) found.set(String(name), capturedAt + 4 * DAY_MS - MARGIN_MS);
  const events = await query(
    url,
    "SELECT word, CASE WHEN isfinite(at) THEN extract(epoch FROM at) * 1000 END::float8 AS at FROM events",
  );
  for (const { word: name, at } of events) {
    const day = at === null ? today + 1 : Math.min(dayOf(Number(at)), today + 1);
    const deleteAt = START + (day + 3) * DAY_MS - MARGIN_MS;
    // What would have to go by now is not captured any more.
    if (deleteAt > capturedAt) found.set(String(name), deleteAt);
  }
  return found;
};

const worldOf = async (directory: string) => {
  const url = await freshDatabase(server);
  await query(
    url,
    "CREATE TABLE events (word text PRIMARY KEY, at timestamptz); CREATE TABLE people (id integer PRIMARY KEY, name text)",
  );
  const clock = manualClock(START);
  const open = async (name: string): Promise<ObjectStore> =>
    timed(await openDirectoryStore(join(directory, name), { clock, create: true }), clock);
  const stores = { hot: await open("hot"), keys: await open("keys") };
  const vault = await openOrCreateVault({ stores, keys: memoryKeys(), entropy: systemEntropy });
  const source = await postgresSource(url);
  const quiet = { clock, progress: () => {}, warn: () => {}, signal: new AbortController().signal };
  const audit = { evidence: memoryStore(clock), vaultId: vault.id, clock, actor: "nightly" };
  const openLanes = inProcessLanes({ source, store: stores.hot, entropy: systemEntropy }, 2);
  const policy = policyOf(
    [
      dataClass("raw", "P28D", { tables: ["public.events"], rowAge: { column: "at", max: term("P3D") } }),
      dataClass("personal", "P4D", { tables: ["public.people"] }),
    ],
    { databases: [source.database], timeZone: "Europe/Copenhagen", hot: { every: term("P1D"), window: term("P28D") } },
  );
  return {
    url,
    clock,
    vault,
    capture: () => captureDatabase({ ...quiet, vault, source, openLanes }, { tier: "hot", base: false, policy }),
    retain: () => runRetention({ ...quiet, vault, audit }, policy),
    verify: () =>
      verifyDay({ ...quiet, vault, audit }, policy, { drill: async (point) => drill(vault, quiet, stores.hot, point) }),
  };
};

/** Restores a point into a scratch database and compares every row. */
const drill = async (
  vault: Vault,
  quiet: Pick<Parameters<typeof verifyByRestore>[0], "clock" | "progress" | "warn" | "signal">,
  store: ObjectStore,
  point: string,
) => {
  const scratch = await freshDatabase(server);
  const target = targetDatabase(scratch);
  const world = { ...quiet, vault, target, reader: plainReader(scratch) };
  return verifyByRestore(
    {
      ...world,
      openLanes: async (opening) => {
        const lane = await openRestoreLane({ target, store }, opening);
        return {
          count: 1,
          run: (task, progress, signal) => lane.run(task, progress, signal),
          [Symbol.asyncDispose]: () => lane[Symbol.asyncDispose](),
        };
      },
    },
    point,
  );
};

test("rows leave every point at noon before the third day after theirs has ended, not one hourly run before, and each day is verified green", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-row-age-"));
  try {
    const { url, clock, vault, capture, retain, verify } = await worldOf(directory);
    const inside = new InsideView();
    const archive = memoryRetainedStore(clock);
    /** Of each word the instants at which points that show it have to let it go. */
    const shown = new Map<string, number[]>();
    const drills: number[] = [];
    for (let hour = 0; hour < HOURS; hour++) {
      await clock.advance(START + hour * HOUR_MS - clock.now());
      const day = dayOf(clock.now());
      const report = await retain();
      expect([report.alarms, report.parts.filter(({ outcome }) => outcome !== "gone")]).toEqual([[], []]);
      if (day < CAPTURES && hour % 24 === 2) {
        await liveThrough(url, day);
        await capture();
        for (const [name, at] of await leavesAt(url, clock.now())) shown.set(name, [...(shown.get(name) ?? []), at]);
      }
      if (day < CAPTURES && hour % 24 === 14) {
        const verified = await verify();
        expect([verified.day, verified.light, verified.tiers.flatMap(({ reasons }) => reasons)]).toEqual([
          instantOf(START + day * DAY_MS + 2 * HOUR_MS).slice(0, 10),
          "green",
          [],
        ]);
        if (verified.drill !== undefined) drills.push(day);
      }
      const readable = await inside.readable(vault, archive);
      const expected = [...shown].filter(([, ats]) => ats.some((at) => at > clock.now())).map(([name]) => name);
      expect([hour, [...readable.keys()].toSorted()]).toEqual([hour, expected.toSorted()]);
    }
    expect(shown.size).toBeGreaterThan(CAPTURES * 15);
    expect(drills).toEqual([0]);
    expect(await inside.unneeded(vault, [])).toEqual({ left: [], missing: [] });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 120_000);
