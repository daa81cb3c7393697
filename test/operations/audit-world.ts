import { memoryStore } from "../../lib/local/memory-store.ts";
import type { AuditEntry } from "../../lib/model/audit.ts";
import { type AuditWorld, appendRecord, readRecords } from "../../lib/operations/audit.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { type ManualClock, manualClock } from "../faults/manual-clock.ts";

export interface AuditScene extends AuditWorld {
  readonly clock: ManualClock;
}

/** An evidence store with nothing in it. */
export const newAudit = (vaultId = "vault-1"): AuditScene => {
  const clock = manualClock();
  return { evidence: memoryStore(clock), vaultId, clock, actor: "ada" };
};

/** The same objects as another process sees them: it remembers nothing. */
export const otherProcess = <World extends AuditWorld>(world: World, store = world.evidence): World => ({
  ...world,
  evidence: {
    put: (name, pieces) => store.put(name, pieces),
    get: (name, range) => store.get(name, range),
    head: (name) => store.head(name),
    list: (prefix) => store.list(prefix),
    delete: (name) => store.delete(name),
  },
});

/** A sweep that is told apart from others by its count. */
export const sweepOf = (objects: number): AuditEntry => ({ outcome: "done", act: "sweep", objects, bytes: 0 });

export const policyOf = (sha256: string): AuditEntry => ({ outcome: "done", act: "policy", sha256, policy: {} });

export const appendSweeps = async (world: AuditWorld, count: number): Promise<void> => {
  for (let at = 1; at <= count; at++) await appendRecord(world, sweepOf(at));
};

/** What every record is about, in order; each link was checked on the way. */
export const actsOf = async (evidence: ObjectStore): Promise<readonly string[]> => {
  const acts: string[] = [];
  for await (const record of readRecords(evidence)) {
    const what = record.outcome !== "done" ? record.code : record.act === "sweep" ? record.objects : record.act;
    acts.push(`${record.seq} ${what}`);
  }
  return acts;
};

/** Changes an object as somebody would who may do anything to the store. */
export const overwrite = async (store: ObjectStore, name: string, bytes: Uint8Array): Promise<void> => {
  await store.delete(name);
  await store.put(name, [bytes]);
};
