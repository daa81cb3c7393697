import { App, Validations } from "aws-cdk-lib/core";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { LastgoodStack } from "../lib/cdk/lastgood-stack.ts";
import { readStackFile, toldWhatIsWrong } from "../lib/cdk/stack-file.ts";

// Run by the CDK's command line (cdk.json), which brings the context: `npx cdk deploy -c lastgood=shop.json`.
const app = new App({ treeMetadata: false, analyticsReporting: false });
try {
  new LastgoodStack(app, readStackFile(app.node.tryGetContext("lastgood")));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
} catch (error) {
  process.stderr.write(toldWhatIsWrong(error));
  process.exit(2); // At once: an app that goes on to its end synthesizes what there is, which is nothing.
}
