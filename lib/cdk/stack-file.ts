import { readFileSync } from "node:fs";
import { z } from "zod";
import { Failure, isFailure } from "../model/errors.ts";

const text = z.string().min(1);
const id = (prefix: string, what: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-z]+$`), `expected the id of a ${what}: ${prefix}-...`);
const arnOf = (service: string, what: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:${service}:`), `expected the ARN of ${what}`);
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "expected HH:MM");

const database = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "expected lower case letters, digits and hyphens"),
  host: text,
  port: z.int().min(1).max(65535).default(5432),
  database: text,
  user: text,
  login: z.discriminatedUnion("by", [
    z.strictObject({
      by: z.literal("iam"),
      resourceId: z.string().regex(/^(db|cluster)-[0-9A-Z]+$/, "expected the resource id: db-... or cluster-..."),
    }),
    z.strictObject({
      by: z.literal("secret"),
      secretArn: arnOf("secretsmanager", "a secret"),
      keyArn: arnOf("kms", "a KMS key").optional(),
    }),
  ]),
  // RDS takes no notice of case and keeps small letters; the ARN in a policy must have them.
  instance: z.strictObject({ kind: z.enum(["instance", "cluster"]), id: text.toLowerCase() }),
  securityGroup: id("sg", "security group").optional(),
  dailyAt: time.optional(),
});

const stackFile = z.strictObject({
  stack: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, "expected letters, digits and hyphens"),
  account: z.string().regex(/^\d{12}$/, "expected the twelve digits of an account"),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "expected a Region, for instance eu-central-1"),
  vpc: z.strictObject({
    id: id("vpc", "VPC"),
    cidr: z.string().regex(/^\d+\.\d+\.\d+\.\d+\/\d+$/, "expected a CIDR block, for instance 10.0.0.0/16"),
    subnets: z
      .array(
        z.strictObject({
          id: id("subnet", "subnet"),
          zone: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, "expected a zone, for instance eu-central-1a"),
          routeTable: id("rtb", "route table"),
        }),
      )
      .min(1),
  }),
  endpoints: z.array(z.enum(["s3", "kms", "secretsmanager"])).optional(),
  databases: z
    .array(database)
    .min(1)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two databases have one name"),
  timeZone: z
    .string()
    .refine(
      (zone) => Intl.supportedValuesOf("timeZone").includes(zone),
      "expected a time zone, for instance Europe/Berlin",
    )
    .optional(),
  lanes: z.int().min(1).max(32).optional(),
  reserveConcurrency: z.boolean().optional(),
  hotCopyHoursMax: z.int().min(1).max(168).optional(),
  keyAdmins: z.array(arnOf("iam", "a role or user")).min(1).optional(),
  alarmMailTo: z.array(z.email()).optional(),
  /** Roles that may open releases: a pipeline's. */
  releasers: z.array(arnOf("iam", "a role")).optional(),
  /** Roles that may also take hot copies by hand. */
  operators: z.array(arnOf("iam", "a role")).optional(),
  /** Roles that may read backups. */
  readers: z.array(arnOf("iam", "a role")).optional(),
});

export const STACK_FIELDS: readonly string[] = Object.keys(stackFile.shape);

/** A stack as a file describes it: what `bin/app.ts` deploys. */
export type StackFile = z.infer<typeof stackFile>;

const HINT = "docs/aws/deploy.md explains each field";

/**
 * Reads a stack file (JSON).
 * @param path  the context value `lastgood`
 * @throws USAGE  none is named; it cannot be read or is not JSON; or every field that is wrong, one line each
 */
export const readStackFile = (path: unknown): StackFile => {
  if (typeof path !== "string" || path === "")
    throw new Failure("USAGE", "no stack file is named", { hint: "run cdk with -c lastgood=<file>.json" });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? "is not JSON" : "cannot be read";
    throw new Failure("USAGE", `${path} ${why}: ${(cause as Error).message}`, { cause, hint: HINT });
  }
  const checked = stackFile.safeParse(content);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path: field, message }) => `${path}: ${fieldName(field)}: ${message}`);
  throw new Failure("USAGE", problems.join("\n"), { hint: HINT });
};

/** What the command line of the CDK shows of an error. Only of a bug does the stack trace help anybody. */
export const toldWhatIsWrong = (error: unknown): string => {
  if (isFailure(error)) return `error: ${error.message}\nhint: ${error.hint}\n`;
  return `${(error instanceof Error && error.stack) || String(error)}\n`;
};

const fieldName = (path: readonly PropertyKey[]): string =>
  path.map((part, i) => (typeof part === "number" ? `[${part}]` : `${i > 0 ? "." : ""}${String(part)}`)).join("") ||
  "the file";
