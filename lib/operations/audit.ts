import {
  appendLink,
  type ChainRecord,
  isMissing,
  readChain,
  readChainBack,
  readRecord,
  type SeqRange,
  seqText,
} from "../engine/audit-chain.ts";
import type { ActName, AuditEntry, AuditRecord } from "../model/audit.ts";
import { EXIT, Failure } from "../model/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";

/** What acts are recorded with. */
export interface AuditWorld {
  readonly evidence: ObjectStore;
  readonly vaultId: string;
  readonly clock: Clock;
  /** Who acts: a user of the machine, or an AWS principal. */
  readonly actor: string;
}

/** A record of something that was done. */
export type DoneRecord<Name extends ActName = ActName> = AuditRecord & {
  readonly outcome: "done";
  readonly act: Name;
};

/**
 * Rare acts whose newest record is looked for often. Each has a mark, an empty object `acts/<act>/<seq>`, so that finding it
 * does not mean reading all that happened since. A mark proves nothing: what it points to is read and checked.
 */
const MARKED_ACTS: ReadonlySet<ActName> = new Set(["policy", "drill", "daily verification", "report"]);

/**
 * Records an act at the end of the chain.
 * @throws EVIDENCE_UNWRITTEN, STORE_*
 */
export const appendRecord = async (world: AuditWorld, entry: AuditEntry): Promise<AuditRecord> => {
  const { evidence, vaultId, actor } = world;
  return appendLink(
    evidence,
    ({ seq, digest }) => ({
      format: 1,
      kind: "audit record",
      seq: seq + 1,
      previous: digest,
      vaultId,
      at: world.clock.now(),
      actor,
      ...entry,
    }),
    async (seq) => {
      // Before the record: a mark that points to another act, or to nothing, is passed over; one that is not there is missed.
      if (entry.outcome === "done" && MARKED_ACTS.has(entry.act)) await evidence.put(markName(entry.act, seq), []);
    },
  );
};

/**
 * The records in their order, each link checked on the way.
 * @throws EVIDENCE_BROKEN  naming the record; VAULT_TOO_NEW, STORE_*
 */
export async function* readRecords(evidence: ObjectStore, range: SeqRange = {}): AsyncGenerator<AuditRecord> {
  for await (const { record } of readChain(evidence, range)) yield record;
}

/** All records, the last one first: whoever has found what he looks for stops reading. @throws as readRecords */
export async function* readRecordsBack(evidence: ObjectStore): AsyncGenerator<AuditRecord> {
  for await (const { record } of readChainBack(evidence)) yield record;
}

/** Records of one act that was done, the newest first. @throws as readRecords */
export async function* newestRecordsOf<Name extends ActName>(
  evidence: ObjectStore,
  act: Name,
): AsyncGenerator<DoneRecord<Name>> {
  const records = MARKED_ACTS.has(act) ? readMarked(evidence, act) : readChainBack(evidence);
  for await (const { record } of records)
    if (record.outcome === "done" && record.act === act) yield record as DoneRecord<Name>;
}

/** The newest record of an act that was done. @throws as readRecords */
export const lastRecordOf = async <Name extends ActName>(
  evidence: ObjectStore,
  act: Name,
  suits: (record: DoneRecord<Name>) => boolean = () => true,
): Promise<DoneRecord<Name> | undefined> => {
  for await (const record of newestRecordsOf(evidence, act)) if (suits(record)) return record;
  return undefined;
};

async function* readMarked(evidence: ObjectStore, act: ActName): AsyncGenerator<ChainRecord> {
  const seqs: number[] = [];
  const prefix = markName(act, "");
  for await (const { name } of evidence.list(prefix)) seqs.push(Number(name.slice(prefix.length)));
  for (const seq of seqs.toReversed()) {
    const found = await readRecord(evidence, seq).catch((error: unknown) => {
      // Its writer died, or another one took the number.
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (found !== undefined) yield found;
  }
}

const markName = (act: ActName, seq: number | ""): string =>
  `acts/${act.replaceAll(" ", "-")}/${seq === "" ? "" : seqText(seq)}`;

/** What is known of an act before it is done. */
export interface AboutAct {
  readonly act: ActName;
  readonly database?: string | undefined;
  readonly point?: string | undefined;
  /** What broke after it was aborted broke because of that. */
  readonly signal?: AbortSignal | undefined;
}

type Entries = AuditEntry | readonly AuditEntry[];

/**
 * Runs an act and records it: as done, by what came of it, or as failed or refused, and then throws what the act threw.
 * @param entriesOf  one entry, or several; none if nothing was done that anybody will ask for
 * @throws EVIDENCE_UNWRITTEN  it was done and could not be recorded; and whatever the act throws
 */
export const recorded = async <T>(
  world: AuditWorld,
  about: AboutAct,
  run: () => Promise<T>,
  entriesOf: (result: T) => Entries | Promise<Entries>,
): Promise<T> => {
  let result: T;
  try {
    result = await run();
  } catch (error) {
    throw await recordFailed(world, about, error);
  }
  try {
    for (const entry of [await entriesOf(result)].flat() as readonly AuditEntry[]) await appendRecord(world, entry);
  } catch (cause) {
    throw new Failure("EVIDENCE_UNWRITTEN", `the act "${about.act}" was done and is not recorded: ${wordsOf(cause)}`, {
      cause,
    });
  }
  return result;
};

/** @returns what to throw: what the act threw; if that could not be recorded it says so too, and its code stays */
const recordFailed = async (world: AuditWorld, about: AboutAct, thrown: unknown): Promise<unknown> => {
  const { act, database, point, signal } = about;
  const failure = failureIn(signal?.aborted === true ? signal.reason : thrown);
  const entry = { act, code: failure?.code ?? "BUG", ...(database && { database }), ...(point && { point }) } as const;
  try {
    await appendRecord(world, { ...entry, outcome: isRefusal(failure) ? "refused" : "failed" });
    return thrown;
  } catch (unwritten) {
    const words = `${wordsOf(thrown)}; and this is not recorded: ${wordsOf(unwritten)}`;
    if (failure === undefined) return new Error(words, { cause: thrown });
    return new Failure(failure.code, words, { cause: thrown, hint: failure.hint, facts: failure.facts });
  }
};

const REFUSALS: ReadonlySet<number> = new Set([EXIT.usage, EXIT.refused, EXIT.awaitingApproval, EXIT.retention]);

const isRefusal = (failure: Failure | undefined): boolean => failure !== undefined && REFUSALS.has(failure.exit);

const failureIn = (thrown: unknown): Failure | undefined => {
  if (thrown instanceof Failure) return thrown;
  return thrown instanceof Error && thrown.cause instanceof Failure && thrown.name === "AbortError"
    ? thrown.cause
    : undefined;
};

const wordsOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
