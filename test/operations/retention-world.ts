import {
  archiveDocumentName,
  archiveId,
  archiveKeyName,
  archivePrefix,
} from "../../lib/engine/archive/archive-names.ts";
import { encodeDocument } from "../../lib/engine/document.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { ArchivePart, ArchiveTimes } from "../../lib/model/archive.ts";
import type { AuditRecord, PartId } from "../../lib/model/audit.ts";
import type { Policy, Term } from "../../lib/model/policy.ts";
import { readRecords } from "../../lib/operations/audit.ts";
import { approveHold, approveRelease, requestHold, requestRelease } from "../../lib/operations/holds.ts";
import type { RetentionWorld } from "../../lib/operations/retention.ts";
import { readTerm } from "../../lib/policy/term.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import type { RetainedStore, Retention } from "../../lib/ports/retained-store.ts";
import { ClassHistory } from "../engine/class-history.ts";
import { foldWorldOf } from "../engine/vault-history.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const START = Date.UTC(2026, 0, 1);

const term = (text: string): Term => readTerm(text) as Term;

export const POLICY: Policy = {
  version: 1,
  controller: "Example Shop",
  timeZone: "UTC",
  databases: ["shop"],
  classes: ["money P20D", "people P14D", "rest P60D"].map((line) => {
    const [name = "", max = ""] = line.split(" ");
    return {
      name,
      tables: [`public.${name}_*`],
      max: term(max),
      archive: { monthly: term(max) },
      purpose: "selling",
      legalBasis: "Art. 6(1)(f) GDPR",
    };
  }),
  hot: { every: term("P1D"), window: term("P28D") },
  release: { window: term("P14D") },
  verification: { at: "04:00", readAllWithin: term("P7D"), drillEvery: term("P7D") },
  holders: ["ann", "ben", "cat"],
};

/** A vault of three points a minute apart, each with a part for each class, and its evidence. */
export class RetentionHistory {
  readonly history: ClassHistory;
  readonly evidence: ObjectStore;

  constructor(history: ClassHistory) {
    this.history = history;
    this.evidence = memoryStore(history.made.clock);
  }

  static async begin(points = 3): Promise<RetentionHistory> {
    return new RetentionHistory(await ClassHistory.begin(points));
  }

  /** Moves the clock to so long after the first point. */
  async at(ms: number): Promise<void> {
    const { clock } = this.history.made;
    await clock.advance(START + ms - clock.now());
  }

  audit(actor = "worker"): RetentionWorld["audit"] {
    const { vault, clock } = this.history.made;
    return { evidence: this.evidence, vaultId: vault.id, clock, actor };
  }

  world(more: Partial<RetentionWorld> = {}): RetentionWorld {
    const { vault, clock } = this.history.made;
    return { ...foldWorldOf(vault, clock), audit: this.audit(), ...more };
  }

  /** A hold by ann and ben. @returns its id */
  async hold(parts: readonly PartId[], reviewAt = this.history.made.clock.now() + DAY_MS): Promise<string> {
    const request = { basis: "Art. 17(3)(e) GDPR", matter: "case 7", parts, reviewAt };
    const { id } = await requestHold(this.#as("ann"), request);
    await approveHold(this.#as("ben"), id);
    return id;
  }

  async release(id: string): Promise<void> {
    await requestRelease(this.#as("ben"), id, "the case is closed");
    await approveRelease(this.#as("cat"), id);
  }

  async records(): Promise<readonly AuditRecord[]> {
    const records: AuditRecord[] = [];
    for await (const record of readRecords(this.evidence)) records.push(record);
    return records;
  }

  #as(actor: string): Parameters<typeof approveHold>[0] {
    return { audit: this.audit(actor), entropy: this.history.made.entropy, policy: POLICY };
  }
}

/** What an archive run leaves of a class: a pack, its document, a wrapped key. @returns the part */
export const putArchived = async (
  { history }: RetentionHistory,
  archive: RetainedStore,
  more: { readonly class?: string; readonly businessDate?: string; readonly times?: Partial<ArchiveTimes> } = {},
): Promise<PartId> => {
  const { stores, vault, clock } = history.made;
  const place = { database: "shop", businessDate: more.businessDate ?? "2026-01-01", class: more.class ?? "money" };
  const deadline = START + 20 * DAY_MS;
  const times: ArchiveTimes = {
    retainUntil: START,
    lock: "none",
    deleteAt: deadline - 12 * HOUR_MS,
    deadline,
    ...more.times,
  };
  const retention: Retention =
    times.lock === "none" ? { mode: "none" } : { mode: times.lock, until: times.retainUntil };
  const name = `${archivePrefix(place)}1/packs/000001`;
  const pack = await archive.put(name, [Buffer.from("sealed")], retention);
  if (pack === "exists") throw new Error(`${name} is taken`);
  const part: ArchivePart = {
    format: 1,
    kind: "archive part",
    vaultId: vault.id,
    ...place,
    schedule: "monthly",
    pointId: "p0",
    startedAt: START,
    finishedAt: START,
    tables: 1,
    rows: 1,
    plainBytes: 1,
    sealedBytes: 6,
    times,
    objects: [{ name, version: pack.version, bytes: 6, sha256: "" }],
  };
  await archive.put(archiveDocumentName(place), [encodeDocument(part)], retention);
  await stores.keys.put(archiveKeyName(place), [Buffer.from(`wrapped at ${clock.now()}`)]);
  return { store: "archive", id: archiveId(place), class: place.class };
};

/** Everything of archives that there is, their keys too. */
export const archivedNames = async (
  { history }: RetentionHistory,
  archive: RetainedStore,
): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name } of archive.list("")) names.push(name);
  for await (const { name } of history.made.stores.keys.list("archives/")) names.push(`key ${name}`);
  return names;
};

export const hotPart = (id: string, name: string): PartId => ({ store: "hot", id, class: name });
