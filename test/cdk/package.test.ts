import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { type CfnTemplate, resourcesOf } from "./synthesis.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), "lastgood-package-"));
const installed = join(directory, "node_modules/lastgood");
afterAll(() => rmSync(directory, { recursive: true }));

// Another project, in which Lastgood lies as npm would put it: package.json and what `npm run build` makes.
beforeAll(async () => {
  mkdirSync(installed, { recursive: true });
  cpSync(join(ROOT, "package.json"), join(installed, "package.json"));
  await run(process.execPath, [join(ROOT, "lib/cdk/build.ts"), join(installed, "dist")]);
  for (const name of ["aws-cdk-lib", "constructs", "@types/node"]) {
    mkdirSync(dirname(join(directory, "node_modules", name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(directory, "node_modules", name));
  }
  writeFileSync(join(directory, "package.json"), '{ "name": "theirs", "type": "module" }');
  writeFileSync(join(directory, "app.ts"), APP);
});

const APP = `
import { App, Stack, TimeZone } from "aws-cdk-lib/core";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as rds from "aws-cdk-lib/aws-rds";
import { Lastgood } from "lastgood/cdk";

const app = new App({ outdir: "out" });
const stack = new Stack(app, "Shop");
const vpc = new ec2.Vpc(stack, "Vpc");
const instance = new rds.DatabaseInstance(stack, "Database", {
  vpc,
  engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 }),
  iamAuthentication: true,
});
new Lastgood(stack, "Lastgood", {
  vpc,
  timeZone: TimeZone.EUROPE_BERLIN,
  databases: [
    {
      name: "shop",
      host: instance.dbInstanceEndpointAddress,
      port: 5432,
      database: "shop",
      user: "lastgood",
      login: { by: "iam", resourceId: instance.instanceResourceId! },
      instance: { kind: "instance", id: instance.instanceIdentifier },
      securityGroup: instance.connections.securityGroups[0],
    },
  ],
});
app.synth();
`;

test("another CDK app imports the constructs, and they fit its types", async () => {
  const options = ["--module", "nodenext", "--strict", "--noEmit", "--skipLibCheck", "false", "--types", "node"];
  const compiling = run(join(ROOT, "node_modules/.bin/tsc"), [...options, "app.ts"], { cwd: directory });
  const told = await compiling.catch((error: unknown) => error as { readonly stdout: string });
  // Of what aws-cdk-lib's own declarations do wrong nobody here can be told.
  expect(told.stdout.split("\n").filter((line) => /^(app|node_modules\/lastgood)/.test(line))).toEqual([]);
});

test("another CDK app protects an instance of its own, with Lambdas that came bundled", async () => {
  await run(process.execPath, ["app.ts"], { cwd: directory });
  const template = JSON.parse(readFileSync(join(directory, "out/Shop.template.json"), "utf8")) as CfnTemplate;
  expect(resourcesOf(template, "AWS::Lambda::Function").filter(([id]) => id.startsWith("Lastgood"))).toHaveLength(5);
  const [[database]] = resourcesOf(template, "AWS::RDS::DBInstance") as [[string, unknown]];
  const policies = JSON.stringify(resourcesOf(template, "AWS::IAM::Policy"));
  expect(policies).toContain(`{"Fn::GetAtt":["${database}","DbiResourceId"]},"/lastgood"`);
  const assets = JSON.parse(readFileSync(join(directory, "out/Shop.assets.json"), "utf8")) as {
    readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
  };
  const bundled = Object.values(assets.files).map(({ source }) => join(directory, "out", source.path, "index.mjs"));
  expect(bundled.filter((path) => path.includes("asset."))).toHaveLength(5);
});

test("the package exports the constructs and nothing of its inside", () => {
  expect(Object.keys(manifest.exports)).toEqual(["./cdk", "./package.json"]);
});
