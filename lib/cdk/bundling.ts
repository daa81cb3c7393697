import { resolve } from "node:path";

/** A bundle larger than this is a mistake: something heavy was imported that the function does not need. */
export const BUNDLE_BYTES_MAX = 700_000;

/**
 * How a Lambda becomes one file, in esbuild's words. Functions, bundle tests and the bench all take it from here.
 *
 * - `mainFields` and the condition `module`: ES modules can be shaken; without them the SDK's CommonJS comes along (990 kB).
 *   Never the condition `import`: it would also answer `require`, and then pg's classes extend an empty module.
 * - The banner: pg is CommonJS and requires `events` and its like.
 * - The alias: lambdas/environment-credentials.ts says why.
 */
export const LAMBDA_BUNDLE = {
  format: "esm",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
  conditions: ["module"],
  minify: true,
  legalComments: "none",
  external: ["pg-native", "pg-cloudflare"],
  banner: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
  alias: {
    "@aws-sdk/credential-provider-node": resolve(import.meta.dirname, "../../lambdas/environment-credentials.ts"),
  },
} as const;
