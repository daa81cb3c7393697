import { Option } from "@commander-js/extra-typings";
import type { PartId } from "../lib/model/audit.ts";
import type { Hold } from "../lib/model/hold.ts";
import { classWords, groupDays, placeWords } from "../lib/model/part-groups.ts";
import { recordPolicy } from "../lib/operations/entries.ts";
import type { HoldWorld } from "../lib/operations/holds.ts";
import { formatInstant } from "./format.ts";
import { POLICY_FILE, policyIn } from "./policy.ts";
import type { Session } from "./session.ts";
import { type OpenedVault, type VaultFlags, vaultOf } from "./vault.ts";

/** The noun's line in --help. */
export const HOLD = "keep parts from expiring, by the word of two people";

export const holdersOption = () =>
  new Option("--policy <file>", "the policy that names the holders").default(POLICY_FILE);

interface HoldFlags extends VaultFlags {
  readonly policy: string;
}

/** A vault, and what holds on it are decided by. */
export const holdVaultOf = async (session: Session, flags: HoldFlags): Promise<OpenedVault & { holds: HoldWorld }> => {
  const policy = await policyIn(flags.policy);
  const opened = await vaultOf(session, flags);
  // Who brings a policy of his own to be a holder leaves that in the evidence.
  await recordPolicy(opened.audit, policy);
  return { ...opened, holds: { audit: opened.audit, entropy: opened.world.entropy, policy } };
};

/** What a hold is about, for a person who gives his word for it. */
export const holdLines = ({ basis, matter, parts, reviewAt }: Hold): readonly string[] => [
  `  basis     ${basis}`,
  `  matter    ${matter}`,
  `  review by ${formatInstant(reviewAt)}`,
  ...groupDays(parts, (part) => part).map((group) => `  part      ${groupWords(group)}`),
];

/** Parts of one group: `class raw with 14 days from 2026-11-07 to 2026-11-20 of point <id>`. */
export const groupWords = (group: readonly [PartId, ...PartId[]]): string => {
  const [{ store, class: name }] = group;
  const words = group.length === 1 ? name : classWords(group.map((part) => part.class)).join();
  const places = new Set(group.map((part) => part.id)).size;
  return `class ${words} of ${places > 1 ? "" : store === "hot" ? "point " : "archive "}${placeWords(group)}`;
};
