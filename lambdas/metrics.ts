import { STACK_METRICS } from "../lib/model/stack.ts";
import type { WriteLine } from "./log.ts";

/** Something that happened once more to a database. */
export interface Count {
  readonly name: typeof STACK_METRICS.hotCopies | typeof STACK_METRICS.releasePoints;
  readonly database: string;
}

/**
 * Writes a count as a line that CloudWatch makes a metric of.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const writeCount = (write: WriteLine, now: number, stack: string, { name, database }: Count): void => {
  const { namespace, dimensions } = STACK_METRICS;
  const metric = {
    Namespace: namespace,
    Dimensions: [[dimensions.stack, dimensions.database]],
    Metrics: [{ Name: name, Unit: "Count" }],
  };
  const values = { [dimensions.stack]: stack, [dimensions.database]: database, [name]: 1 };
  write(JSON.stringify({ _aws: { Timestamp: now, CloudWatchMetrics: [metric] }, ...values }));
};
