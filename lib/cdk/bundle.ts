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

/**
 * The code of a Lambda: bundled anew by esbuild in a checkout, as it was built in the published package, which has no
 * TypeScript of the Lambdas.
 */
export const codeOf = (verb: Verb): lambda.Code => {
  const built = join(ROOT, "lambdas", verb);
  const source = join(built, "handler.ts");
  if (!existsSync(source)) return lambda.Code.fromAsset(built);
  return lambda.Code.fromAsset(built, {
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
  const options = [
    join(ROOT, "lambdas", verb, "handler.ts"),
    "--bundle",
    "--platform=node",
    "--target=node24",
    "--format=esm",
    "--minify",
    // Without `module` first, the CommonJS builds of the SDK come in: half again as large, half again as slow to load.
    "--main-fields=module,main",
    // Never the condition `import`: it would also answer `require`, and then pg's classes extend an empty module.
    "--conditions=module",
    // A Lambda's credentials lie in its environment: the SDK's chain of providers is 100 kB of sign-in flows it has not.
    `--alias:@aws-sdk/credential-provider-node=${join(ROOT, "lambdas", "environment-credentials.ts")}`,
    "--legal-comments=none",
    "--sourcemap=external",
    "--sources-content=false",
    // Optional parts of pg that do not exist here.
    "--external:pg-native",
    "--external:pg-cloudflare",
    // pg is CommonJS and requires Node's modules by name.
    "--banner:js=import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
    "--log-level=warning",
    `--outfile=${join(directory, OUT_FILE)}`,
  ];
  execFileSync(join(ROOT, "node_modules", ".bin", "esbuild"), options, { cwd: ROOT, stdio: ["ignore", 2, 2] });
};
