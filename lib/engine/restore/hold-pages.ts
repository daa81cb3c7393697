import { isFailure } from "../../model/errors.ts";
import type { Part } from "../../model/point.ts";
import type { Clock } from "../../ports/clock.ts";
import { HeldIntent, type Intent } from "../intent.ts";
import { pagesOf } from "../points.ts";
import type { Vault } from "../vault.ts";

const SALT_BYTES = 3;
const PREFIX = "restore-";
/** A vault that may only be read, or that is full, must still give its rows back. */
const UNWRITABLE = ["STORE_FORBIDDEN", "STORE_FULL"] as const;

export interface HoldWorld {
  readonly vault: Vault;
  readonly clock: Clock;
  /** Says what a person should know although the restore goes on. */
  readonly warn: (message: string) => void;
}

/** Names the pages of these parts as needed. Called before the first of them is read. */
export type HoldPages = (parts: readonly Part[]) => Promise<void>;

/** Whether an intent is a restore's: a dead one leaves nothing behind. */
export const isRestoreIntent = ({ id }: Pick<Intent, "id">): boolean => id.startsWith(PREFIX);

/**
 * Does something that reads rows of a point under an intent, so that a sweep beside it spares what it reads, also when the
 * point is removed meanwhile. The act has to look for the point itself: the intent comes first, so a sweep that does not
 * see the point sees the intent.
 */
export const holdingPages = async <T>(world: HoldWorld, act: (hold: HoldPages) => Promise<T>): Promise<T> => {
  const { vault, clock, warn } = world;
  const id = `${PREFIX}${clock.now()}-${vault.entropy.bytes(SALT_BYTES).toString("hex")}`;
  // No capture waits for a database of this name, and none takes over what it would look for under it.
  const held = await unlessUnwritable(world, () => HeldIntent.take(vault.hot, clock, { id, database: id }));
  try {
    return await act(async (parts) => {
      const pages = parts.flatMap(pagesOf).map((page) => page.name);
      if (held !== undefined) await unlessUnwritable(world, () => held.need(pages));
    });
  } finally {
    // The rows are restored, or the error says why not: neither is undone by an intent that stays until its lease ends.
    await held
      ?.remove()
      // Who restores may not always delete. Then it says that it has ended, and the next sweep takes it away.
      .catch((error: unknown) => (isFailure(error, "STORE_FORBIDDEN") ? held.release() : Promise.reject(error)))
      .catch((error: unknown) => {
        warn(`the intent of this restore could not be released (${textOf(error)}); its lease ends by itself`);
      });
  }
};

const unlessUnwritable = async <T>({ warn }: HoldWorld, act: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await act();
  } catch (error) {
    if (!UNWRITABLE.some((code) => isFailure(error, code))) throw error;
    warn(`a sweep beside this restore is not held off: the vault cannot be written to (${textOf(error)})`);
    return undefined;
  }
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
