import {
  type Execution,
  GetDurableExecutionCommand,
  type GetDurableExecutionResponse,
  type LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from "@aws-sdk/client-lambda";
import { ERRORS, type ErrorCode, Failure } from "../model/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Plain } from "../ports/workflow.ts";
import type { CalledAct, WorkflowCaller } from "../ports/workflow-caller.ts";
import { cloudErrorName, cloudFailure } from "./cloud-failure.ts";
import { namedExecution } from "./durable-invoke.ts";

const NAME = /^[A-Za-z0-9_-]{1,60}$/;
const LOOK_MS = 2_000;
/** Lambda answers 30 such questions a second in all, and a release is waited for by more than one pipeline. */
const LOOK_MS_MAX = 10_000;
/** Tries of one name. Whoever has come so far does not need another one. */
const TRIES_MAX = 99;

/**
 * Calls one durable function. Executions of one name are tries of one act: `<name>`, `<name>-2`, ...; a later one is begun
 * only when the one before has failed.
 * @param functionArn  with its alias
 */
export const durableCaller = (client: LambdaClient, functionArn: string, clock: Clock): WorkflowCaller => ({
  async call(name, input, waiting, signal) {
    if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} cannot be the name of an act`);
    const lambda = new DurableFunction(client, functionArn);
    const { arn, act } = await lambda.findOrStart(name, input, clock.now());
    for (let pauseMs = LOOK_MS; ; pauseMs = Math.min(LOOK_MS_MAX, pauseMs * 1.5)) {
      signal.throwIfAborted();
      const execution = await lambda.look(arn);
      if (execution.Status === "SUCCEEDED") return resultOf(execution);
      if (execution.Status !== "RUNNING") throw failureOf(execution, act);
      waiting(act);
      await clock.sleep(pauseMs, signal);
    }
  },
});

class DurableFunction {
  readonly #client: LambdaClient;
  readonly #arn: string;

  constructor(client: LambdaClient, arn: string) {
    this.#client = client;
    this.#arn = arn;
  }

  async findOrStart(
    name: string,
    input: Plain,
    now: number,
  ): Promise<{ readonly arn: string; readonly act: CalledAct }> {
    for (let number = 1; number <= TRIES_MAX; number++) {
      const tried = number === 1 ? name : `${name}-${number}`;
      const found = await this.#find(tried);
      if (found === undefined) return { arn: await this.#start(tried, input), act: { name: tried, startedAt: now } };
      if (found.Status === "RUNNING" || found.Status === "SUCCEEDED") {
        const startedAt = found.StartTimestamp?.getTime() ?? now;
        return { arn: found.DurableExecutionArn as string, act: { name: tried, startedAt } };
      }
    }
    throw new Failure("WORKER_LOST", `${name} has failed ${TRIES_MAX} times`);
  }

  async #find(name: string): Promise<Execution | undefined> {
    const { functionName, qualifier } = partsOf(this.#arn);
    try {
      const { DurableExecutions: found } = await this.#client.send(
        new ListDurableExecutionsByFunctionCommand({
          FunctionName: functionName,
          Qualifier: qualifier,
          DurableExecutionName: name,
        }),
      );
      return found?.find((execution) => execution.DurableExecutionName === name);
    } catch (error) {
      throw this.#failure(error, `ask for ${name} by lambda:ListDurableExecutionsByFunction of ${this.#arn}`);
    }
  }

  async #start(name: string, input: Plain): Promise<string> {
    const doing = `start ${name} by lambda:InvokeFunction of ${this.#arn}`;
    try {
      const { DurableExecutionArn: arn } = await this.#client.send(namedExecution(this.#arn, name, input));
      if (arn !== undefined) return arn;
    } catch (error) {
      throw this.#failure(error, doing);
    }
    throw new Failure("STACK_INVALID", `could not ${doing}: it is no durable function`);
  }

  async look(executionArn: string): Promise<GetDurableExecutionResponse> {
    try {
      return await this.#client.send(
        new GetDurableExecutionCommand({ DurableExecutionArn: executionArn, IncludeExecutionData: true }),
      );
    } catch (error) {
      throw this.#failure(error, `ask how far it is by lambda:GetDurableExecution of ${executionArn}`);
    }
  }

  #failure(error: unknown, doing: string): Failure {
    if (cloudErrorName(error) === "ResourceNotFoundException")
      return new Failure("STACK_INVALID", `could not ${doing}: there is no such function`, { cause: error });
    return cloudFailure(error, doing);
  }
}

/** `arn:aws:lambda:eu-west-1:1:function:name:live`: the list takes name and alias apart. */
const partsOf = (arn: string): { readonly functionName: string; readonly qualifier: string | undefined } => {
  const parts = arn.split(":");
  return parts.length === 8
    ? { functionName: parts.slice(0, 7).join(":"), qualifier: parts[7] }
    : { functionName: arn, qualifier: undefined };
};

const resultOf = ({ Result: result }: GetDurableExecutionResponse): Plain =>
  result === undefined ? null : (JSON.parse(result) as Plain);

/** What the function reported (lambdas/report-error.ts): the type is the code, the message JSON of the rest. */
const failureOf = ({ Status: status, Error: error }: GetDurableExecutionResponse, { name }: CalledAct): Failure => {
  const { ErrorType: type = "", ErrorMessage: text = "" } = error ?? {};
  if (Object.hasOwn(ERRORS, type)) {
    const reported = reportedIn(text);
    if (reported !== undefined) {
      const { message, hint, facts } = reported;
      return new Failure(type as ErrorCode, message, { hint, facts });
    }
  }
  return new Failure(
    "WORKER_LOST",
    `execution ${name} ended as ${status ?? "unknown"}${type === "" ? "" : `: ${type}`}`,
  );
};

interface Reported {
  readonly message: string;
  readonly hint?: string;
  readonly facts?: Failure["facts"];
}

const reportedIn = (text: string): Reported | undefined => {
  try {
    const value = JSON.parse(text) as Partial<Reported> | null;
    return typeof value?.message === "string" ? (value as Reported) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};
