import {
  type CheckpointDurableExecutionRequest,
  type DurableExecutionClient,
  type DurableExecutionInvocationInputWithClient,
  type DurableExecutionInvocationOutput,
  type DurableLambdaHandler,
  InvocationStatus,
} from "@aws/durable-execution-sdk-js";
import type { Verb } from "../../../lib/cdk/bundle.ts";
import { type Death, executeDurably } from "../durable-service.ts";
import type { DeployedFunction } from "./deployment.ts";
import type { Environments, FunctionCall } from "./environments.ts";

export type Dies = (checkpoint: number, ofInvocation: number) => Death;

/** An execution as Lambda tells of it. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly functionArn: string;
  readonly input: string;
  readonly startedAt: Date;
  status: "RUNNING" | "SUCCEEDED" | "FAILED";
  output?: DurableExecutionInvocationOutput;
  /** Invocations it took, checkpoints it made, operations it counts as. */
  cost?: { readonly invocations: number; readonly checkpoints: number; readonly operations: number };
  /** Whoever serves its newest invocation calls this one. */
  client?: DurableExecutionClient;
  ended: Promise<void>;
}

const DURABLE: readonly Verb[] = ["release-snapshot", "hot-copy"];

/** The executions of the durable functions of a stack, whose invocations run as processes of their bundles. */
export class DurableFunctions {
  readonly executions = new Map<string, Execution>();
  readonly #functions: Readonly<Record<Verb, DeployedFunction>>;
  readonly #environments: Environments;
  /** Which of the next execution's processes die. */
  dies: Dies = () => undefined;

  constructor(functions: Readonly<Record<Verb, DeployedFunction>>, environments: Environments) {
    this.#functions = functions;
    this.#environments = environments;
  }

  /** Undefined for a function that is not durable, and for one that is not there. */
  verbOf(qualifiedArn: string): Verb | undefined {
    return DURABLE.find((verb) => qualifiedArn.startsWith(`${this.#functions[verb].arn}:`));
  }

  /** Starts an execution, or finds the one of the same name. */
  start(verb: Verb, functionArn: string, name: string, input: string): Execution {
    const arn = `${this.#functions[verb].arn}:1/durable-execution/${name}/${this.executions.size + 1}`;
    const found = this.find(functionArn, name);
    if (found !== undefined) return found;
    const startedAt = new Date();
    const execution: Execution = {
      arn,
      name,
      functionArn,
      input,
      startedAt,
      status: "RUNNING",
      ended: Promise.resolve(),
    };
    this.executions.set(arn, execution);
    execution.ended = this.#run(verb, execution, this.dies);
    this.dies = () => undefined;
    return execution;
  }

  find(functionArn: string, name: string): Execution | undefined {
    return [...this.executions.values()].find((one) => one.functionArn === functionArn && one.name === name);
  }

  async checkpoint(arn: string, request: CheckpointDurableExecutionRequest): Promise<unknown> {
    return this.executions.get(arn)?.client?.checkpoint(request);
  }

  async #run(verb: Verb, execution: Execution, dies: Dies): Promise<void> {
    let serving: FunctionCall | undefined;
    const handler = async (event: DurableExecutionInvocationInputWithClient): Promise<unknown> => {
      execution.client = event.durableExecutionClient;
      const { CheckpointToken, InitialExecutionState } = event;
      const invocation = { DurableExecutionArn: execution.arn, CheckpointToken, InitialExecutionState };
      const begun = (call: FunctionCall): void => {
        serving = call;
      };
      // No time is left to wait in the process, so that every pause ends the invocation and the next one replays.
      return this.#environments.call(verb, invocation, { remainingMs: 0, begun });
    };
    const end = await executeDurably(handler as unknown as DurableLambdaHandler, {
      input: JSON.parse(execution.input),
      functions: this.#workers(),
      dies(checkpoint, ofInvocation) {
        const death = dies(checkpoint, ofInvocation);
        if (death !== undefined) serving?.kill();
        return death;
      },
    });
    execution.output = end.output;
    execution.status = end.output.Status === InvocationStatus.SUCCEEDED ? "SUCCEEDED" : "FAILED";
    execution.cost = {
      invocations: end.invocations,
      checkpoints: end.checkpoints,
      operations: end.history.counted,
    };
  }

  /** Workers by the versions that workflows call. */
  #workers(): Record<string, (event: unknown) => Promise<unknown>> {
    const workers = ["capture-worker", "point-reader"] as const;
    const calls = workers.map((verb) => [
      `${this.#functions[verb].arn}:1`,
      (event: unknown) => this.#environments.call(verb, event),
    ]);
    return Object.fromEntries(calls) as Record<string, (event: unknown) => Promise<unknown>>;
  }
}
