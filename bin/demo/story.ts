import type { Difference } from "../../lib/model/difference.ts";
import { EXIT, Failure } from "../../lib/model/errors.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { captureDatabase } from "../../lib/operations/capture.ts";
import { diffWithLive } from "../../lib/operations/diff.ts";
import { captureEntry, recordPolicy } from "../../lib/operations/entries.ts";
import { openOrCreateVault } from "../../lib/operations/open-vault.ts";
import { applyPlan, planOfRestore } from "../../lib/operations/restore.ts";
import { type LocalWorld, localSource, localTarget, openLocal, withScratchStore } from "../../lib/wiring/local.ts";
import { type OwnSession, withOwnServer } from "../../lib/wiring/own-server.ts";
import { differenceLines } from "../commands/point-diff.ts";
import { formatBytes, formatCount, formatDuration, formatNumber } from "../format.ts";
import { openLanes } from "../lanes.ts";
import type { Session } from "../session.ts";
import { atNight, auditOf, DEMO_POLICY, liveNight, type Night, writeReport } from "./four-weeks.ts";
import { BAD_RELEASE, FINGERPRINTS, GOOD_TRAFFIC, SHOP_ROWS, SHOP_SCHEMA, TRAFFIC_AFTER } from "./shop.ts";

const SAMPLES = 2;
const RELEASE = "2026.11.3";

/** Content of every table, as the server itself sums it up. */
interface Fingerprint {
  readonly table: string;
  readonly rows: string;
  readonly content: string;
}

/** Plays the whole story on a PostgreSQL and a vault of its own, in a directory that is gone afterwards. */
export const tellStory = (session: Session): Promise<number> =>
  withOwnServer(async (server) => {
    const { directory } = server;
    const { output, signal } = session;
    const say = (line: string): void => {
      if (!output.json) output.raw(`${line}\n`);
    };
    const world = await openLocal(
      { vault: `${directory}/vault`, keys: `${directory}/keys.json`, passphrase: undefined },
      "create",
    );
    const { clock } = world;
    const began = clock.elapsedMs();
    const vault = await openOrCreateVault(world);
    const audit = auditOf(world, vault.id);
    await recordPolicy(audit, DEMO_POLICY);
    const vaultDirectory = `${directory}/vault`;
    // The story tells how far it is; progress of the single acts would drown it.
    const quiet = { vault, clock, signal, progress: () => {}, warn: output.note };
    await using shop = await server.connect("shop");
    const source = await localSource(server.url("shop"));
    const capture = (
      request: { readonly tier: "hot" | "release"; readonly release?: string },
      by: Pick<Awaited<ReturnType<typeof atNight>>["acting"], "vault" | "clock" | "audit"> = { vault, clock, audit },
    ) =>
      recorded(
        by.audit,
        { act: "capture", database: source.database },
        () =>
          captureDatabase(
            {
              ...quiet,
              ...by,
              source,
              openLanes: (act) =>
                openLanes(undefined, { kind: "copy", vault: vaultDirectory, databaseUrl: server.url("shop"), act }),
            },
            { ...request, base: false, policy: DEMO_POLICY },
          ),
        captureEntry,
      );

    say(`1  A shop on PostgreSQL ${server.serverVersion}`);
    await shop.run(SHOP_SCHEMA);
    await shop.run(SHOP_ROWS);
    signal.throwIfAborted();
    const filled = await fingerprints(shop);
    say(`   ${formatNumber(filled.length, "table")} filled with ${formatNumber(rowsOf(filled), "row")}`);

    say("2  A first restore point");
    const first = await capture({ tier: "hot" });
    say(`   ${formatBytes(first.point.stored.bytes)} sealed and stored in ${formatDuration(first.elapsedMs)}`);

    say(`3  A morning's good orders come in; then release ${RELEASE} is due, so a point is taken first`);
    await shop.run(GOOD_TRAFFIC);
    const second = await capture({ tier: "release", release: RELEASE });
    const atRelease = await fingerprints(shop);
    const changed = second.tables.filter((table) => table.taken === "delta");
    const changedRows = changed.reduce((rows, table) => rows + table.changedRows, 0);
    const goneRows = changed.reduce((rows, table) => rows + table.goneRows, 0);
    say(
      `   ${formatNumber(changedRows, "row")} changed and ${formatCount(goneRows)} gone since: ` +
        `${formatBytes(second.point.stored.bytes)} stored in ${formatDuration(second.elapsedMs)}`,
    );

    say("4  The release damages data, and good orders keep coming");
    await shop.run(BAD_RELEASE);
    await shop.run(TRAFFIC_AFTER);

    say("5  What differs from the point before the release?");
    const difference = await compare(session, { ...quiet, source }, vaultDirectory, server.url("shop"));
    for (const line of differenceLines(difference)) say(`   ${line}`);

    say("6  The point comes back, into a database of its own");
    await server.connect("shop_restored").then((made) => made[Symbol.asyncDispose]());
    const target = localTarget(server.url("shop_restored"));
    const plan = await planOfRestore({ vault, target, clock }, RELEASE, { scope: { schemas: [], tables: [] } });
    const restored = await applyPlan(
      {
        ...quiet,
        target,
        openLanes: (act) =>
          openLanes(undefined, {
            kind: "restore",
            vault: vaultDirectory,
            databaseUrl: server.url("shop_restored"),
            act,
          }),
      },
      plan,
      { proof: "full" },
    );
    say(`   ${formatNumber(restored.rows, "row")} restored and read back in ${formatDuration(restored.elapsedMs)}`);

    say("7  Is it what the shop was? Two servers' own sums say so, without Lastgood's code:");
    await using copy = await server.connect("shop_restored");
    const unequal = unequalTables(atRelease, await fingerprints(copy));
    if (unequal.length > 0)
      throw new Failure("RESTORE_UNPROVEN", `${unequal.length} tables differ from the shop: ${unequal.join(", ")}`);
    say(`   ${formatNumber(atRelease.length, "table")}, ${formatNumber(rowsOf(atRelease), "row")}: all equal`);

    say("8  Two weeks pass, each night verified: personal rows may not be older");
    await liveNight(world, session, 0);
    const midway = await liveNights(world, session, 1, 15);
    for (const line of goneLines(midway.gone)) say(`   ${line}`);

    say("9  A new point is taken; two more weeks pass: of the first two nothing may be left");
    // After night 15: its personal rows are due when the report has ended, at whatever hour the demo runs.
    await capture({ tier: "hot" }, (await atNight(world, session, 15.6)).acting);
    const end = await liveNights(world, session, 16, 28);
    for (const line of goneLines(end.gone)) say(`   ${line}`);
    const stayed = [first, second].filter(({ point }) => end.left.includes(point.id));
    if (stayed.length > 0) throw new Failure("DIFFERENT", `${stayed.length} points are left after four weeks`);

    say("10 What was promised, done and proven is on one page, signed");
    const { page, verdict } = await writeReport(world, session, 28);
    say(`   ${verdict}`);
    say(`   ${page}`);

    const elapsedMs = clock.elapsedMs() - began;
    const { totals } = difference;
    const summary = {
      rows: rowsOf(atRelease),
      firstPoint: { id: first.point.id, storedBytes: first.point.stored.bytes, elapsedMs: Math.round(first.elapsedMs) },
      releasePoint: {
        id: second.point.id,
        changedRows,
        goneRows,
        storedBytes: second.point.stored.bytes,
        elapsedMs: Math.round(second.elapsedMs),
      },
      damage: { missing: totals.missing, extra: totals.extra, changed: totals.changed },
      restore: { rows: restored.rows, elapsedMs: Math.round(restored.elapsedMs), equal: true },
      retention: { goneMidway: midway.gone.length, goneAtEnd: end.gone.length },
      report: page,
      elapsedMs: Math.round(elapsedMs),
    };
    session.output.result("demo", summary, () => [
      "",
      "What you saw",
      `  A point before a release costs what changed: ${formatBytes(second.point.stored.bytes)} instead of ${formatBytes(first.point.stored.bytes)}.`,
      `  Afterwards the damage had a name: ${formatCount(totals.changed)} rows changed, ${formatCount(totals.missing)} missing, and which columns.`,
      `  ${formatCount(totals.extra)} good rows written since are known too, so nobody has to overwrite them.`,
      `  Each class of rows went by its deadline, proven gone; the evidence of that stays.`,
      `  The way back was proven row for row. All of it took ${formatDuration(elapsedMs)}.`,
      "Next: npx lastgood capture --database postgres://user@host/db --vault ./vault --keys ./keys.json",
    ]);
    return EXIT.ok;
  });

const compare = (
  session: Session,
  world: Omit<Parameters<typeof diffWithLive>[0], "scratch" | "openLanes" | "onTable">,
  vault: string,
  databaseUrl: string,
): Promise<Difference> =>
  withScratchStore((scratch, directory) => {
    session.signal.throwIfAborted();
    return diffWithLive(
      {
        ...world,
        scratch,
        onTable: () => {},
        openLanes: (act) => openLanes(undefined, { kind: "scratch", vault, databaseUrl, scratch: directory, act }),
      },
      { a: RELEASE, samplesMax: SAMPLES },
    );
  });

/** @returns what went in all of them, and what is left after the last */
const liveNights = async (world: LocalWorld, session: Session, first: number, last: number): Promise<Night> => {
  let all: Night = { gone: [], left: [] };
  for (let night = first; night <= last; night++) {
    session.signal.throwIfAborted();
    const { gone, left } = await liveNight(world, session, night);
    all = { gone: [...all.gone, ...gone], left };
  }
  return all;
};

/** By class: what went, and how long before its deadline it was proven gone. */
const goneLines = (parts: Night["gone"]): readonly string[] =>
  [...new Set(parts.map(({ part }) => part.class))].map((name) => {
    const own = parts.filter(({ part }) => part.class === name);
    const margin = Math.min(...own.map((part) => ("marginMs" in part ? part.marginMs : 0)));
    return `${name} rows of ${formatNumber(own.length, "point")} are gone, key and all, ${formatDuration(margin)} before the deadline`;
  });

const fingerprints = (database: OwnSession): Promise<readonly Fingerprint[]> =>
  database.rows<Fingerprint>(FINGERPRINTS);

const rowsOf = (tables: readonly Fingerprint[]): number => tables.reduce((rows, table) => rows + Number(table.rows), 0);

const unequalTables = (before: readonly Fingerprint[], after: readonly Fingerprint[]): readonly string[] => {
  const found = new Map(after.map((table) => [table.table, `${table.rows} ${table.content}`]));
  const missing = before.filter((table) => found.get(table.table) !== `${table.rows} ${table.content}`);
  return [...missing.map((table) => table.table), ...(after.length === before.length ? [] : ["their number"])];
};
