import { openVault } from "../../lib/operations/open-vault.ts";
import { openLocal } from "../../lib/wiring/local.ts";

/** Opens the vault named by the task's arguments: directory, key file. */
export const openedVault = async () => {
  const [, , directory, keys] = process.argv;
  if (directory === undefined || keys === undefined) throw new Error("usage: <task> <vault directory> <key file>");
  const world = await openLocal({ vault: directory, keys, passphrase: undefined }, "open");
  return { vault: await openVault(world), clock: world.clock };
};
