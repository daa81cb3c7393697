import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { CheckpointDurableExecutionRequest } from "@aws/durable-execution-sdk-js";
import type { Verb } from "../../../lib/cdk/bundle.ts";
import type { Emulator } from "../emulator.ts";
import type { Deployment } from "./deployment.ts";
import { DurableFunctions, type Execution } from "./durable-functions.ts";
import { Environments, FunctionFailed } from "./environments.ts";
import { type Act, actOf } from "./rights.ts";

/** A request that a function makes of AWS. */
export interface Asked {
  readonly verb: Verb;
  readonly event: unknown;
  /** `PUT /bucket/name`, or `POST TrentService.Sign`. */
  readonly what: string;
  /** What the function's role must allow for it; undefined if nobody here can tell. */
  readonly act: Act | undefined;
}

export interface Front extends AsyncDisposable {
  /** For all services, Lambda too. */
  readonly endpoint: string;
  readonly functions: DurableFunctions;
  readonly environments: Environments;
  /** What functions asked for, in order. */
  readonly asked: readonly Asked[];
  /** The process of a function dies when it asks for this: before AWS hears of it, or when it is done and not yet answered. */
  kill(when: "before" | "after", matches: (asked: Asked) => boolean): { readonly happened: boolean };
}

interface Kill {
  readonly when: "before" | "after";
  readonly matches: (asked: Asked) => boolean;
  happened: boolean;
}

/**
 * What a stack's functions and its owner's command line see as AWS: the emulator, and before it Lambda with its durable
 * functions, which no emulator has.
 * @param variables  in place of those that the stack gave under these names
 */
export async function openFront(
  emulator: Emulator,
  stack: Deployment,
  variables: Readonly<Record<string, string>>,
): Promise<Front> {
  const asked: Asked[] = [];
  const kills: Kill[] = [];
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const environments = new Environments(stack.functions, {
    ...emulator.environment,
    ...variables,
    AWS_ENDPOINT_URL: endpoint,
  });
  const functions = new DurableFunctions(stack.functions, environments);
  const lambda = new LambdaApi(stack, functions, environments);

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await buffer(incoming);
    if (await lambda.answers(incoming, body, outgoing)) return;
    const call = environments.callOf(accessKeyOf(incoming));
    if (call === undefined) return forward(emulator.endpoint, incoming, body, outgoing);
    const { method = "", url = "" } = incoming;
    const path = url.split("?")[0] as string;
    const target = incoming.headers["x-amz-target"]?.toString();
    const act = actOf({ method, path, target, body }, emulator);
    const one = { verb: call.verb, event: call.event, what: `${method} ${target ?? path}`, act };
    asked.push(one);
    const kill = kills.find(({ happened, matches }) => !happened && matches(one));
    if (kill !== undefined) kill.happened = true;
    if (kill?.when === "before") return call.kill();
    await forward(emulator.endpoint, incoming, body, outgoing, kill && (() => call.kill()));
  };

  return {
    endpoint,
    functions,
    environments,
    asked,
    kill(when, matches) {
      const kill = { when, matches, happened: false };
      kills.push(kill);
      return kill;
    },
    async [Symbol.asyncDispose]() {
      await environments[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}

const accessKeyOf = ({ headers }: IncomingMessage): string =>
  /Credential=([^/]+)\//.exec(headers.authorization ?? "")?.[1] ?? "";

const forward = async (
  endpoint: string,
  incoming: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
  instead?: () => void,
): Promise<void> => {
  const { method, headers } = incoming;
  const outer = request(new URL(incoming.url ?? "/", endpoint), { method, headers });
  outer.end(body);
  const [answered] = (await once(outer, "response")) as [IncomingMessage];
  const bytes = await buffer(answered);
  if (instead !== undefined) return instead();
  outgoing.writeHead(answered.statusCode ?? 500, answered.headers).end(bytes);
};

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
const LIST = /^\/2025-12-01\/functions\/([^/]+)\/durable-executions$/;
const CHECKPOINT = /^\/2025-12-01\/durable-executions\/([^/]+)\/checkpoint$/;
const GET = /^\/2025-12-01\/durable-executions\/([^/]+)$/;

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html and those of durable executions */
class LambdaApi {
  readonly #stack: Deployment;
  readonly #functions: DurableFunctions;
  readonly #environments: Environments;

  constructor(stack: Deployment, functions: DurableFunctions, environments: Environments) {
    this.#stack = stack;
    this.#functions = functions;
    this.#environments = environments;
  }

  /** @returns whether the request was one of these */
  async answers(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): Promise<boolean> {
    const url = new URL(incoming.url ?? "/", "http://lambda");
    const named = (pattern: RegExp): string | undefined => {
      const [, name] = pattern.exec(url.pathname) ?? [];
      return name === undefined ? undefined : decodeURIComponent(name);
    };
    const [invoked, listed, checkpointed, got] = [INVOKE, LIST, CHECKPOINT, GET].map(named);
    if (checkpointed !== undefined) {
      const request = JSON.parse(body.toString()) as CheckpointDurableExecutionRequest;
      send(outgoing, 200, await this.#functions.checkpoint(checkpointed, request));
    } else if (invoked !== undefined) await this.#invoke(invoked, incoming, body, outgoing);
    else if (listed !== undefined) this.#list(listed, url.searchParams, outgoing);
    else if (got !== undefined) this.#get(got, outgoing);
    else return false;
    return true;
  }

  async #invoke(arn: string, { headers }: IncomingMessage, body: Buffer, outgoing: ServerResponse): Promise<void> {
    const durable = this.#functions.verbOf(arn);
    const name = headers["x-amz-durable-execution-name"];
    if (durable !== undefined && typeof name === "string") {
      const execution = this.#functions.start(durable, arn, name, body.toString());
      if (execution.input !== body.toString())
        return refuse(outgoing, 409, "DurableExecutionAlreadyStartedException", `${name} has another input`);
      outgoing.setHeader("x-amz-durable-execution-arn", execution.arn);
      outgoing.writeHead(202).end();
      return;
    }
    const plain = Object.entries(this.#stack.functions).find(([, one]) => arn === one.arn)?.[0] as Verb | undefined;
    if (plain === undefined) return refuse(outgoing, 404, "ResourceNotFoundException", `Function not found: ${arn}`);
    try {
      send(outgoing, 200, await this.#environments.call(plain, JSON.parse(body.toString())));
    } catch (error) {
      if (!(error instanceof FunctionFailed)) throw error;
      outgoing.setHeader("x-amz-function-error", "Unhandled");
      send(outgoing, 200, { errorType: error.name, errorMessage: error.message });
    }
  }

  #list(functionArn: string, asked: URLSearchParams, outgoing: ServerResponse): void {
    const qualified = `${functionArn}:${asked.get("Qualifier")}`;
    if (this.#functions.verbOf(qualified) === undefined)
      return refuse(outgoing, 404, "ResourceNotFoundException", `Function not found: ${qualified}`);
    const found = this.#functions.find(qualified, asked.get("DurableExecutionName") ?? "");
    send(outgoing, 200, { DurableExecutions: found === undefined ? [] : [factsOf(found)] });
  }

  #get(arn: string, outgoing: ServerResponse): void {
    const execution = this.#functions.executions.get(arn);
    if (execution === undefined) return refuse(outgoing, 404, "ResourceNotFoundException", `no execution ${arn}`);
    const { output, input } = execution;
    const { Result, Error } = (output ?? {}) as { readonly Result?: string; readonly Error?: object };
    send(outgoing, 200, { ...factsOf(execution), InputPayload: input, Result, Error });
  }
}

const factsOf = ({ arn, name, functionArn, status, startedAt }: Execution) => ({
  DurableExecutionArn: arn,
  DurableExecutionName: name,
  FunctionArn: functionArn,
  Status: status,
  StartTimestamp: startedAt,
});

const refuse = (outgoing: ServerResponse, status: number, type: string, Message: string): void => {
  outgoing.setHeader("x-amzn-errortype", type);
  send(outgoing, status, { Type: "User", Message });
};

const send = (outgoing: ServerResponse, status: number, body: unknown): void => {
  outgoing.writeHead(status, { "content-type": "application/json" }).end(onTheWire(body));
};

/** JSON with instants as the protocol has them: seconds since 1970. */
const onTheWire = (body: unknown): string =>
  JSON.stringify(body, function (this: Record<string, unknown>, key, value: unknown) {
    const before = this[key];
    return before instanceof Date ? before.getTime() / 1000 : value;
  });
