import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { availableParallelism, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { directoryRetainedStore } from "../local/directory-retained-store.ts";
import { openDirectoryStore } from "../local/directory-store.ts";
import { openInProcessWorkflow } from "../local/in-process-workflow.ts";
import { createKeyFile, openKeyFile } from "../local/key-file.ts";
import { lateDirectoryStore } from "../local/late-directory-store.ts";
import { clockAhead, storeAhead } from "../local/set-forward.ts";
import { systemClock } from "../local/system-clock.ts";
import { systemEntropy } from "../local/system-entropy.ts";
import { openThreadLanes } from "../local/thread-lanes.ts";
import { Failure } from "../model/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { KeyService } from "../ports/key-service.ts";
import type { Lanes } from "../ports/lanes.ts";
import type { ObjectStore, VaultStores } from "../ports/object-store.ts";
import type { PlainReader } from "../ports/plain-reader.ts";
import type { RetainedStore } from "../ports/retained-store.ts";
import type { Signer } from "../ports/signer.ts";
import type { SourceDatabase } from "../ports/source-database.ts";
import type { TargetDatabase } from "../ports/target-database.ts";
import type { WorkerFunction, Workflow } from "../ports/workflow.ts";
import { postgresSource } from "../postgres/source.ts";
import { plainReader } from "../postgres/target/plain-reader.ts";
import { targetDatabase } from "../postgres/target/target-database.ts";
import type { VaultWorld } from "./vault-place.ts";

/** Where a local vault is and what opens it. */
export interface LocalPlaces {
  readonly vault: string;
  readonly keys: string;
  readonly passphrase: string | undefined;
}

export interface LocalWorld extends VaultWorld {
  readonly keys: KeyService & Signer;
  /** Whether this call made the key file. */
  readonly keyFileMade: boolean;
}

/** A directory per store: their rules differ (docs/architecture.md). */
const STORES = ["hot", "keys"] as const;

/** What was done and proven. Made with the first object, so that reading a vault writes nothing. */
const EVIDENCE = "evidence";

const ARCHIVE = "archive";

/**
 * Opens the vault in a directory; a first capture makes it and its key file.
 * @throws VAULT_*, KEY_FILE_*, STORE_*
 */
export const openLocal = async (places: LocalPlaces, mode: "open" | "create"): Promise<LocalWorld> => {
  const there = await lookAt(places.vault);
  const create = mode === "create" && there !== "vault";
  if (there === "other")
    throw new Failure("VAULT_NOT_OURS", `directory ${places.vault} holds other files and is not a vault`);
  if (!create && there !== "vault") throw new Failure("VAULT_NOT_FOUND", `there is no vault in ${places.vault}`);
  // The key file first: a vault without one would be a vault that nobody can open.
  const keyFileMade = create && !(await exists(places.keys));
  const passphrase = places.passphrase === undefined ? {} : { passphrase: places.passphrase };
  if (keyFileMade) await createKeyFile(places.keys, passphrase);
  const keys = await openKeyFile(places.keys, passphrase);
  const [hot, keyStore] = await Promise.all(
    STORES.map((name) => openDirectoryStore(join(places.vault, name), { clock: systemClock, create })),
  );
  const stores = { hot, keys: keyStore } as VaultStores;
  const evidence = lateDirectoryStore(join(places.vault, EVIDENCE), systemClock);
  return { stores, evidence, keys, signer: keys, clock: systemClock, entropy: systemEntropy, keyFileMade };
};

/** The same vault on a machine whose clock stands later: weeks can be shown in seconds, and everything tells the same time. */
export const laterLocal = (world: LocalWorld, aheadMs: number): LocalWorld => ({
  ...world,
  stores: { hot: storeAhead(world.stores.hot, aheadMs), keys: storeAhead(world.stores.keys, aheadMs) },
  evidence: storeAhead(world.evidence, aheadMs),
  clock: clockAhead(world.clock, aheadMs),
});

/** An evidence store alone, to be read: the vault and its keys may be gone. @throws VAULT_NOT_FOUND */
export const openEvidenceDirectory = (directory: string): Promise<ObjectStore> =>
  openDirectoryStore(directory, { clock: systemClock, create: false });

/** Who runs this process, as the operating system calls him; a container's user may have no name. */
export const localUser = (): string => {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
};

/** What is kept for long. Made with its first object. */
export const openLocalArchive = async (vault: string): Promise<RetainedStore> =>
  directoryRetainedStore(join(vault, ARCHIVE), { clock: systemClock, entropy: systemEntropy });

/** Runs an act of several steps in this process. */
export const localWorkflow = (workers: Readonly<Record<string, WorkerFunction>>, signal: AbortSignal): Workflow =>
  openInProcessWorkflow({ clock: systemClock, workers, signal });

const lookAt = async (directory: string): Promise<"nothing" | "vault" | "other"> => {
  try {
    const names = await readdir(directory);
    if (STORES.every((name) => names.includes(name))) return "vault";
    // A first capture that was killed between two directories left some of ours and nothing else.
    return names.some((name) => !(STORES as readonly string[]).includes(name)) ? "other" : "nothing";
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case "ENOENT":
        return "nothing";
      case "ENOTDIR":
        throw new Failure("VAULT_NOT_A_DIRECTORY", `${directory} is a file`, { cause: error });
      default:
        throw new Failure("STORE_FORBIDDEN", `directory ${directory} cannot be read`, { cause: error });
    }
  }
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw new Failure("KEY_FILE_NOT_FOUND", `key file ${path} cannot be looked at`, { cause: error });
    },
  );

export const localClock: Clock = systemClock;

/** The day it is in UTC, as `2026-11-21`. */
export const localToday = (): string => new Date(systemClock.now()).toISOString().slice(0, 10);

export const localSource = (databaseUrl: string): Promise<SourceDatabase> => postgresSource(databaseUrl);

export const localTarget = (databaseUrl: string): TargetDatabase => targetDatabase(databaseUrl);

export const localPlainReader = (databaseUrl: string): PlainReader => plainReader(databaseUrl);

/** What a lane's thread is opened with. */
export interface LocalLaneOpening {
  /** `copy`: a capture's. `scratch`: a comparison's, which writes to a scratch directory. `restore`: a restore's. */
  readonly kind: "copy" | "scratch" | "restore";
  /** Its place (vault-place.ts). */
  readonly vault: string;
  /** The source; of a restore the target. */
  readonly databaseUrl: string;
  /** Directory of the scratch store. */
  readonly scratch?: string;
  /** Plain data of the act itself. */
  readonly act: unknown;
}

/** A directory store that is thrown away. */
export const withScratchStore = async <T>(use: (store: ObjectStore, directory: string) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-scratch-"));
  try {
    return await use(await openDirectoryStore(directory, { clock: systemClock, create: true }), directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

/** Two connections per core and more gain nothing: the server and we share them (docs/architecture.md). */
export const lanesDefault = (): number => Math.max(2, availableParallelism());

export type LocalLanes<Task, Result> = Lanes<Task, Result>;

export const openLocalLanes = <Task, Result>(
  worker: URL,
  count: number,
  opening: LocalLaneOpening,
): Promise<Lanes<Task, Result>> => openThreadLanes(worker, count, opening);
