import type { Point } from "../model/point.ts";
import type { ObjectFacts } from "../ports/object-store.ts";
import type { FoundNames, Unnamed } from "./found-names.ts";
import type { Intent } from "./intent.ts";
import { pageChunkNames } from "./page.ts";
import type { Vault } from "./vault.ts";
import type { Problems } from "./verify-report.ts";

/** Chunks do not tell who wrote them but by their age; the store's clock may be this far from ours. */
const CLOCK_SKEW_MS = 10 * 60_000;

export interface LeftOver {
  readonly unnamed: Unnamed;
  /** Wrapped keys of parts that no point names any more. */
  readonly keysWithoutPart: readonly ObjectFacts[];
}

/** What nothing names, less what a capture, fold or restore that runs may be writing or reading. */
export const leftOver = async (
  { vault, problems }: { readonly vault: Vault; readonly problems: Problems },
  found: FoundNames,
  live: readonly Intent[],
): Promise<LeftOver> => {
  const { hot } = vault;
  const namePage = async (name: string): Promise<void> => {
    found.nameObject(name);
    if (!name.startsWith("pages/")) return;
    const chunks = await problems.attempt({ object: name }, () => pageChunkNames(hot, name));
    for (const chunk of chunks ?? []) found.nameChunk(chunk);
  };
  for (const intent of live) for (const name of intent.needs) await namePage(name);
  const ids = new Set(live.map((intent) => intent.id));
  const spareFrom = Math.min(...live.map((intent) => intent.startedAt)) - CLOCK_SKEW_MS;
  const keysWithoutPart: ObjectFacts[] = [];
  let [objects, bytes] = [0, 0];
  let oldestAt = Infinity;
  const count = (facts: ObjectFacts): void => {
    objects++;
    bytes += facts.bytes;
    oldestAt = Math.min(oldestAt, facts.writtenAt);
  };
  for (const { isKey, ...facts } of found.othersLeft()) {
    const segments = facts.name.split("/");
    const writer = segments[facts.name.startsWith("pages/") ? 2 : 1] ?? "";
    if (ids.has(writer)) await namePage(facts.name);
    else if (isKey) keysWithoutPart.push(facts);
    // A fold's parts stand under the ids of the points that it folds: of those only the age tells.
    else if (facts.writtenAt < spareFrom && (await hot.head(facts.name)) !== undefined) count(facts);
  }
  for await (const facts of found.chunksLeft(hot)) if (facts.writtenAt < spareFrom) count(facts);
  return { unnamed: { objects, bytes, oldestAt: objects === 0 ? undefined : oldestAt }, keysWithoutPart };
};

/** Keys and objects of parts that a point says have left. */
export const leftOfExpired = async (
  { stores }: Vault,
  found: FoundNames,
  points: readonly Point[],
): Promise<readonly string[]> => {
  const expired = new Set(points.flatMap(({ id, expired: parts = [] }) => parts.map((part) => `${id}/${part.class}`)));
  const left: string[] = [];
  // Its removal may have ended since the listing.
  for (const { name, isKey } of found.ofParts((point, className) => expired.has(`${point}/${className}`)))
    if ((await (isKey ? stores.keys : stores.hot).head(name)) !== undefined) left.push(isKey ? `key ${name}` : name);
  return left;
};
