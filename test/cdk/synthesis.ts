import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { App, type IPolicyValidationPlugin, Validations } from "aws-cdk-lib/core";
import cdk from "../../cdk.json" with { type: "json" };
import { LastgoodStack } from "../../lib/cdk/lastgood-stack.ts";
import { readStackFile, type StackFile } from "../../lib/cdk/stack-file.ts";

export interface CfnResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface CfnTemplate {
  readonly Resources: Readonly<Record<string, CfnResource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** A finding of one of the checks that run over a synthesized template. */
export interface Finding {
  readonly plugin: string;
  readonly rule: string;
  readonly severity: string;
  readonly path: string;
}

export const EXAMPLE_PATH = resolve(import.meta.dirname, "../../docs/aws/lastgood.stack.json");

/** The stack file that the guide shows, with some fields changed. */
export const exampleFile = (changes: Partial<StackFile> = {}): StackFile => ({
  ...readStackFile(EXAMPLE_PATH),
  ...changes,
});

interface SynthesisOptions {
  readonly file?: StackFile;
  /** Done to the stack before it is synthesized. */
  readonly plant?: (stack: LastgoodStack) => void;
  readonly plugins?: (app: App) => readonly IPolicyValidationPlugin[];
}

export interface Synthesis {
  readonly stack: LastgoodStack;
  readonly template: CfnTemplate;
  /** Empty unless plugins were given. */
  readonly findings: readonly Finding[];
}

/** Synthesizes the example's stack as bin/app.ts does, without bundling the functions. */
export const synthesize = ({ file = exampleFile(), plant, plugins }: SynthesisOptions = {}): Synthesis => {
  const outdir = mkdtempSync(join(tmpdir(), "lastgood-cdk-"));
  try {
    const app = new App({
      outdir,
      context: { ...cdk.context, "aws:cdk:bundling-stacks": [] },
      treeMetadata: false,
      analyticsReporting: false,
      builtinCloudFormationValidation: plugins !== undefined,
    });
    const stack = new LastgoodStack(app, file);
    plant?.(stack);
    if (plugins !== undefined) Validations.of(app).addPlugins(...plugins(app));
    const failure = synth(app);
    const findings = plugins === undefined ? [] : readFindings(join(outdir, "validation-report.json"));
    if (failure !== undefined && findings.length === 0) throw failure;
    const text = readFileSync(join(outdir, `${file.stack}.template.json`), "utf8");
    return { stack, template: JSON.parse(text) as CfnTemplate, findings };
  } finally {
    rmSync(outdir, { recursive: true });
  }
};

/** Findings that are errors are thrown by the CDK after it wrote the report; a test reads the report. */
const synth = (app: App): unknown => {
  try {
    app.synth();
    return undefined;
  } catch (error) {
    return error;
  }
};

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly {
      readonly ruleName: string;
      readonly severity: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

const readFindings = (path: string): readonly Finding[] =>
  (JSON.parse(readFileSync(path, "utf8")) as Report).pluginReports.flatMap(({ pluginName, violations }) =>
    violations.flatMap(({ ruleName, severity, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => ({
        plugin: pluginName,
        rule: ruleName,
        severity,
        path: constructPath,
      })),
    ),
  );

/** Resources of a type, by logical id. */
export const resourcesOf = (template: CfnTemplate, type: string): readonly (readonly [string, CfnResource])[] =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
