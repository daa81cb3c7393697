import type { DurableContext, DurableLambdaHandler } from "@aws/durable-execution-sdk-js";
import wrapped, { type MiddlewareObj } from "@middy/core";
import type { PluginExecutionMode } from "@middy/core/executionModeDurableContext";
import type { Context } from "aws-lambda";
import type * as z from "zod/mini";
import { STACK_ENV } from "../lib/model/stack.ts";
import { machineClock } from "../lib/wiring/machine.ts";
import { readEvent } from "./events.ts";
import { durableLogger, type Facts, type Log, openLog, type WriteLine, withFacts, writeToStdout } from "./log.ts";
import { type Count, writeCount } from "./metrics.ts";
import { reportError } from "./report-error.ts";

/** One verb: an event becomes one operation. */
export interface Verb<Event, Invocation, Result> {
  readonly event: z.ZodMiniType<Event>;
  /** What finds all lines of one release, one run, one point. */
  readonly facts: (event: Event) => Facts;
  readonly run: (event: Event, call: Call<Invocation>) => Promise<Result>;
  /** What the result counts as. */
  readonly counts?: (result: Result) => readonly Count[];
}

/** What a verb may use besides its event. */
export interface Call<Invocation> {
  readonly context: Invocation;
  /** Does not repeat itself on a replay. */
  readonly log: Log;
}

/** Where a function runs. Tests give their own. */
export interface Surroundings {
  readonly write: WriteLine;
  readonly now: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const LAMBDA: Surroundings = { write: writeToStdout, now: () => machineClock.now(), env: process.env };

/** What Lambda calls. */
export type PlainHandler<Result> = (event: unknown, context: Context) => Promise<Result>;

/** A function that ends with its invocation. */
export const plainHandler = <Event, Result>(
  verb: Verb<Event, Context, Result>,
  where: Surroundings = LAMBDA,
): PlainHandler<Result> => {
  const stack = layersOf(verb, where, (context) => {
    const log = openLog(where.write, factsOf(where, context));
    return { log, whole: log };
  });
  return wrapped({ timeoutEarlyInMillis: 0 })
    .use(stack.layers)
    .handler(stack.run as never) as PlainHandler<Result>;
};

/**
 * A function that outlasts its invocations. All layers run again on every replay: what they do before the verb has no
 * effect but lines of the log, and those the durable SDK holds back on a replay. What they do after it happens once, because
 * only the last invocation gets there.
 *
 * `timeoutEarlyInMillis: 0`, here above all: middy's own early timeout would end the execution as failed, where Lambda's
 * timeout only ends the invocation.
 */
export const durableHandler = <Event, Result>(
  verb: Verb<Event, DurableContext, Result>,
  executionMode: PluginExecutionMode,
  where: Surroundings = LAMBDA,
): DurableLambdaHandler => {
  const stack = layersOf(verb, where, (context) => {
    const { durableExecutionArn } = context.executionContext;
    const whole = openLog(where.write, { ...factsOf(where, context.lambdaContext), execution: durableExecutionArn });
    context.configureLogger({ customLogger: durableLogger(whole), modeAware: true });
    return { log: context.logger, whole };
  });
  const handler: unknown = wrapped({ executionMode, timeoutEarlyInMillis: 0 })
    .use(stack.layers)
    .handler(stack.run as never);
  return handler as DurableLambdaHandler;
};

/** The logs of an invocation: one for what happens in it, one for how the whole ends. */
interface Logs {
  readonly log: Log;
  readonly whole: Log;
}

const layersOf = <Event, Invocation extends object, Result>(
  verb: Verb<Event, Invocation, Result>,
  where: Surroundings,
  openLogs: (context: Invocation) => Logs,
) => {
  type Request = { event: unknown; context: Invocation; response: Result; error: unknown };
  const open = new WeakMap<Invocation, Logs>();
  const logsOf = (context: Invocation): Logs => open.get(context) as Logs;

  const correlation = {
    before({ context }: Request) {
      open.set(context, openLogs(context));
    },
  };
  const validation = {
    before(request: Request) {
      const event = readEvent(verb.event, request.event);
      const facts = verb.facts(event);
      const { log, whole } = logsOf(request.context);
      open.set(request.context, { log: withFacts(log, facts), whole: withFacts(whole, facts) });
      request.event = event;
    },
  };
  const outcome = {
    before({ context }: Request) {
      logsOf(context).log.info("begun");
    },
    after({ context, response }: Request) {
      for (const count of verb.counts?.(response) ?? [])
        writeCount(where.write, where.now(), where.env[STACK_ENV.stack] ?? "", count);
      logsOf(context).whole.info("done");
    },
  };
  const errors = {
    onError(request: Request) {
      request.error = reportError(logsOf(request.context).whole, request.error);
    },
  };
  const run = (event: Event, context: Invocation): Promise<Result> =>
    verb.run(event, { context, log: logsOf(context).log });
  return { layers: [errors, correlation, validation, outcome] as unknown as MiddlewareObj[], run };
};

/** What finds all lines of one request, and of everything that it set off. */
const factsOf = (
  { env }: Surroundings,
  { functionName, functionVersion, awsRequestId }: Partial<Context> = {},
): Facts => ({
  stack: env[STACK_ENV.stack],
  function: functionName,
  version: functionVersion,
  requestId: awsRequestId,
  traceId: /Root=([^;]+)/.exec(env["_X_AMZN_TRACE_ID"] ?? "")?.[1],
});
