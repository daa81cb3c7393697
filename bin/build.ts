import { join, resolve } from "node:path";
import { build } from "esbuild";

// The command line's part of `npm run build`. Node takes no TypeScript from node_modules, so the package has it as
// JavaScript. Only what is ours: what package.json depends on stays a dependency, whose fixes come without ours.
const ROOT = resolve(import.meta.dirname, "..");
const [dist = join(ROOT, "dist")] = process.argv.slice(2);

await build({
  entryPoints: [join(ROOT, "bin/lastgood.ts"), join(ROOT, "bin/worker.ts")],
  outdir: join(dist, "bin"),
  bundle: true,
  packages: "external",
  // Files that both load are written once, and what only a stack needs is loaded with the first stack.
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  legalComments: "none",
  logLevel: "warning",
});
