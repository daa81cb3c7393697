import type { Verb } from "../../../lib/cdk/bundle.ts";
import { type CfnResource, resourcesOf } from "../../cdk/synthesis.ts";
import type { Deployment } from "./deployment.ts";

/** What AWS would ask a policy about a request. */
export interface Act {
  readonly action: string;
  readonly resource: string;
}

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: object;
}

const S3_ACTIONS: Readonly<Record<string, string>> = { GET: "GetObject", HEAD: "GetObject", PUT: "PutObject" };

/** Reads a request as AWS would; undefined if it is of no kind that is known here. */
export function actOf(
  request: {
    readonly method: string;
    readonly path: string;
    readonly target: string | undefined;
    readonly body: Buffer;
  },
  account: { readonly region: string; readonly account: string },
): Act | undefined {
  const { method, path, target, body } = request;
  if (target !== undefined) {
    const { KeyId, SecretId } = JSON.parse(body.toString()) as { readonly KeyId?: string; readonly SecretId?: string };
    const [service, call = ""] = target.split(".");
    if (service === "TrentService") return { action: `kms:${call}`, resource: KeyId ?? "" };
    if (service === "secretsmanager") return { action: `secretsmanager:${call}`, resource: SecretId ?? "" };
    return undefined;
  }
  if (path === "/") {
    const form = new URLSearchParams(body.toString());
    const arn = `arn:aws:rds:${account.region}:${account.account}`;
    const snapshot = form.get("DBSnapshotIdentifier");
    const resource =
      snapshot === null ? `${arn}:db:${form.get("DBInstanceIdentifier")}` : `${arn}:snapshot:${snapshot}`;
    return { action: `rds:${form.get("Action")}`, resource };
  }
  const [, bucket = "", name = ""] = /^\/([^/]+)\/?(.*)$/.exec(decodeURIComponent(path)) ?? [];
  if (name === "")
    return method === "GET" ? { action: "s3:ListBucket", resource: `arn:aws:s3:::${bucket}` } : undefined;
  const call = S3_ACTIONS[method];
  return call === undefined ? undefined : { action: `s3:${call}`, resource: `arn:aws:s3:::${bucket}/${name}` };
}

/** Whether a function's own role lets it. Conditions are not looked at: an allow under one counts, a deny under one does not. */
export function mayDo(stack: Deployment, verb: Verb, { action, resource }: Act): boolean {
  const about = statementsOf(stack, verb).filter(
    (one) =>
      many(one.Action).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
      many(one.Resource).some((pattern) => matches(resolved(stack, pattern), resource)),
  );
  return (
    about.some(({ Effect }) => Effect === "Allow") &&
    !about.some(({ Effect, Condition }) => Effect === "Deny" && Condition === undefined)
  );
}

const statementsOf = ({ template, functions }: Deployment, verb: Verb): readonly Statement[] => {
  const { Role } = (template.Resources[functions[verb].logicalId] as CfnResource).Properties as {
    readonly Role: { readonly "Fn::GetAtt": readonly [string, string] };
  };
  const [role] = Role["Fn::GetAtt"];
  return resourcesOf(template, "AWS::IAM::Policy").flatMap(([, { Properties }]) => {
    const { Roles, PolicyDocument } = Properties as {
      readonly Roles: readonly { readonly Ref?: string }[];
      readonly PolicyDocument: { readonly Statement: readonly Statement[] };
    };
    return Roles.some(({ Ref }) => Ref === role) ? PolicyDocument.Statement : [];
  });
};

const many = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : [value as T];

const matches = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/[\\^$.+()[\]{}|]/g, "\\$&").replaceAll("*", ".*")}$`).test(text);

/** A resource of a policy as the emulator has made it. */
const resolved = (stack: Deployment, value: unknown): string => {
  if (typeof value === "string") return value;
  const {
    "Fn::Join": join,
    "Fn::GetAtt": attribute,
    Ref: ref,
  } = value as {
    readonly "Fn::Join"?: readonly [string, readonly unknown[]];
    readonly "Fn::GetAtt"?: readonly [string, string];
    readonly Ref?: string;
  };
  if (join !== undefined) return join[1].map((part) => resolved(stack, part)).join(join[0]);
  if (ref !== undefined) return stack.resources.get(ref) ?? "";
  const id = attribute?.[0] ?? "";
  const physical = stack.resources.get(id) ?? "";
  switch (stack.template.Resources[id]?.Type) {
    case "AWS::S3::Bucket":
      return `arn:aws:s3:::${physical}`;
    case "AWS::KMS::Key":
      return [stack.outputs.wrappingKey, stack.outputs.signingKey].find((arn) => arn.endsWith(physical)) ?? "";
    default:
      // Logs and queues, which no function calls itself, and functions, whose calls are not looked at here.
      return `unread:${physical}`;
  }
};
