import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Verb } from "../../../lib/cdk/bundle.ts";
import type { DeployedFunction } from "./deployment.ts";
import type { Answered, Served } from "./lambda-process.ts";

const PROGRAM = join(import.meta.dirname, "lambda-process.ts");

/** A call of a function that is under way. */
export interface FunctionCall {
  readonly verb: Verb;
  readonly event: unknown;
  /** Ends the process that serves it, at once. */
  kill(): void;
}

/** What Lambda reports of a function that threw, or whose process ended. */
export class FunctionFailed extends Error {
  constructor(type: string, message: string) {
    super(message);
    this.name = type;
  }
}

/**
 * Runs functions as Lambda does: a process for each call that is under way at one time, kept for later calls of the same
 * function. A process has the variables of its function, those by which the SDK finds the emulator, and no other.
 */
export class Environments implements AsyncDisposable {
  /** Lines of the functions' logs that are JSON, as all are. */
  readonly lines: Record<string, unknown>[] = [];
  readonly #functions: Readonly<Record<Verb, DeployedFunction>>;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #idle = new Map<Verb, Environment[]>();
  readonly #all = new Set<Environment>();
  #requests = 0;

  /** @param variables  given to every function, in place of those that the stack gave under these names */
  constructor(functions: Readonly<Record<Verb, DeployedFunction>>, variables: Readonly<Record<string, string>>) {
    this.#functions = functions;
    this.#variables = variables;
  }

  /** @throws FunctionFailed */
  async call(
    verb: Verb,
    event: unknown,
    { remainingMs = 900_000, begun }: { remainingMs?: number; begun?: (call: FunctionCall) => void } = {},
  ): Promise<unknown> {
    const environment = this.#idle.get(verb)?.pop() ?? (await this.#start(verb));
    const requestId = `request-${++this.#requests}`;
    environment.call = { verb, event, kill: () => environment.kill() };
    begun?.(environment.call);
    const answer = await environment.serve({ event, requestId, functionName: verb, remainingMs });
    environment.call = undefined;
    if (environment.alive) this.#idle.set(verb, [...(this.#idle.get(verb) ?? []), environment]);
    if ("result" in answer) return answer.result;
    throw new FunctionFailed(answer.error.name, answer.error.message);
  }

  /** Whose call it is that signs with this access key. */
  callOf(accessKey: string): FunctionCall | undefined {
    return [...this.#all].find((environment) => environment.accessKey === accessKey)?.call;
  }

  /** Lets no process go on: later calls begin in new ones, as after a deployment or a quiet hour. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((environment) => environment.end()));
  }

  async #start(verb: Verb): Promise<Environment> {
    const { environment: told, file } = this.#functions[verb];
    const own = Object.keys(told).filter((name) => name in this.#variables);
    const replaced = Object.fromEntries(own.map((name) => [name, this.#variables[name]]));
    const others = Object.entries(this.#variables).filter(([name]) => name.startsWith("AWS_"));
    const accessKey = `AKIAFUNCTION${String(this.#all.size).padStart(8, "0")}`;
    const env = { ...told, ...replaced, ...Object.fromEntries(others), AWS_ACCESS_KEY_ID: accessKey };
    const environment = new Environment(file, env, accessKey, (line) =>
      this.lines.push(JSON.parse(line) as Record<string, unknown>),
    );
    this.#all.add(environment);
    await environment.ready;
    return environment;
  }
}

class Environment {
  readonly accessKey: string;
  readonly ready: Promise<unknown>;
  call: FunctionCall | undefined;
  readonly #child: ChildProcess;

  constructor(file: string, env: NodeJS.ProcessEnv, accessKey: string, onLine: (line: string) => void) {
    this.accessKey = accessKey;
    this.#child = fork(PROGRAM, [file], { env, execArgv: [], stdio: ["ignore", "pipe", "inherit", "ipc"] });
    if (this.#child.stdout !== null) createInterface(this.#child.stdout).on("line", onLine);
    this.ready = once(this.#child, "message");
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected;
  }

  serve(served: Served): Promise<Answered> {
    return new Promise((resolve) => {
      const ended = (): void => resolve({ error: { name: "Runtime.ExitError", message: "the process ended" } });
      this.#child.once("exit", ended);
      this.#child.once("message", (answer: Answered) => {
        this.#child.off("exit", ended);
        resolve(answer);
      });
      this.#child.send(served);
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async end(): Promise<void> {
    if (!this.alive) return;
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}
