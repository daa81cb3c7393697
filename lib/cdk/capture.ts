import type * as ec2 from "aws-cdk-lib/aws-ec2";
import * as logs from "aws-cdk-lib/aws-logs";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Duration, Stack } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { STACK_ENV } from "../model/stack.ts";
import { acknowledge } from "./acknowledge.ts";
import { type DatabaseProps, protectedDatabase } from "./database.ts";
import type { Keys } from "./keys.ts";
import { allowCalls, allowCapture, allowRead, allowRelease } from "./rights.ts";
import type { Vault } from "./vault.ts";
import { VerbFunction } from "./verb-function.ts";
import { type EndpointName, WorkerNetwork } from "./worker-network.ts";

export interface CaptureProps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly databases: readonly DatabaseProps[];

  /** The network in which the databases can be reached. */
  readonly vpc: ec2.IVpc;
  /**
   * Subnets of the workers. They need no way to the internet.
   * @default private subnets of the VPC
   */
  readonly subnets?: ec2.SubnetSelection;
  /**
   * Ways from these subnets to AWS that are made here. Name those that the network does not have yet: a second interface
   * endpoint of one service with private names is refused by AWS. Only workers are in the network, so it needs no endpoint
   * of RDS, Lambda or CloudWatch Logs.
   * @default s3 and kms, and secretsmanager if a database logs in by a secret
   */
  readonly endpoints?: readonly EndpointName[];

  /**
   * Connections on which a capture reads, besides the one that holds the snapshot; one worker each.
   * @default 4
   */
  readonly lanes?: number;
  /**
   * Whether the workers of one capture (lanes + 1) have their concurrency to themselves. AWS refuses it in an account that
   * would be left with less than 100, and then a second capture at the same time waits for the first.
   * @default false
   */
  readonly reserveConcurrency?: boolean;
  /** @default 400 days; logs hold no row, key or secret */
  readonly logRetention?: logs.RetentionDays;
}

const LANES = 4;
const LANES_MAX = 32;
const LOG_RETENTION = logs.RetentionDays.THIRTEEN_MONTHS;
/** The longest that Lambda has. A worker returns a cursor before it ends. */
const WORKER_TIMEOUT = Duration.minutes(15);
// One whole vCPU (1 769 MB): a worker compresses and seals about as fast as its network takes it away (625 Mbit/s).
const WORKER_MB = 1769;
// A workflow only waits, calls and signs; memory buys the share of CPU that loading its code takes.
const WORKFLOW_MB = 512;
const WORKFLOW_TIMEOUT = Duration.minutes(5);
const STARTER_MB = 512;
const STARTER_TIMEOUT = Duration.minutes(1);
/** An instance snapshot of terabytes takes hours; what takes longer is not finished before the release it is for. */
const RELEASE_WITHIN = Duration.hours(12);
/** A hot copy that is not done when the next is due has failed. */
const HOT_COPY_WITHIN = Duration.hours(20);
/** The history of workflows, for looking into failures; receipts are in the evidence store. */
const HISTORY = Duration.days(30);

/** The Lambdas that take release points and hot copies, each with its own role. */
export class Capture extends Construct {
  /** Durable: takes the instance snapshot and the release point, proves it, signs the receipt. */
  readonly releaseSnapshot: VerbFunction;
  /** Durable: takes and proves the daily point. */
  readonly hotCopy: VerbFunction;
  /** Starts `hotCopy` once for each day, however often it is called. */
  readonly hotCopyStarter: VerbFunction;
  /** Reads databases and writes points; the only function that reaches a database. */
  readonly worker: VerbFunction;
  /** Reads points back and decrypts them; reaches no database. */
  readonly reader: VerbFunction;
  /** What could not be handled. */
  readonly deadLetters: sqs.Queue;
  /** Security group of the workers, for databases whose group is not given. */
  readonly workers: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, props: CaptureProps) {
    super(scope, id);
    const lanes = checkedLanes(props.lanes ?? LANES);
    const told = environment(this, props, lanes);
    const common = { logRetention: props.logRetention ?? LOG_RETENTION };
    const network = new WorkerNetwork(this, "Network", props);
    this.workers = network.group;
    this.deadLetters = new sqs.Queue(this, "DeadLetters", {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.deadLetters, { "Serverless-SQSRedrivePolicy": "it is the queue that others redrive to" });

    this.worker = new VerbFunction(this, "Worker", {
      ...common,
      verb: "capture-worker",
      environment: told("hotBucket", "keysBucket", "wrappingKey", "databases", "databaseCa"),
      description: "reads a database and writes a point",
      memoryMb: WORKER_MB,
      timeout: WORKER_TIMEOUT,
      placement: network.placement,
      ...(props.reserveConcurrency === true && { reservedConcurrency: lanes + 1 }),
    });
    allowCapture(this.worker, props.vault, props.keys, props.databases);

    this.reader = new VerbFunction(this, "Reader", {
      ...common,
      verb: "point-reader",
      environment: told("hotBucket", "keysBucket", "wrappingKey"),
      description: "reads a point back and proves it",
      memoryMb: WORKER_MB,
      timeout: WORKER_TIMEOUT,
    });
    allowRead(this.reader, props.vault, props.keys);

    const { versionArn: worker } = this.worker;
    const workers = { hold: worker, copy: worker, read: this.reader.versionArn };
    const called = { [STACK_ENV.workers]: Stack.of(this).toJsonString(workers) };
    const workflow = (executionTimeout: Duration) => ({
      ...common,
      memoryMb: WORKFLOW_MB,
      timeout: WORKFLOW_TIMEOUT,
      deadLetters: this.deadLetters,
      durable: { executionTimeout, retentionPeriod: HISTORY },
    });

    this.releaseSnapshot = new VerbFunction(this, "ReleaseSnapshot", {
      ...workflow(RELEASE_WITHIN),
      verb: "release-snapshot",
      environment: { ...told("evidenceBucket", "signingKey", "databases", "lanes"), ...called },
      description: "takes and proves a release point and an instance snapshot",
    });
    allowRelease(this.releaseSnapshot, props.vault, props.keys, props.databases);
    allowCalls(this.releaseSnapshot, [this.worker, this.reader]);

    this.hotCopy = new VerbFunction(this, "HotCopy", {
      ...workflow(HOT_COPY_WITHIN),
      verb: "hot-copy",
      environment: { ...told("databases", "lanes"), ...called },
      description: "takes and proves the daily hot copy",
    });
    allowCalls(this.hotCopy, [this.worker, this.reader]);

    this.hotCopyStarter = new VerbFunction(this, "HotCopyStarter", {
      ...common,
      verb: "hot-copy-starter",
      description: "starts a hot copy once a day",
      memoryMb: STARTER_MB,
      timeout: STARTER_TIMEOUT,
      deadLetters: this.deadLetters,
      environment: { ...told("databases"), [STACK_ENV.hotCopyWorkflow]: this.hotCopy.live.functionArn },
    });
    // Lambda tries it twice more if it fails, within six hours: the name of the execution makes that the same start.
    allowCalls(this.hotCopyStarter, [this.hotCopy]);
  }

  /** All functions, for alarms. */
  get functions(): readonly VerbFunction[] {
    return [this.releaseSnapshot, this.hotCopy, this.hotCopyStarter, this.worker, this.reader];
  }
}

type Told = keyof typeof STACK_ENV;

/** What there is to be told; each function is told its share. */
const environment = (scope: Construct, { vault, keys, databases }: CaptureProps, lanes: number) => {
  const values: Partial<Record<Told, string>> = {
    hotBucket: vault.hot.bucketName,
    keysBucket: vault.keys.bucketName,
    evidenceBucket: vault.evidence.bucketName,
    wrappingKey: keys.wrapping.keyArn,
    signingKey: keys.signing.keyArn,
    databases: Stack.of(scope).toJsonString(databases.map(protectedDatabase)),
    lanes: String(lanes),
    // Amazon's certificate authorities, as Lambda's runtime brings them.
    databaseCa: "/var/runtime/ca-cert.pem",
  };
  return (...names: readonly Told[]): Record<string, string> => ({
    [STACK_ENV.stack]: Stack.of(scope).stackName,
    ...Object.fromEntries(names.map((name) => [STACK_ENV[name], values[name] as string])),
  });
};

const checkedLanes = (lanes: number): number => {
  if (Number.isInteger(lanes) && lanes >= 1 && lanes <= LANES_MAX) return lanes;
  throw new RangeError(`lanes is ${lanes}, expected a whole number from 1 to ${LANES_MAX}`);
};
