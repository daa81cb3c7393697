import { InvokeCommand } from "@aws-sdk/client-lambda";

/**
 * Begins an execution that is called by its name: without the type Event, Lambda would hold the call open until it ends.
 * @param functionArn  with a version or alias: a durable function has no other address
 */
export const namedExecution = (functionArn: string, name: string, input: unknown): InvokeCommand =>
  new InvokeCommand({
    FunctionName: functionArn,
    InvocationType: "Event",
    DurableExecutionName: name,
    Payload: Buffer.from(JSON.stringify(input), "utf8"),
  });
