import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundle, VERBS } from "./bundle.ts";

// `npm run build`: makes `dist`, from which another CDK app imports the constructs. Node takes no TypeScript from
// node_modules, so they are compiled; the Lambdas come bundled, so that the app needs neither their sources nor esbuild.
const ROOT = resolve(import.meta.dirname, "../..");
const [dist = join(ROOT, "dist")] = process.argv.slice(2);

rmSync(dist, { recursive: true, force: true });
const tsc = join(ROOT, "node_modules", ".bin", "tsc");
execFileSync(tsc, ["-p", join(import.meta.dirname, "tsconfig.json"), "--outDir", dist], { stdio: "inherit" });
for (const verb of VERBS) bundle(verb, join(dist, "lambdas", verb));
