import type { DatabaseInstance } from "../../lib/ports/instance-snapshots.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { instanceSnapshotsContract } from "./instance-snapshots.ts";
import { MemorySnapshots } from "./memory-snapshots.ts";

const TAKES_MS = 60_000;

for (const kind of ["instance", "cluster"] as const) {
  instanceSnapshotsContract(`memory, ${kind}`, async () => {
    const clock = manualClock();
    const instances: readonly DatabaseInstance[] = [
      { kind, id: "orders" },
      { kind, id: "shop" },
    ];
    const snapshots = new MemorySnapshots({ clock, instances, takesMs: TAKES_MS });
    return {
      snapshots,
      other: snapshots,
      instance: { kind, id: "orders" },
      second: { kind, id: "shop" },
      settle: () => clock.advance(TAKES_MS),
      ids: async () => snapshots.ids(),
      takeByHand: async (instance, id) => snapshots.takeByHand(instance, id),
    };
  });
}
