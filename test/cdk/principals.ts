import type { LastgoodStack } from "../../lib/cdk/lastgood-stack.ts";
import { resourcesOf, type Synthesis } from "./synthesis.ts";

export interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly actions: readonly string[];
  /** In words: `hot/points/*` for objects of the hot bucket, `function capture-worker:*`, `key wrapping`. */
  readonly resources: readonly string[];
  readonly conditions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Who it is about, in a policy of a resource. */
  readonly principals: readonly string[];
}

export interface Principal {
  readonly name: string;
  readonly statements: readonly Statement[];
}

/** Everybody to whom the template gives rights, with all of the policies attached to them. */
export const principalsOf = ({ stack, template }: Synthesis): readonly Principal[] => {
  const words = wordsOf(stack);
  const names = new Map<string, Statement[]>();
  for (const [id, role] of resourcesOf(template, "AWS::IAM::Role")) {
    for (const property of ["ManagedPolicyArns", "Policies", "PermissionsBoundary"])
      if (property in role.Properties) throw new Error(`role ${id} has ${property}, which is not read here`);
    names.set(words.get(id) ?? id, []);
  }
  for (const type of ["AWS::IAM::ManagedPolicy", "AWS::IAM::UserPolicy", "AWS::IAM::RolePolicy"])
    if (resourcesOf(template, type).length > 0) throw new Error(`the template has ${type}, which is not read here`);
  for (const [, policy] of resourcesOf(template, "AWS::IAM::Policy")) {
    const { Roles: roles, PolicyDocument: document } = policy.Properties;
    for (const role of roles as unknown[]) {
      const name = flat(role, words);
      names.set(name, [...(names.get(name) ?? []), ...statementsOf(document, words)]);
    }
  }
  return [...names].map(([name, statements]) => ({ name, statements }));
};

/** The policies of buckets, keys, queues and topics, by the word for the resource. */
export const resourcePoliciesOf = ({ stack, template }: Synthesis): ReadonlyMap<string, readonly Statement[]> => {
  const words = wordsOf(stack);
  const policies = new Map<string, readonly Statement[]>();
  for (const [, { Properties }] of resourcesOf(template, "AWS::S3::BucketPolicy"))
    policies.set(flat(Properties["Bucket"], words), statementsOf(Properties["PolicyDocument"], words));
  for (const [id, { Properties }] of resourcesOf(template, "AWS::KMS::Key"))
    policies.set(words.get(id) ?? id, statementsOf(Properties["KeyPolicy"], words));
  return policies;
};

/**
 * Whether a principal may do something to something, by its own policies. Conditions only ever take away, so an allow
 * counts whatever its conditions are, and a deny counts only without any: in doubt, the answer is yes.
 */
export const may = ({ statements }: Principal, action: string, resource: string): boolean => {
  const about = statements.filter(
    (one) =>
      one.actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
      one.resources.some((pattern) => matches(pattern, resource)),
  );
  return (
    about.some(({ effect }) => effect === "Allow") &&
    !about.some(({ effect, conditions }) => effect === "Deny" && Object.keys(conditions).length === 0)
  );
};

const matches = (pattern: string, text: string): boolean => {
  const source = pattern
    .replaceAll(/[\\^$.+()[\]{}|]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(text);
};

interface RawStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action?: unknown;
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Statement["conditions"];
}

const KNOWN = new Set(["Sid", "Effect", "Action", "Resource", "Principal", "Condition"]);

const statementsOf = (document: unknown, words: ReadonlyMap<string, string>): readonly Statement[] =>
  (document as { Statement: readonly RawStatement[] }).Statement.map((raw) => {
    for (const field of Object.keys(raw))
      if (!KNOWN.has(field)) throw new Error(`a statement has ${field}, which is not read here`);
    return {
      effect: raw.Effect,
      actions: many(raw.Action).map(String),
      resources: many(raw.Resource).map((resource) => flat(resource, words)),
      conditions: inWords(raw.Condition ?? {}, words),
      principals: Object.values((raw.Principal ?? {}) as Record<string, unknown>)
        .flatMap(many)
        .map((principal) => flat(principal, words)),
    };
  });

const inWords = (conditions: Statement["conditions"], words: ReadonlyMap<string, string>): Statement["conditions"] =>
  Object.fromEntries(
    Object.entries(conditions).map(([operator, tests]) => [
      operator,
      Object.fromEntries(
        Object.entries(tests).map(([key, value]) => [key, Array.isArray(value) ? value : flat(value, words)]),
      ),
    ]),
  );

const many = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** A value of a template in words, without the account and Region that all of it shares. */
const flat = (value: unknown, words: ReadonlyMap<string, string>): string => raw(value, words).replace(ARN, "$1:");

const ARN = /^arn:aws:([a-z-]+):[a-z0-9-]*:\d*:/;

const raw = (value: unknown, words: ReadonlyMap<string, string>): string => {
  if (typeof value !== "object" || value === null) return String(value);
  if ("Fn::Join" in value) {
    const [delimiter, parts] = value["Fn::Join"] as [string, unknown[]];
    return parts.map((part) => raw(part, words)).join(delimiter);
  }
  const [id] = "Fn::GetAtt" in value ? (value["Fn::GetAtt"] as string[]) : "Ref" in value ? [String(value.Ref)] : [];
  if (id === undefined) throw new Error(`${JSON.stringify(value)} is not read here`);
  return words.get(id) ?? id;
};

/** What logical ids are called here. */
const wordsOf = (stack: LastgoodStack): ReadonlyMap<string, string> => {
  const { vault, keys, capture, alarms } = stack.lastgood;
  const id = (construct: { node: { defaultChild?: unknown } }): string =>
    stack.getLogicalId(construct.node.defaultChild as Parameters<typeof stack.getLogicalId>[0]);
  const words = new Map<string, string>([
    [id(vault.hot), "hot"],
    [id(vault.archive), "archive"],
    [id(vault.keys), "keys"],
    [id(vault.evidence), "evidence"],
    [id(vault.accessLogs), "access logs"],
    [id(keys.wrapping), "key wrapping"],
    [id(keys.signing), "key signing"],
    [id(capture.deadLetters), "dead letters"],
    [id(stack.lastgood.schedule.role), "schedule"],
  ]);
  for (const one of capture.functions) {
    words.set(id(one.function), `function ${one.verb}`);
    words.set(id(one.live), `function ${one.verb}:live`);
    words.set(id(one.role), one.verb);
    words.set(id(one.log), "its own log");
  }
  if (alarms.topic.node.defaultChild !== undefined) words.set(id(alarms.topic), "alarms");
  return words;
};
