import { Vault } from "../../lib/engine/vault.ts";
import { evidenceSigner } from "../../lib/local/evidence-signer.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { KEY_ID_BYTES, MASTER_KEY_BYTES, wrapKeys } from "../../lib/local/wrap-keys.ts";
import type { AuditWorld } from "../../lib/operations/audit.ts";
import type { Clock, Entropy } from "../../lib/ports/clock.ts";
import type { KeyService } from "../../lib/ports/key-service.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import type { RetainedStore } from "../../lib/ports/retained-store.ts";
import type { Signer } from "../../lib/ports/signer.ts";
import { seededEntropy } from "../engine/memory-vault.ts";
import { memoryRetainedStore } from "../local/memory-retained-store.ts";
import { type SimulatedClock, simulatedClock } from "./clock.ts";
import { type Fault, PlantedFault } from "./planted-fault.ts";
import type { StoreSizes } from "./simulated-day.ts";

/** What a store takes for a write. */
const WRITE_MS = 40;

/** What a command runs with. Each run opens everything anew, as a process does. */
export interface CommandWorld {
  readonly vault: Vault;
  readonly archive: RetainedStore;
  readonly keys: KeyService & Signer;
  readonly audit: AuditWorld;
  readonly entropy: Entropy;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: () => void;
  readonly warn: (message: string) => void;
}

/** A run's end: its result, or how it ended without one. */
export type Ended<T> =
  | { readonly done: T }
  /** Killed, or failed by a fault that was planted: to be run again. */
  | { readonly fell: string };

/**
 * The machine on which cron runs Lastgood: stores in memory whose clock is the simulated one. A directory store tells a file's
 * own time of writing, which is the real machine's; leases, sweeps and the control of clocks would see two clocks.
 */
export class Machine {
  readonly clock: SimulatedClock;
  readonly hot: ObjectStore;
  readonly keyStore: ObjectStore;
  readonly evidence: ObjectStore;
  readonly archive: RetainedStore;
  readonly keys: KeyService & Signer;
  readonly #entropy: Entropy;
  /** What was said on standard error. */
  readonly said: string[] = [];

  constructor(startsAt: number, seed: number) {
    this.clock = simulatedClock(startsAt);
    const store = (): ObjectStore => slow(memoryStore(this.clock), this.clock);
    [this.hot, this.keyStore, this.evidence] = [store(), store(), store()];
    this.archive = memoryRetainedStore(this.clock);
    this.#entropy = seededEntropy(`vault ${seed}`);
    const keyFile = seededEntropy(`key file ${seed}`);
    const master = {
      id: keyFile.bytes(KEY_ID_BYTES).toString("hex"),
      key: keyFile.bytes(MASTER_KEY_BYTES),
    };
    this.keys = { ...wrapKeys(master, keyFile), ...evidenceSigner(master) };
  }

  /** The vault as nobody disturbs it. */
  open(): Promise<Vault> {
    return Vault.openOrCreate({ hot: this.hot, keys: this.keyStore }, this.keys, this.#entropy);
  }

  async sizes(): Promise<StoreSizes> {
    const [hot, keys, evidence] = [
      await sizeOf(this.hot.list("")),
      await sizeOf(this.keyStore.list("")),
      await sizeOf(this.evidence.list("")),
    ];
    const archive = await sizeOf(this.archive.list(""));
    return {
      points: (await sizeOf(this.hot.list("points/"))).objects,
      hotObjects: hot.objects,
      hotBytes: hot.bytes,
      keys: keys.objects,
      archiveObjects: archive.objects,
      archiveBytes: archive.bytes,
      evidenceBytes: evidence.bytes,
    };
  }

  /** Runs a command by somebody. What fails without a planted fault is thrown. */
  async run<T>(
    work: (world: CommandWorld) => Promise<T>,
    { fault, actor = "cron" }: { readonly fault?: Fault | undefined; readonly actor?: string } = {},
  ): Promise<Ended<T>> {
    await this.open();
    const planted = new PlantedFault(fault);
    const [hot, keys, evidence] = [
      planted.in("hot", this.hot),
      planted.in("keys", this.keyStore),
      planted.in("evidence", this.evidence),
    ];
    try {
      const vault = await Vault.open({ hot, keys }, this.keys, this.#entropy);
      const done = await work({
        vault,
        archive: planted.in("archive", this.archive),
        keys: this.keys,
        audit: { evidence, vaultId: vault.id, clock: this.clock, actor },
        entropy: this.#entropy,
        clock: this.clock,
        signal: new AbortController().signal,
        progress: () => undefined,
        warn: (message) => void this.said.push(message),
      });
      // Whoever goes on with other things where a store failed has not come to his end all the same.
      return planted.fired ? { fell: planted.description } : { done };
    } catch (error) {
      if (planted.caused(error)) return { fell: planted.description };
      throw error;
    }
  }
}

const sizeOf = async (listing: AsyncIterable<{ readonly bytes: number }>) => {
  let [objects, bytes] = [0, 0];
  for await (const facts of listing) [objects, bytes] = [objects + 1, bytes + facts.bytes];
  return { objects, bytes };
};

const slow = (store: ObjectStore, clock: SimulatedClock): ObjectStore => ({
  ...store,
  async put(name, pieces) {
    const outcome = await store.put(name, pieces);
    clock.tick(WRITE_MS);
    return outcome;
  },
  async delete(name) {
    const outcome = await store.delete(name);
    clock.tick(WRITE_MS);
    return outcome;
  },
});
