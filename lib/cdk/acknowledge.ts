import { Stack, Validations } from "aws-cdk-lib/core";
import type { IConstruct } from "constructs";

/** Accepts findings of the checks on a construct and all below it, by rule, each with the reason why it is right here. */
export const acknowledge = (construct: IConstruct, reasons: Readonly<Record<string, string>>): void => {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
};

/** Accepts the wildcards in resources of a policy's statement. Each is a finding of its own; the next one is not accepted with it. */
export const acknowledgeWildcards = (construct: IConstruct, resources: readonly string[], reason: string): void => {
  for (const resource of resources) {
    const shown = flat(Stack.of(construct).resolve(resource));
    if (shown.includes("*")) acknowledge(construct, { [`AwsSolutions-IAM5[Resource::${shown}]`]: reason });
  }
};

/** A resource as the checks write it: `<LogicalId.Arn>/*`. */
const flat = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return String(value);
  if ("Fn::Join" in value) {
    const [delimiter, parts] = value["Fn::Join"] as [string, unknown[]];
    return parts.map(flat).join(delimiter);
  }
  if ("Fn::GetAtt" in value) return `<${(value["Fn::GetAtt"] as string[]).join(".")}>`;
  if ("Ref" in value) return `<${String(value.Ref)}>`;
  return JSON.stringify(value);
};
