import type { EpochMs } from "../model/units.ts";
import { type ClockControl, clockControl } from "../policy/clock-control.ts";
import type { Clock, Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { type AuditWorld, lastRecordOf, readRecordsBack } from "./audit.ts";

const PREFIX = "clock/";
const SALT_BYTES = 8;

export interface ClockWorld {
  readonly hot: ObjectStore;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly audit: AuditWorld;
}

/**
 * Looks at our own clock before anything is deleted by it: against the store's, which dates an object that is put and taken
 * away again, and against the newest record of the evidence. A dry run writes nothing, and so sees only the latter.
 * @throws EVIDENCE_BROKEN, STORE_*
 */
export const controlClock = async (
  world: ClockWorld,
  { dryRun, isChecked }: { readonly dryRun: boolean; readonly isChecked: boolean },
): Promise<ClockControl> => {
  const recordedAt = await newestRecordAt(world.audit);
  const now = world.clock.now();
  const clocks = dryRun ? { now, storeNow: now } : await bothClocks(world);
  return clockControl({ ...clocks, isChecked, ...(recordedAt === undefined ? {} : { recordedAt }) });
};

/** Of the newest record, and of the newest run: other acts that a wrong clock dated hide none that went before it. */
const newestRecordAt = async ({ evidence }: AuditWorld): Promise<EpochMs | undefined> => {
  const run = await lastRecordOf(evidence, "retention");
  for await (const { at } of readRecordsBack(evidence)) return Math.max(at, run?.at ?? at);
  return undefined;
};

/** The store wrote between two looks at our clock: whatever lies between them agrees with it. */
const bothClocks = async ({ hot, clock, entropy }: ClockWorld): Promise<{ now: EpochMs; storeNow: EpochMs }> => {
  // What a run that died left is old, and says nothing.
  for await (const { name } of hot.list(PREFIX)) await hot.delete(name);
  const name = `${PREFIX}${entropy.bytes(SALT_BYTES).toString("hex")}`;
  const before = clock.now();
  await hot.put(name, []);
  const written = (await hot.head(name))?.writtenAt;
  const now = clock.now();
  await hot.delete(name);
  // Another run has taken it for an old one.
  if (written === undefined) return { now, storeNow: now };
  return { now, storeNow: written < before ? written + (now - before) : written <= now ? now : written };
};
