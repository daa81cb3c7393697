import { removePoints } from "../../lib/engine/expire.ts";
import { listPoints } from "../../lib/engine/points.ts";
import { openedVault } from "./opened-vault.ts";

// Removes the oldest points, as many as the third argument says, as a rolling retention does: what the points that stay
// need of them is folded into their base first.
const { vault, clock } = await openedVault();
const points = await listPoints(vault.hot);
const oldest = points.slice(0, Number(process.argv[4])).map((point) => point.id);
const world = { vault, clock, progress: () => undefined, signal: new AbortController().signal };
const report = await removePoints(
  { ...world, warn: (message: string) => void process.stderr.write(`${message}\n`) },
  oldest,
);
process.stdout.write(`${JSON.stringify(report.fold)}\n`);
