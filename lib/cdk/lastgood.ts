import type * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as logs from "aws-cdk-lib/aws-logs";
import type * as sns from "aws-cdk-lib/aws-sns";
import { CfnOutput, Stack, TimeZone } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { STACK_OUTPUTS } from "../model/stack.ts";
import { acknowledgeWildcards } from "./acknowledge.ts";
import { Alarms } from "./alarms.ts";
import { Capture } from "./capture.ts";
import { type DatabaseProps, protectedDatabase } from "./database.ts";
import { Keys } from "./keys.ts";
import { HotCopySchedule } from "./schedule.ts";
import { Vault, type VaultProps } from "./vault.ts";
import type { VerbFunction } from "./verb-function.ts";
import type { EndpointName } from "./worker-network.ts";

export interface LastgoodProps extends VaultProps {
  /** The databases to protect, one at least. */
  readonly databases: readonly DatabaseProps[];

  /** The network in which the databases can be reached. */
  readonly vpc: ec2.IVpc;
  /** @default private subnets of the VPC */
  readonly subnets?: ec2.SubnetSelection;
  /**
   * Ways from the subnets to AWS that are made here; name only those that the network lacks.
   * @default s3 and kms, and secretsmanager if a database logs in by a secret
   */
  readonly endpoints?: readonly EndpointName[];

  /**
   * The time zone of the business, in which `dailyAt` of the databases is meant.
   * @default Etc/UTC
   */
  readonly timeZone?: TimeZone;
  /**
   * Connections on which a capture reads, from 1 to 32; one worker each.
   * @default 4
   */
  readonly lanes?: number;
  /** @default false: workers share the account's concurrency */
  readonly reserveConcurrency?: boolean;

  /**
   * Who administers the KMS keys. Administrators cannot use them. The role that deploys must be among them, or AWS refuses
   * the keys: nobody there could change their policies any more.
   * @default the account, so whoever IAM gives these rights
   */
  readonly keyAdmins?: readonly iam.IPrincipal[];
  /**
   * How long what the functions say is kept. Logs hold no row, key or secret.
   * @default 400 days
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Hours after which a database without a new hot copy is an alarm.
   * @default 26
   */
  readonly hotCopyHoursMax?: number;
  /** @default a topic made here */
  readonly alarmTopic?: sns.ITopic;
  /** Mail addresses to subscribe to the topic. */
  readonly alarmMailTo?: readonly string[];
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * Release points and daily hot copies of PostgreSQL databases on RDS and Aurora.
 *
 * ```ts
 * new Lastgood(this, "Lastgood", {
 *   vpc,
 *   databases: [{
 *     name: "shop",
 *     host: instance.dbInstanceEndpointAddress, port: 5432, database: "shop", user: "lastgood",
 *     login: { by: "iam", resourceId: instance.instanceResourceId! },
 *     instance: { kind: "instance", id: instance.instanceIdentifier },
 *     securityGroup: instance.connections.securityGroups[0],
 *   }],
 * });
 * ```
 *
 * Buckets, keys and their rules stay when the stack is destroyed. The ids of all constructs are contract: another id would
 * make another bucket.
 */
export class Lastgood extends Construct {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly capture: Capture;
  readonly schedule: HotCopySchedule;
  readonly alarms: Alarms;

  constructor(scope: Construct, id: string, props: LastgoodProps) {
    super(scope, id);
    const { databases } = props;
    checkNames(databases);
    this.vault = new Vault(this, "Vault", props);
    this.keys = new Keys(this, "Keys", props.keyAdmins === undefined ? {} : { admins: props.keyAdmins });
    this.capture = new Capture(this, "Capture", { ...props, vault: this.vault, keys: this.keys });
    this.schedule = new HotCopySchedule(this, "Schedule", {
      capture: this.capture,
      databases,
      timeZone: props.timeZone ?? TimeZone.ETC_UTC,
    });
    this.alarms = new Alarms(this, "Alarms", {
      capture: this.capture,
      databases,
      ...(props.hotCopyHoursMax !== undefined && { hotCopyHoursMax: props.hotCopyHoursMax }),
      ...(props.alarmTopic && { topic: props.alarmTopic }),
      ...(props.alarmMailTo && { mailTo: props.alarmMailTo }),
    });
    this.#tell(databases);
  }

  /** Lets somebody open releases: start the workflow and ask how far it is. A pipeline's role, for instance. */
  grantRelease(grantee: iam.IGrantable): void {
    this.#allowRunning(grantee, this.capture.releaseSnapshot);
  }

  /** Lets somebody take hot copies by hand. */
  grantHotCopy(grantee: iam.IGrantable): void {
    this.#allowRunning(grantee, this.capture.hotCopy);
  }

  /** Lets somebody read backups and receipts, and so restore: what the buckets hold, and the use of the key. */
  grantRead(grantee: iam.IGrantable): void {
    this.#allowFinding(grantee);
    const buckets = [this.vault.hot, this.vault.keys, this.vault.evidence];
    const objects = buckets.map((bucket) => bucket.arnForObjects("*"));
    allow(grantee, ["s3:GetObject"], objects, "a restore reads all that a point names");
    // Its lease, so that a sweep meanwhile spares what it reads.
    const leases = [this.vault.hot.arnForObjects("intents/*")];
    allow(grantee, ["s3:PutObject"], leases, "leases are named as they are taken");
    allow(
      grantee,
      ["s3:ListBucket"],
      buckets.map((bucket) => bucket.bucketArn),
    );
    this.keys.grantUnwrap(grantee);
  }

  #allowRunning(grantee: iam.IGrantable, { function: { functionArn }, live, anyVersionArn }: VerbFunction): void {
    this.#allowFinding(grantee);
    allow(grantee, ["lambda:InvokeFunction"], [live.functionArn]);
    const asking = ["lambda:GetDurableExecution", "lambda:ListDurableExecutionsByFunction"];
    allow(grantee, asking, [functionArn, anyVersionArn], "an execution belongs to the version it began in");
  }

  /** The command line finds buckets, keys and functions by the outputs of the stack. */
  #allowFinding(grantee: iam.IGrantable): void {
    const stack = Stack.of(this);
    // Asked by its name: the identifier that AWS gives it comes after.
    const arn = stack.formatArn({ service: "cloudformation", resource: "stack", resourceName: `${stack.stackName}/*` });
    allow(grantee, ["cloudformation:DescribeStacks"], [arn], "the end of a stack's ARN changes when it is made again");
  }

  #tell(databases: readonly DatabaseProps[]): void {
    const values: Readonly<Record<keyof typeof STACK_OUTPUTS, string>> = {
      hotBucket: this.vault.hot.bucketName,
      keysBucket: this.vault.keys.bucketName,
      evidenceBucket: this.vault.evidence.bucketName,
      wrappingKey: this.keys.wrapping.keyArn,
      signingKey: this.keys.signing.keyArn,
      releaseFunction: this.capture.releaseSnapshot.live.functionArn,
      hotCopyFunction: this.capture.hotCopyStarter.function.functionArn,
      hotCopyWorkflow: this.capture.hotCopy.live.functionArn,
      databases: Stack.of(this).toJsonString(databases.map(protectedDatabase)),
    };
    for (const key of Object.keys(STACK_OUTPUTS) as (keyof typeof STACK_OUTPUTS)[])
      new CfnOutput(this, STACK_OUTPUTS[key], { value: values[key] }).overrideLogicalId(STACK_OUTPUTS[key]);
  }
}

const allow = (grantee: iam.IGrantable, actions: string[], resourceArns: string[], because?: string): void => {
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns });
  if (because !== undefined && Construct.isConstruct(grantee)) acknowledgeWildcards(grantee, resourceArns, because);
};

const checkNames = (databases: readonly DatabaseProps[]): void => {
  if (databases.length === 0) throw new RangeError("databases is empty, expected one at least");
  const seen = new Set<string>();
  for (const { name } of databases) {
    if (!NAME.test(name))
      throw new RangeError(`database name ${JSON.stringify(name)}: expected lower case letters, digits and hyphens`);
    if (seen.has(name)) throw new RangeError(`two databases are named ${name}`);
    seen.add(name);
  }
};
