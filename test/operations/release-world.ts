import { Vault } from "../../lib/engine/vault.ts";
import { evidenceSigner } from "../../lib/local/evidence-signer.ts";
import { openInProcessWorkflow } from "../../lib/local/in-process-workflow.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { ReleaseReceipt, ReleaseRequest } from "../../lib/model/release.ts";
import { captureOverMachines } from "../../lib/operations/capture-point.ts";
import { copyRanges } from "../../lib/operations/copy-ranges.ts";
import { holdCapture } from "../../lib/operations/hold-capture.ts";
import { readPointBack } from "../../lib/operations/read-point.ts";
import { openRelease, type ReleaseWorld } from "../../lib/operations/release.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import type { WorkerFunction, Workflow } from "../../lib/ports/workflow.ts";
import { MemorySnapshots } from "../contracts/memory-snapshots.ts";
import { seededEntropy } from "../engine/memory-vault.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import { inTime, type Machines, rowsOf, WINDOW_MS } from "./capture-machines.ts";
import { memoryDatabase } from "./memory-source.ts";

const INSTANCE = { kind: "instance", id: "shop-1" } as const;
export const RELEASE: ReleaseRequest = { database: "shop", release: "2026.11.3", commit: "4f2c1d9" };
export const SIGNER = evidenceSigner({ id: "0000000000000000", key: Buffer.alloc(32, 7) });

export interface Scene extends Machines {
  readonly evidence: ObjectStore;
  readonly snapshots: MemorySnapshots;
}

/** A small shop, an empty vault, and an instance whose snapshots take ten minutes. */
export const newScene = (takesMs = 600_000): Scene => {
  const clock = manualClock();
  const store = () => memoryStore(clock);
  return {
    clock,
    stores: { hot: store(), keys: store() },
    keys: memoryKeys(seededEntropy("master")),
    database: memoryDatabase(clock, { orders: rowsOf(40, "order"), lines: rowsOf(25, "line") }),
    evidence: store(),
    snapshots: new MemorySnapshots({ clock, instances: [INSTANCE], takesMs }),
  };
};

let processes = 0;

/** The workers of a process of its own, over stores that may be faulty. */
export const workersOf = (scene: Scene): Record<string, WorkerFunction> => {
  const { clock, stores, keys, database } = scene;
  const entropy = seededEntropy(`process ${++processes}`);
  const warn = () => undefined;
  const world = { stores, keys, clock, entropy, warn, source: async () => database.open() };
  const until = { deadlineMs: WINDOW_MS };
  return {
    hold: (call) => holdCapture(world, call, until),
    copy: (call) => copyRanges(world, call, until),
    read: (call) => readPointBack({ openVault: () => Vault.open(stores, keys, entropy), clock, warn })(call, until),
  };
};

const worldOf = ({ evidence, clock, snapshots }: Scene): ReleaseWorld => ({
  evidence,
  clock,
  signer: SIGNER,
  readers: 2,
  capture: captureOverMachines({ entropy: seededEntropy(`series ${++processes}`), lanes: 2 }),
  instance: { snapshots, of: INSTANCE },
});

/** Opens a release in a process of its own. */
export const open = (
  scene: Scene,
  request: ReleaseRequest = RELEASE,
  over: { readonly world?: Partial<ReleaseWorld>; readonly workflow?: (workflow: Workflow) => Workflow } = {},
): Promise<ReleaseReceipt> => {
  const plain = openInProcessWorkflow({ clock: scene.clock, workers: workersOf(scene) });
  const workflow = over.workflow?.(plain) ?? plain;
  return inTime(scene.clock, openRelease(workflow, { ...worldOf(scene), ...over.world }, request));
};
