import { layerSource } from "../../lib/engine/layers.ts";
import { findPoint, getPart } from "../../lib/engine/points.ts";
import { readTable } from "../../lib/engine/read-table.ts";
import { openedVault } from "./opened-vault.ts";

// Reads every table of the newest point in key order, layers merged, and throws the rows away: what a restore does
// before the server comes in, on one thread.
const { vault } = await openedVault();
const point = await findPoint(vault.hot, "latest");
let bytes = 0;
let layers = 0;
for (const ref of point.parts) {
  const part = await getPart(vault, point, ref);
  const { namingSecret } = await vault.classSecret(ref.class);
  for (const table of part.tables) {
    layers = Math.max(layers, table.layers.length);
    for await (const rows of readTable(layerSource(vault.hot, namingSecret, ref.class, table), table))
      bytes += rows.length;
  }
}
process.stdout.write(`${JSON.stringify({ bytes, layers })}\n`);
