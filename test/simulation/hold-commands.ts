import type { PartId } from "../../lib/model/audit.ts";
import { approveHold, approveRelease, requestHold, requestRelease } from "../../lib/operations/holds.ts";
import type { Machine } from "./machine.ts";
import { POLICY } from "./policy.ts";

const REVIEW_MS = 60 * 24 * 3_600_000;

/** Two people hold parts. @returns the hold's id */
export const hold = async (machine: Machine, parts: readonly PartId[]): Promise<string> => {
  const reviewAt = machine.clock.now() + REVIEW_MS;
  const request = { basis: "Art. 17(3)(e) GDPR", matter: "case 2027-18", parts, reviewAt };
  const { id } = await by(machine, "ada", (world) => requestHold(world, request));
  await by(machine, "bela", (world) => approveHold(world, id));
  return id;
};

/** Two people, not the same two, let go of them. */
export const letGo = async (machine: Machine, id: string): Promise<void> => {
  await by(machine, "cleo", (world) => requestRelease(world, id, "the case is closed"));
  await by(machine, "ada", (world) => approveRelease(world, id));
};

const by = async <T>(
  machine: Machine,
  actor: string,
  work: (world: Parameters<typeof approveHold>[0]) => Promise<T>,
): Promise<T> => {
  const ended = await machine.run(({ audit, entropy }) => work({ audit, entropy, policy: POLICY }), { actor });
  if ("done" in ended) return ended.done;
  throw new TypeError("a fault fired that was not planted");
};
