import { Failure } from "../../lib/model/errors.ts";
import type { Clock } from "../../lib/ports/clock.ts";
import type {
  DatabaseInstance,
  InstanceSnapshot,
  InstanceSnapshots,
  SnapshotRequest,
} from "../../lib/ports/instance-snapshots.ts";

interface Options {
  readonly clock: Pick<Clock, "now">;
  readonly instances: readonly DatabaseInstance[];
  /** How long a snapshot is in the making. */
  readonly takesMs?: number;
  /** How long a snapshot that was started does not show. */
  readonly showsAfterMs?: number;
}

interface Held {
  readonly instance: string;
  readonly madeAt: number;
  readonly takenFor: Pick<SnapshotRequest, "release" | "commit" | "expiresAt"> | undefined;
  failed: boolean;
}

/** Snapshots that live as long as the process, of servers that do not exist. */
export class MemorySnapshots implements InstanceSnapshots {
  readonly #options: Required<Options>;
  readonly #held = new Map<string, Held>();
  #busyUntil = -Infinity;
  /** Calls of each verb so far. */
  readonly calls = { start: 0, describe: 0, delete: 0 };

  constructor(options: Options) {
    this.#options = { takesMs: 0, showsAfterMs: 0, ...options };
  }

  /** All servers are being changed for so long. */
  beBusy(ms: number): void {
    this.#busyUntil = this.#options.clock.now() + ms;
  }

  /** The provider gives a snapshot up. */
  fail(id: string): void {
    this.#at(id).failed = true;
  }

  /** Somebody deletes a snapshot by hand. */
  remove(id: string): void {
    this.#at(id);
    this.#held.delete(id);
  }

  takeByHand({ id: instance }: DatabaseInstance, id: string): void {
    this.#held.set(id, { instance, madeAt: -Infinity, takenFor: undefined, failed: false });
  }

  ids(): readonly string[] {
    return [...this.#held.keys()];
  }

  async start({ instance, release, commit, expiresAt }: SnapshotRequest): Promise<InstanceSnapshot> {
    this.calls.start += 1;
    const server = instance.id.toLowerCase();
    const id = JSON.stringify([instance.kind, server, release]);
    const there = this.#held.get(id);
    if (there !== undefined) {
      const found = this.#shown(id, there);
      if (found.commit === commit) return found;
      throw new Failure("RELEASE_TAKEN", `release ${release} has a snapshot of commit ${found.commit}`);
    }
    if (!this.#options.instances.some((one) => one.kind === instance.kind && one.id === server)) {
      throw new Failure("INSTANCE_NOT_FOUND", `there is no ${instance.kind} ${server}`);
    }
    if (this.#isBusy(server)) throw new Failure("INSTANCE_BUSY", `${instance.kind} ${server} is backing-up`);
    const takenFor = { release, commit, expiresAt };
    const made = { instance: server, madeAt: this.#options.clock.now(), takenFor, failed: false };
    this.#held.set(id, made);
    return this.#shown(id, made);
  }

  async describe(_: DatabaseInstance, id: string): Promise<InstanceSnapshot | undefined> {
    this.calls.describe += 1;
    const held = this.#held.get(id);
    if (held === undefined || this.#ageMs(held) < this.#options.showsAfterMs) return undefined;
    return this.#shown(id, held);
  }

  async delete(_: DatabaseInstance, id: string): Promise<"deleted" | "absent"> {
    this.calls.delete += 1;
    const held = this.#held.get(id);
    if (held === undefined) return "absent";
    if (this.#shown(id, held).status === "creating") throw new Failure("INSTANCE_BUSY", `snapshot ${id} is creating`);
    this.#held.delete(id);
    return "deleted";
  }

  // A server is backing-up while a snapshot of it is made.
  #isBusy(server: string): boolean {
    const making = [...this.#held].some(
      ([, held]) => held.instance === server && !held.failed && this.#ageMs(held) < this.#options.takesMs,
    );
    return making || this.#options.clock.now() < this.#busyUntil;
  }

  #shown(id: string, held: Held): InstanceSnapshot {
    if (held.takenFor === undefined) throw new Failure("SNAPSHOT_NOT_OURS", `snapshot ${id} was taken by hand`);
    const share = this.#options.takesMs === 0 ? 1 : Math.min(1, this.#ageMs(held) / this.#options.takesMs);
    const shown = { id, arn: `memory:${id}`, percent: Math.floor(100 * share), ...held.takenFor };
    if (held.failed) return { ...shown, status: "failed" };
    return share < 1 ? { ...shown, status: "creating" } : { ...shown, status: "available", databaseTime: held.madeAt };
  }

  #ageMs({ madeAt }: Held): number {
    return this.#options.clock.now() - madeAt;
  }

  #at(id: string): Held {
    const held = this.#held.get(id);
    if (held === undefined) throw new RangeError(`there is no snapshot ${id}`);
    return held;
  }
}
