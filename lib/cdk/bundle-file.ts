import { readFile } from "node:fs/promises";
import { type BuildOptions, build, type Plugin } from "esbuild";

/** What a Lambda's bundle is made with, besides where it comes from and where it goes. */
export const BUNDLE_OPTIONS = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  minify: true,
  // Without `module` first, the CommonJS builds of the SDK come in: half again as large, half again as slow to load.
  mainFields: ["module", "main"],
  // Never the condition `import`: it would also answer `require`, and then pg's classes extend an empty module.
  conditions: ["module"],
  legalComments: "none",
  sourcemap: "external",
  sourcesContent: false,
  // Optional parts of pg that do not exist here.
  external: ["pg-native", "pg-cloudflare"],
  // pg is CommonJS and requires Node's modules by name.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  logLevel: "warning",
} as const satisfies BuildOptions;

/**
 * The SDK writes its schemas as `{ [_h]: ["POST", ...] }` with `const _h = "http"`. For esbuild a computed key may do
 * anything, so it keeps the schema of every operation there is. With the text in the key's place it keeps those that are
 * used: 76 of 751 kB of release-snapshot, 38 of 280 kB of hot-copy-starter.
 */
const plainKeys: Plugin = {
  name: "plain keys in the schemas of the SDK",
  setup(esbuild) {
    esbuild.onLoad({ filter: /@aws-sdk[\\/][^\\/]+[\\/]dist-es[\\/]schemas[\\/]\w+\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const texts = new Map(
        [...source.matchAll(/^const (_\w+) = ("(?:[^"\\]|\\.)*");$/gm)].map(([, name, text]) => [name, text]),
      );
      const contents = source.replaceAll(/\[(_\w+)\]:/g, (key: string, name: string) => {
        const text = texts.get(name);
        return text === undefined ? key : `${text}:`;
      });
      return { contents, loader: "js" };
    });
  },
};

/** The durable SDK imports Lambda's client when it first needs it, and all of it: 31 kB more than these three. */
const durableCalls: Plugin = {
  name: "the calls of the durable SDK",
  setup(esbuild) {
    const name = "@aws-sdk/client-lambda";
    const namespace = "durable-calls";
    esbuild.onResolve({ filter: new RegExp(`^${name}$`) }, ({ kind, resolveDir }) =>
      kind === "dynamic-import" ? { path: name, namespace, pluginData: resolveDir } : undefined,
    );
    esbuild.onLoad({ filter: /./, namespace }, ({ pluginData }) => ({
      contents: `export { ${DURABLE_CALLS.join(", ")} } from "${name}";`,
      resolveDir: pluginData as string,
    }));
  },
};

/** What the durable SDK takes of Lambda's client. */
export const DURABLE_CALLS = ["LambdaClient", "CheckpointDurableExecutionCommand", "GetDurableExecutionStateCommand"];

/** Writes one file with its source map beside it, everything in it but Node itself. */
export const bundleFile = async (
  entry: string,
  outfile: string,
  alias: Readonly<Record<string, string>>,
): Promise<void> => {
  const plugins = [plainKeys, durableCalls];
  await build({ ...BUNDLE_OPTIONS, entryPoints: [entry], outfile, alias: { ...alias }, plugins });
};

// As a program: a synthesis waits for its bundles, and plugins are for those who do not wait.
if (import.meta.main) {
  const [entry = "", outfile = "", alias = "{}"] = process.argv.slice(2);
  await bundleFile(entry, outfile, JSON.parse(alias) as Record<string, string>);
}
