import { App, Validations } from "aws-cdk-lib/core";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import cdk from "../cdk.json" with { type: "json" };
import { LastgoodStack } from "../lib/cdk/lastgood-stack.ts";
import { readStackFile } from "../lib/cdk/stack-file.ts";

// The flags come with the file also where the CDK's command line does not pass them on: `node bin/app.ts`.
const app = new App({ context: cdk.context, treeMetadata: false, analyticsReporting: false });
const file: unknown = app.node.tryGetContext("lastgood");
new LastgoodStack(app, readStackFile(String(file)));
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
