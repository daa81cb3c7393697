import * as iam from "aws-cdk-lib/aws-iam";
import * as scheduler from "aws-cdk-lib/aws-scheduler";
import * as targets from "aws-cdk-lib/aws-scheduler-targets";
import { Duration, Stack, type TimeZone } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { Capture } from "./capture.ts";
import type { DatabaseProps } from "./database.ts";

export interface HotCopyScheduleProps {
  readonly capture: Capture;
  readonly databases: readonly DatabaseProps[];
  /** The time zone of the business: the night is there, and daylight saving time is taken care of. */
  readonly timeZone: TimeZone;
}

const DAILY_AT = "02:30";
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
/** Trying later than this would start yesterday's copy beside today's. */
const LATE_MAX = Duration.hours(6);

/** Starts each database's hot copy once a day. */
export class HotCopySchedule extends Construct {
  /** What EventBridge Scheduler is while it calls the starter. */
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, { capture, databases, timeZone }: HotCopyScheduleProps) {
    super(scope, id);
    const starter = capture.hotCopyStarter.function;
    this.role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("scheduler.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
      description: `Lastgood ${Stack.of(this).stackName}: starts hot copies`,
    });
    const { functionArn } = starter;
    this.role.addToPolicy(
      new iam.PolicyStatement({ sid: "Start", actions: ["lambda:InvokeFunction"], resources: [functionArn] }),
    );
    capture.deadLetters.grantSendMessages(this.role);
    for (const { name, dailyAt = DAILY_AT } of databases) {
      const [, hour, minute] = TIME.exec(dailyAt) ?? [];
      if (hour === undefined || minute === undefined)
        throw new RangeError(`dailyAt of database ${name} is ${JSON.stringify(dailyAt)}, expected HH:MM`);
      new scheduler.Schedule(this, name, {
        description: `Lastgood: hot copy of ${name}`,
        schedule: scheduler.ScheduleExpression.cron({ hour, minute, timeZone }),
        target: new targets.LambdaInvoke(starter, {
          // The target would add the right to call every version.
          role: this.role.withoutPolicyUpdates(),
          // The time for which it was due is part of the event, so that a late or second delivery is known as the same day's: the business's day, not UTC's.
          input: scheduler.ScheduleTargetInput.fromObject({
            database: name,
            scheduledAt: scheduler.ContextAttribute.scheduledTime,
            timeZone: timeZone.timezoneName,
          }),
          deadLetterQueue: capture.deadLetters,
          maxEventAge: LATE_MAX,
        }),
      });
    }
  }
}
