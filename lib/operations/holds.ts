import { listArchiveParts } from "../engine/archive/list-archive-parts.ts";
import { HoldRegister, type WrittenStep } from "../engine/hold-register.ts";
import { findPoint, newestGeneration } from "../engine/points.ts";
import type { Vault } from "../engine/vault.ts";
import type { Act, PartId } from "../model/audit.ts";
import { Failure } from "../model/errors.ts";
import type { Hold, HoldRequest, HoldStep } from "../model/hold.ts";
import { classWords } from "../model/part-groups.ts";
import type { Policy } from "../model/policy.ts";
import { partClass } from "../model/row-age.ts";
import {
  approvalRefusal,
  type HoldState,
  holdOn,
  holdState,
  releaseApprovalRefusal,
  releaseRefusal,
  requestRefusal,
  reviewsDue,
} from "../policy/holds.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { RetainedStore } from "../ports/retained-store.ts";
import { type AuditWorld, recorded } from "./audit.ts";

const ID_SALT_BYTES = 3;

export interface HoldWorld {
  readonly audit: AuditWorld;
  readonly entropy: Entropy;
  readonly policy: Policy;
}

/** A hold, and where it stands. */
export interface ListedHold extends Hold {
  readonly state: HoldState;
  /** It holds still, though its review date has passed. */
  readonly reviewDue: boolean;
}

/** Every hold there ever was, the oldest first. @throws OBJECT_CORRUPT, STORE_* */
export const listHolds = async ({ evidence, clock }: AuditWorld): Promise<readonly ListedHold[]> => {
  const holds = await new HoldRegister(evidence).list();
  const due = new Set(reviewsDue(holds, clock.now()));
  return holds.map((hold) => ({ ...hold, state: holdState(hold), reviewDue: due.has(hold) }));
};

/**
 * What asks for holds before each destructive step: it reads the register anew every time.
 * @returns a function that throws PART_HELD, or what keeps it from knowing
 */
export const holdCheck = (evidence: ObjectStore): ((part: PartId) => Promise<void>) => {
  const register = new HoldRegister(evidence);
  return async (part) => {
    const hold = holdOn(await register.list(), part);
    if (hold !== undefined) throw heldFailure(hold, part);
  };
};

const heldFailure = (hold: Hold, part: PartId): Failure =>
  new Failure("PART_HELD", `class ${part.class} of ${part.id} is held by ${hold.id}: ${hold.basis}, ${hold.matter}`, {
    facts: { hold: hold.id, reviewAt: hold.reviewAt },
  });

/**
 * Parts of a point that are there to be held; all of them if no class is named. A class whose rows leave by their age is held
 * with each of its days, or a single day by its own name (`raw_2026-11-20`).
 * @throws POINT_NOT_FOUND  there is no such point, or it has no such part any more
 */
export const partsOfPoint = async (
  vault: Vault,
  wanted: string,
  classes: readonly string[],
): Promise<readonly PartId[]> => {
  const point = await findPoint(vault.hot, wanted);
  const there = point.parts.map((ref) => ref.class);
  const held = new Set(classes.length > 0 ? [] : there);
  for (const wantedClass of classes) {
    const own = there.filter((name) => name === wantedClass || partClass(name).class === wantedClass);
    if (own.length === 0)
      throw new Failure("POINT_NOT_FOUND", `point ${point.id} has no part of class ${wantedClass}`, {
        hint: `it has ${classWords(there).join(", ") || "none"}`,
      });
    for (const name of own) held.add(name);
  }
  return [...held].map((name) => ({ store: "hot", id: point.id, class: name }));
};

/** The same of an archive. @throws POINT_NOT_FOUND, STORE_* */
export const partsOfArchive = async (
  archive: RetainedStore,
  id: string,
  classes: readonly string[],
): Promise<readonly PartId[]> => {
  const there = (await listArchiveParts(archive)).parts.filter((part) => part.id === id).map((part) => part.class);
  const missing = there.length === 0 ? id : classes.find((name) => !there.includes(name));
  if (missing !== undefined)
    throw new Failure("POINT_NOT_FOUND", `there is no archive ${id}${missing === id ? "" : ` of class ${missing}`}`, {
      hint: "lastgood archive list shows the archives there are",
    });
  return (classes.length > 0 ? classes : there).map((name) => ({ store: "archive", id, class: name }));
};

/** Writes a request down. It holds nothing until another holder has approved it. @throws HOLD_REFUSED */
export const requestHold = (world: HoldWorld, request: HoldRequest): Promise<Hold> => {
  const { audit, entropy, policy } = world;
  return recordedStep(audit, "requested", async () => {
    const word = wordOf(audit);
    refuse("the hold", requestRefusal(policy, request, word));
    const id = holdId(word.at, entropy.bytes(ID_SALT_BYTES));
    await write(audit, id, { step: "1-requested", ...request, ...word });
    return id;
  });
};

/** Gives one's word for what somebody else has requested. From here on its parts are held. @throws HOLD_NOT_FOUND, HOLD_REFUSED */
export const approveHold = ({ audit, policy }: HoldWorld, wanted: string): Promise<Hold> =>
  recordedStep(audit, "approved", async () => {
    const hold = await findHold(audit.evidence, wanted);
    refuse(`hold ${hold.id}`, approvalRefusal(policy, hold, audit.actor));
    await write(audit, hold.id, { step: "2-approved", ...wordOf(audit) });
    return hold.id;
  });

/** Asks for the release. The hold goes on until another holder has approved that. @throws HOLD_NOT_FOUND, HOLD_REFUSED */
export const requestRelease = ({ audit, policy }: HoldWorld, wanted: string, reason: string): Promise<Hold> =>
  recordedStep(audit, "release requested", async () => {
    const hold = await findHold(audit.evidence, wanted);
    refuse(`the release of hold ${hold.id}`, releaseRefusal(policy, hold, audit.actor, reason));
    await write(audit, hold.id, { step: "3-release-requested", reason, ...wordOf(audit) });
    return hold.id;
  });

/** Ends a hold: what is due by then goes with the next run of the worker. @throws HOLD_NOT_FOUND, HOLD_REFUSED */
export const approveRelease = ({ audit, policy }: HoldWorld, wanted: string): Promise<Hold> =>
  recordedStep(audit, "released", async () => {
    const hold = await findHold(audit.evidence, wanted);
    refuse(`the release of hold ${hold.id}`, releaseApprovalRefusal(policy, hold, audit.actor));
    await write(audit, hold.id, { step: "4-released", ...wordOf(audit) });
    return hold.id;
  });

/** Parts of a hold that are not there any more: whoever approves a hold must hear that it came too late. */
export const partsGone = async (vault: Vault, { parts }: Pick<Hold, "parts">): Promise<readonly PartId[]> => {
  const gone: PartId[] = [];
  for (const part of parts) {
    if (part.store === "archive") continue;
    const point = await newestGeneration(vault.hot, part.id);
    if (point?.parts.some((ref) => ref.class === part.class) !== true) gone.push(part);
  }
  return gone;
};

const findHold = async (evidence: ObjectStore, wanted: string): Promise<Hold> => {
  const holds = await new HoldRegister(evidence).list();
  const found = holds.filter(({ id }) => id === wanted || (wanted !== "" && id.startsWith(wanted)));
  const [hold] = found;
  if (hold === undefined) throw new Failure("HOLD_NOT_FOUND", `no hold fits "${wanted}"`);
  if (found.length > 1) throw new Failure("HOLD_NOT_FOUND", `${found.length} holds fit "${wanted}"`);
  return hold;
};

const wordOf = ({ actor, clock }: AuditWorld): HoldStep => ({ by: actor, at: clock.now() });

const write = async ({ evidence }: AuditWorld, id: string, step: WrittenStep): Promise<void> => {
  if (await new HoldRegister(evidence).write(id, step)) return;
  throw new Failure("HOLD_REFUSED", `hold ${id} was changed by somebody else meanwhile`, {
    hint: "lastgood hold list shows where it stands",
  });
};

const recordedStep = (
  audit: AuditWorld,
  step: Extract<Act, { readonly act: "hold" }>["step"],
  take: () => Promise<string>,
): Promise<Hold> =>
  recorded(
    audit,
    { act: "hold" },
    async () => findHold(audit.evidence, await take()),
    (hold) => ({ outcome: "done", act: "hold", step, hold: hold.id, parts: hold.parts }),
  );

const refuse = (what: string, reason: string | undefined): void => {
  if (reason !== undefined) throw new Failure("HOLD_REFUSED", `${what} is refused: ${reason}`);
};

/** Sorts by time, like a point's. */
const holdId = (at: number, salt: Buffer): string =>
  `hold-${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, "")}-${salt.toString("hex")}`;
