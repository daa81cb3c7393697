import { type Principal, principalsOf, resourcePoliciesOf, type Statement } from "./principals.ts";
import { synthesize } from "./synthesis.ts";

/** Who each principal is, in the order of the page. */
const WHO: Readonly<Record<string, string>> = {
  "capture-worker": "The function that reads databases and writes points. It can neither delete nor read chunks.",
  "point-reader": "The function that proves points by reading them back. It reaches no database and writes nothing.",
  "release-snapshot": "The workflow that opens a release. It sees no row, no chunk and no data key.",
  "hot-copy": "The workflow of the daily hot copy. It calls workers and nothing else.",
  "hot-copy-starter": "The function that starts a hot copy once a day.",
  schedule: "EventBridge Scheduler, when a hot copy is due.",
  "deploy-pipeline": "A role that `releasers` of the stack file names: it opens releases.",
  "backup-operator": "A role that `operators` of the stack file names: it opens releases and takes hot copies by hand.",
  "restore-operator":
    "A role that `readers` of the stack file names: it restores backups, so it can read all of them. It writes its lease.",
};

/** The page `docs/aws/iam.md`, from the template that the CDK makes of the example's stack file. */
export const iamPage = (): string => {
  const synthesis = synthesize();
  const principals = new Map(principalsOf(synthesis).map((principal) => [principal.name, principal]));
  const unknown = [...principals.keys()].filter((name) => !(name in WHO));
  if (unknown.length > 0) throw new Error(`the page says nothing about ${unknown.join(", ")}`);
  const policies = [...resourcePoliciesOf(synthesis)];
  return `# Who may do what on AWS

This page is generated from the CloudFormation template of [the example's stack](lastgood.stack.json) by
\`npx vitest run --config test/vitest.config.ts test/cdk/iam-page.test.ts --update\`, and a test keeps it true. Every right
is listed; there are no managed policies. [Deploy on AWS](deploy.md) says what the stack is. \`hot\`, \`archive\`, \`keys\`, \`evidence\` and \`access logs\` are the buckets;
a name with a slash is an object in one.

${Object.entries(WHO)
  .map(([name, who]) => section(principals.get(name), name, who))
  .join("\n\n")}

## What buckets and keys say themselves

These rules hold for everybody, also for administrators of the account. A refusal overrides every right above. A key can be
used only by whom its own policy names: no policy of IAM gives the use of it.

| of | | who | may do | if |
| --- | --- | --- | --- | --- |
${policies.flatMap(([of, statements]) => statements.map((one) => ruleRow(of, one))).join("\n")}
`;
};

const section = (principal: Principal | undefined, name: string, who: string): string => {
  if (principal === undefined) throw new Error(`the template has no principal ${name}`);
  return `## ${name}

${who}

| | may do | on | if |
| --- | --- | --- | --- |
${principal.statements.map(rightRow).join("\n")}`;
};

const rightRow = ({ effect, actions, resources, conditions }: Statement): string =>
  row([effect === "Allow" ? "may" : "**never**", code(actions), code(resources), conditionsOf(conditions)]);

const ruleRow = (of: string, { effect, actions, principals, conditions }: Statement): string => {
  const who = principals.join() === "*" ? "everybody" : code(principals);
  return row([of, effect === "Allow" ? "may" : "**never**", who, code(actions), conditionsOf(conditions)]);
};

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

const code = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(" ");

const conditionsOf = (conditions: Statement["conditions"]): string =>
  Object.entries(conditions)
    .flatMap(([operator, tests]) => Object.entries(tests).map(([key, value]) => condition(operator, key, value)))
    .join("; ");

const condition = (operator: string, key: string, value: unknown): string => {
  if (operator === "Null") return `\`${key}\` is ${value === "true" ? "absent" : "given"}`;
  const values = [value].flat().map((one) => `\`${String(one)}\``);
  return `\`${key}\` ${WORDS[operator] ?? operator} ${values.join(" or ")}`;
};

const WORDS: Readonly<Record<string, string>> = {
  StringEquals: "is",
  StringEqualsIfExists: "if given is",
  "ForAllValues:StringLike": "are all like",
  ArnEquals: "is",
  ArnLike: "is like",
  Bool: "is",
  NumericLessThan: "is less than",
  NumericGreaterThan: "is more than",
};
