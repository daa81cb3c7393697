import type * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import { Annotations, type Duration, RemovalPolicy, Stack } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { acknowledge, acknowledgeWildcards } from "./acknowledge.ts";
import { codeOf, HANDLER, type Verb } from "./bundle.ts";

export interface VerbFunctionProps {
  readonly verb: Verb;
  /** What it does, for the list in the console. */
  readonly description: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: logs.RetentionDays;
  /** Where events go that could not be handled. Not for a function that is only called synchronously. */
  readonly deadLetters?: sqs.IQueue;
  /** How long an execution may take in all, if the function is durable. */
  readonly durable?: lambda.DurableConfig;
  readonly placement?: {
    readonly vpc: ec2.IVpc;
    readonly subnets: ec2.SubnetSelection;
    readonly group: ec2.ISecurityGroup;
  };
  readonly reservedConcurrency?: number;
}

/** What Lambda does in a VPC on behalf of a function, with the function's own rights. */
const INTERFACE_ACTIONS = [
  "ec2:AssignPrivateIpAddresses",
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:UnassignPrivateIpAddresses",
];

/**
 * One Lambda with a role and a log group of its own, and an alias `live` that is always the newest version. Every version
 * is kept: a workflow that sleeps for hours wakes up in the version it began in.
 *
 * The role has what is written here and what is granted to it, and no managed policy: those say `Resource: *`.
 */
export class VerbFunction extends Construct implements iam.IGrantable {
  readonly verb: Verb;
  readonly function: lambda.Function;
  readonly live: lambda.Alias;
  readonly role: iam.Role;
  readonly log: logs.LogGroup;
  readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, props: VerbFunctionProps) {
    super(scope, id);
    this.verb = props.verb;
    this.log = new logs.LogGroup(this, "Log", {
      retention: props.logRetention,
      // What was done to backups can be looked up after the stack is gone, until the retention ends.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
      description: `Lastgood ${Stack.of(this).stackName}: ${props.description}`,
    });
    this.grantPrincipal = this.role.grantPrincipal;
    this.allow("Log", { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [this.log.logGroupArn] });
    if (props.placement !== undefined)
      this.allow(
        "Interfaces",
        { actions: INTERFACE_ACTIONS, resources: ["*"] },
        "network interfaces have no name before they are made; a deny keeps the function's own code from them",
      );

    this.function = new lambda.Function(this, "Function", {
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: codeOf(props.verb),
      handler: HANDLER,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      environment: { ...props.environment },
      role: this.role,
      logGroup: this.log,
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      ...(props.deadLetters && { deadLetterQueue: props.deadLetters }),
      ...(props.durable && { durableConfig: props.durable }),
      ...(props.placement && {
        vpc: props.placement.vpc,
        vpcSubnets: props.placement.subnets,
        securityGroups: [props.placement.group],
      }),
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
    this.live = new lambda.Alias(this, "Live", { aliasName: "live", version: this.function.currentVersion });
    if (props.durable !== undefined) {
      Annotations.of(this.function).acknowledgeInfo(
        "aws-lambda:Function.DurableConfig",
        "durable from the first deployment",
      );
      this.#keepCheckpoints();
    }
    if (props.placement !== undefined) this.#leaveNetworkAlone();
    acknowledge(this.function, {
      "Serverless-LambdaTracing":
        "a run is followed through the logs by its correlation id; traces would need a right on every resource and show nothing more",
      ...(props.deadLetters === undefined && {
        "Serverless-LambdaDLQ": "only called synchronously by a workflow, which gets the failure and answers for it",
      }),
    });
  }

  /** ARN of the version that this deployment makes. A workflow calls versions: its replays must meet the same code. */
  get versionArn(): string {
    return this.function.currentVersion.functionArn;
  }

  /** Every version and alias of the function. */
  get anyVersionArn(): string {
    return `${this.function.functionArn}:*`;
  }

  /** @param because  why resources that hold a wildcard are not more than is needed */
  allow(sid: string, statement: Allowed, because?: string): void {
    this.role.addToPolicy(new iam.PolicyStatement({ sid, ...statement }));
    if (because !== undefined) acknowledgeWildcards(this.role, statement.resources, because);
  }

  /** In a policy of its own: the function waits for the role's first policy, which therefore cannot name the function. */
  #keepCheckpoints(): void {
    const resources = [this.anyVersionArn];
    const policy = this.#ownPolicy("Checkpoints", {
      sid: "Checkpoints",
      actions: ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"],
      resources,
    });
    acknowledgeWildcards(
      policy,
      resources,
      "an execution belongs to the version it began in, and all versions are kept",
    );
  }

  /** Lambda needs the rights on network interfaces, the function's own code does not. */
  #leaveNetworkAlone(): void {
    this.#ownPolicy("NoInterfaces", {
      sid: "NotFromCode",
      effect: iam.Effect.DENY,
      actions: INTERFACE_ACTIONS,
      resources: ["*"],
      conditions: { ArnEquals: { "lambda:SourceFunctionArn": this.function.functionArn } },
    });
  }

  #ownPolicy(id: string, statement: iam.PolicyStatementProps): iam.Policy {
    return new iam.Policy(this, id, { roles: [this.role], statements: [new iam.PolicyStatement(statement)] });
  }
}

export interface Allowed {
  readonly actions: string[];
  readonly resources: string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
}
