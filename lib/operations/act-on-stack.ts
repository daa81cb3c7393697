import { sha256 } from "../engine/document.ts";
import type { HotCopyRequest, HotCopyResult } from "../model/hot-copy.ts";
import type { ReleaseReceipt, ReleaseRequest } from "../model/release.ts";
import type { CalledAct, WorkflowCaller } from "../ports/workflow-caller.ts";
import { hotCopyName } from "./hot-copy.ts";

/** Who waits for an act, and what is told meanwhile. */
export interface Waiting {
  readonly waiting: (act: CalledAct) => void;
  readonly signal: AbortSignal;
}

const DIGEST_CHARS = 40;

/**
 * Has a stack open a release, and waits for the receipt. Stopped, the opening goes on; asked again, it is found.
 * @throws what openRelease throws there; CLOUD_*, STACK_INVALID
 */
export const openReleaseOnStack = async (
  releases: WorkflowCaller,
  request: ReleaseRequest,
  { waiting, signal }: Waiting,
): Promise<ReleaseReceipt> => {
  const { database, release, commit } = request;
  // The digest alone tells releases apart, also those whose ids differ in a character that no name may have.
  const name = `release-${sha256(Buffer.from(JSON.stringify([database, release, commit]))).slice(0, DIGEST_CHARS)}`;
  return (await releases.call(name, { database, release, commit }, waiting, signal)) as unknown as ReleaseReceipt;
};

/** Has a stack take the hot copy of a day, or finds the one it has taken. */
export const hotCopyOnStack = async (
  hotCopies: WorkflowCaller,
  { database, day }: HotCopyRequest,
  { waiting, signal }: Waiting,
): Promise<HotCopyResult> =>
  (await hotCopies.call(hotCopyName(database, day), { database, day }, waiting, signal)) as unknown as HotCopyResult;
