import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { type FunctionConfiguration, GetFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import cdk from "../../../cdk.json" with { type: "json" };
import { VERBS, type Verb } from "../../../lib/cdk/bundle.ts";
import { STACK_OUTPUTS } from "../../../lib/model/stack.ts";
import type { CfnTemplate } from "../../cdk/synthesis.ts";
import type { Emulator } from "../emulator.ts";
import { assetsBucket, newAccount, type Place } from "./account.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** A function as the emulator has it after the deployment. */
export interface DeployedFunction {
  readonly logicalId: string;
  readonly arn: string;
  /** What the stack gave it, and no more. */
  readonly environment: Readonly<Record<string, string>>;
  /** The bundle that the emulator says is its code. */
  readonly file: string;
  readonly configuration: FunctionConfiguration;
}

/** A stack in the emulator. All but the template and the list of what is missing is as the emulator tells it. */
export interface Deployment extends AsyncDisposable {
  readonly name: string;
  readonly template: CfnTemplate;
  readonly outputs: Readonly<Record<keyof typeof STACK_OUTPUTS, string>>;
  /** Physical ids by logical ids. */
  readonly resources: ReadonlyMap<string, string>;
  readonly functions: Readonly<Record<Verb, DeployedFunction>>;
  /** What the emulator passed over, in words and in order. */
  readonly ignored: readonly string[];
}

/**
 * Synthesizes the stack as the command line of the CDK does, with its bundles, and deploys the template as it is. `cdk deploy`
 * itself would do no more, and needs a bootstrap with roles to assume.
 */
export async function deploy(emulator: Emulator, place: Place): Promise<Deployment> {
  const file = await newAccount(emulator, place);
  const directory = mkdtempSync(join(tmpdir(), "lastgood-stack-"));
  writeFileSync(join(directory, "stack.json"), JSON.stringify(file));
  const out = join(directory, "cdk.out");
  const context = { ...cdk.context, lastgood: join(directory, "stack.json") };
  await promisify(execFile)(process.execPath, [join(ROOT, "bin/app.ts")], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], CDK_OUTDIR: out, CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
  const text = readFileSync(join(out, `${file.stack}.template.json`), "utf8");
  const template = JSON.parse(text) as CfnTemplate;
  const made = await createStack(emulator, file.stack, { text, out });
  const functions = await functionsOf(emulator, made.resources, template, out);
  return {
    name: file.stack,
    template,
    outputs: made.outputs,
    resources: made.resources,
    functions,
    ignored: ignoredOf(template, made.resources, functions),
    async [Symbol.asyncDispose]() {
      rmSync(directory, { recursive: true });
    },
  };
}

const createStack = async (
  emulator: Emulator,
  name: string,
  { text, out }: { readonly text: string; readonly out: string },
) => {
  const { endpoint, region, credentials } = emulator;
  const s3 = new S3Client({ endpoint, region, credentials });
  const Bucket = assetsBucket(emulator);
  for (const asset of assetsIn(out)) {
    // The CDK's command line zips a folder; the emulator keeps what it is given and never opens it.
    const Body = readFileSync(join(out, `asset.${asset}`, "index.mjs"));
    await s3.send(new PutObjectCommand({ Bucket, Key: `${asset}.zip`, Body }));
  }
  await s3.send(new PutObjectCommand({ Bucket, Key: "template.json", Body: text }));
  // Once: a second try of what failed would only tell that the stack exists.
  const formation = new CloudFormationClient({ endpoint, region, credentials, maxAttempts: 1 });
  const TemplateURL = `https://${Bucket}.s3.${region}.amazonaws.com/template.json`;
  await formation.send(new CreateStackCommand({ StackName: name, TemplateURL, Capabilities: ["CAPABILITY_IAM"] }));
  const { Stacks: [stack] = [] } = await formation.send(new DescribeStacksCommand({ StackName: name }));
  if (stack?.StackStatus !== "CREATE_COMPLETE") throw new Error(`the stack is ${stack?.StackStatus}`);
  const { StackResources = [] } = await formation.send(new DescribeStackResourcesCommand({ StackName: name }));
  const values = new Map(stack.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const outputs = Object.entries(STACK_OUTPUTS).map(([key, output]) => [key, values.get(output)]);
  return {
    outputs: Object.fromEntries(outputs) as Deployment["outputs"],
    // What it does not know, it lists without a name.
    resources: new Map(
      StackResources.flatMap(({ LogicalResourceId: id, PhysicalResourceId: made = "" }) =>
        id === undefined ? [] : [[id, made] as const],
      ),
    ),
  };
};

const assetsIn = (out: string): readonly string[] =>
  readdirSync(out).flatMap((name) => /^asset\.([0-9a-f]+)$/.exec(name)?.[1] ?? []);

const functionsOf = async (
  { endpoint, region, credentials }: Emulator,
  resources: ReadonlyMap<string, string>,
  template: CfnTemplate,
  out: string,
): Promise<Deployment["functions"]> => {
  const lambda = new LambdaClient({ endpoint, region, credentials });
  const found: Partial<Record<Verb, DeployedFunction>> = {};
  for (const [logicalId, { Type }] of Object.entries(template.Resources)) {
    if (Type !== "AWS::Lambda::Function") continue;
    const asked = new GetFunctionCommand({ FunctionName: resources.get(logicalId) });
    const { Configuration: configuration = {}, Code: code } = await lambda.send(asked);
    const [, asset = ""] = /([0-9a-f]{64})\.zip$/.exec(code?.Location ?? "") ?? [];
    const file = join(out, `asset.${asset}`, "index.mjs");
    if (!existsSync(file)) throw new Error(`${logicalId} has the code ${code?.Location}, which is none of the assets`);
    found[verbOf(logicalId)] = {
      logicalId,
      arn: configuration.FunctionArn ?? "",
      environment: configuration.Environment?.Variables ?? {},
      file,
      configuration,
    };
  }
  for (const verb of VERBS) if (found[verb] === undefined) throw new Error(`the stack has no function ${verb}`);
  return found as Deployment["functions"];
};

/** The constructs of lib/cdk/capture.ts, by whose ids CloudFormation knows the functions. */
const CONSTRUCTS: Readonly<Record<string, Verb>> = {
  Worker: "capture-worker",
  Reader: "point-reader",
  ReleaseSnapshot: "release-snapshot",
  HotCopy: "hot-copy",
  HotCopyStarter: "hot-copy-starter",
};

const verbOf = (logicalId: string): Verb => {
  const [, construct = ""] = /^LastgoodCapture(\w+)Function[0-9A-F]{8}$/.exec(logicalId) ?? [];
  const verb = CONSTRUCTS[construct];
  if (verb === undefined) throw new Error(`function ${logicalId} is of no known construct`);
  return verb;
};

const ignoredOf = (
  template: CfnTemplate,
  resources: ReadonlyMap<string, string>,
  functions: Deployment["functions"],
): readonly string[] => {
  const types = new Map<string, number>();
  for (const [id, { Type }] of Object.entries(template.Resources))
    if (!resources.has(id)) types.set(Type, (types.get(Type) ?? 0) + 1);
  const properties = new Set<string>();
  for (const { logicalId, configuration } of Object.values(functions))
    for (const name of Object.keys(template.Resources[logicalId]?.Properties ?? {}))
      if (name !== "Code" && !(name in configuration)) properties.add(`${name} of AWS::Lambda::Function`);
  return [...[...types].map(([type, count]) => `${count} ${type}`).toSorted(), ...[...properties].toSorted()];
};
