import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as actions from "aws-cdk-lib/aws-cloudwatch-actions";
import * as iam from "aws-cdk-lib/aws-iam";
import * as sns from "aws-cdk-lib/aws-sns";
import { Duration, Stack } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { STACK_METRICS } from "../model/stack.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Capture } from "./capture.ts";
import type { DatabaseProps } from "./database.ts";
import type { VerbFunction } from "./verb-function.ts";

export interface AlarmsProps {
  readonly capture: Capture;
  readonly databases: readonly DatabaseProps[];
  /**
   * Hours after which a database without a new hot copy is an alarm.
   * @default 26: a day, and two hours for the copy to run
   */
  readonly hotCopyHoursMax?: number;
  /**
   * Where alarms go.
   * @default a topic made here
   */
  readonly topic?: sns.ITopic;
  /** Mail addresses to subscribe to the topic. Each must confirm. */
  readonly mailTo?: readonly string[];
}

const HOT_COPY_HOURS_MAX = 26;
// CloudWatch looks back at most seven days where a period is an hour.
const HOURS_MAX = 7 * 24;
/** Of 3 000 that AWS allows. A workflow that would pass 2 500 is refused, so people should know before. */
const OPERATIONS_MAX = 2_000;

/**
 * Tells people that a backup was not made. Silence is not success: an alarm on what must happen takes missing data for a
 * breach. An alarm on what must not happen takes it for none, because a function that does not run reports no errors;
 * that it did run, the first kind of alarm watches.
 */
export class Alarms extends Construct {
  readonly topic: sns.ITopic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { capture } = props;
    this.topic = props.topic ?? this.#ownTopic();
    for (const address of props.mailTo ?? [])
      acknowledge(
        new sns.Subscription(this, `Mail-${address}`, {
          topic: this.topic,
          protocol: sns.SubscriptionProtocol.EMAIL,
          endpoint: address,
        }),
        {
          "Serverless-SNSRedrivePolicy":
            "a mail that cannot be delivered is no use in a queue; the alarm itself stays until it is over",
        },
      );

    const hours = props.hotCopyHoursMax ?? HOT_COPY_HOURS_MAX;
    if (!Number.isInteger(hours) || hours < 1 || hours > HOURS_MAX)
      throw new RangeError(`hotCopyHoursMax is ${hours}, expected a whole number from 1 to ${HOURS_MAX}`);
    for (const { name } of props.databases) {
      this.#alarm(`HotCopyOf-${name}`, {
        alarmDescription: `Lastgood: no hot copy of ${name} in ${hours} hours. The log of the function hot-copy says why.`,
        metric: new cloudwatch.Metric({
          namespace: STACK_METRICS.namespace,
          metricName: STACK_METRICS.hotCopies,
          dimensionsMap: {
            [STACK_METRICS.dimensions.stack]: Stack.of(this).stackName,
            [STACK_METRICS.dimensions.database]: name,
          },
          statistic: cloudwatch.Stats.SUM,
          period: Duration.hours(1),
        }),
        // In breach only if every hour of them is.
        evaluationPeriods: hours,
        datapointsToAlarm: hours,
        threshold: 1,
        comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.BREACHING,
      });
    }

    for (const one of capture.functions)
      this.#happened(`${one.node.id}Errors`, one.function.metricErrors(), `the function ${one.node.id} failed`);
    for (const one of [capture.releaseSnapshot, capture.hotCopy]) {
      const name = one.node.id;
      this.#happened(`${name}Failed`, durable(one, "DurableExecutionFailed"), `a workflow ${name} failed`);
      this.#happened(`${name}TimedOut`, durable(one, "DurableExecutionTimedOut"), `a workflow ${name} took too long`);
      this.#happened(`${name}Stopped`, durable(one, "DurableExecutionStopped"), `a workflow ${name} was stopped`);
      this.#happened(
        `${name}Operations`,
        durable(one, "DurableExecutionOperations", cloudwatch.Stats.MAXIMUM),
        `a workflow ${name} comes near to the operations it may have; give it more lanes or split the database`,
        OPERATIONS_MAX,
      );
    }
    this.#happened(
      "DeadLetters",
      capture.deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: cloudwatch.Stats.MAXIMUM }),
      "an event could not be handled and lies in the queue",
    );
  }

  #ownTopic(): sns.Topic {
    const topic = new sns.Topic(this, "Topic", { displayName: "Lastgood", enforceSSL: true });
    // A topic with a policy of its own has lost the default one, by which alarms of the account may publish.
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: "AlarmsOfThisAccount",
        actions: ["sns:Publish"],
        principals: [new iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        resources: [topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    );
    return topic;
  }

  #happened(id: string, metric: cloudwatch.IMetric, what: string, threshold = 1): void {
    this.#alarm(id, {
      alarmDescription: `Lastgood: ${what}.`,
      metric,
      evaluationPeriods: 1,
      threshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  #alarm(id: string, props: cloudwatch.AlarmProps): void {
    const alarm = new cloudwatch.Alarm(this, id, props);
    const action = new actions.SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html */
const durable = (one: VerbFunction, metricName: string, statistic = cloudwatch.Stats.SUM): cloudwatch.Metric =>
  one.function.metric(metricName, { statistic });
