import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { AssetHashType, DockerImage } from "aws-cdk-lib/core";

/** The Lambdas of a stack, each a folder of `lambdas` with a handler.ts. */
export const VERBS = ["release-snapshot", "hot-copy", "hot-copy-starter", "capture-worker", "point-reader"] as const;

export type Verb = (typeof VERBS)[number];

const ROOT = resolve(import.meta.dirname, "../..");
const OUT_FILE = "index.mjs";
export const HANDLER = "index.handler";

/** The code of a Lambda: bundled anew in a checkout; in the built package, which has no TypeScript of it, as it was built. */
export const codeOf = (verb: Verb): lambda.Code => {
  const folder = join(ROOT, "lambdas", verb);
  if (existsSync(join(folder, OUT_FILE))) return lambda.Code.fromAsset(folder);
  return lambda.Code.fromAsset(folder, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry("scratch"), // Asked for by the type; esbuild runs here, or the synthesis fails.
      local: {
        tryBundle(directory) {
          bundle(verb, directory);
          return true;
        },
      },
    },
  });
};

/**
 * Writes one minified file with its source map beside it, everything in it but Node itself. The SDK too: the one in the
 * Lambda runtime is of an unknown minor version, and takes longer to load.
 */
export const bundle = (verb: Verb, directory: string): void => {
  const lambdas = join(ROOT, "lambdas");
  // A Lambda's credentials lie in its environment: the SDK's chain of providers is 100 kB of sign-in flows it has not.
  const alias = { "@aws-sdk/credential-provider-node": join(lambdas, "environment-credentials.ts") };
  const program = join(import.meta.dirname, "bundle-file.ts");
  const args = [program, join(lambdas, verb, "handler.ts"), join(directory, OUT_FILE), JSON.stringify(alias)];
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: ["ignore", 2, 2] });
};
