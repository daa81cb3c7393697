import { openInProcessWorkflow } from "../../lib/local/in-process-workflow.ts";
import type { Clock } from "../../lib/ports/clock.ts";
import type { Pace, Plain, Workflow } from "../../lib/ports/workflow.ts";

/** What was kept of each operation, in the order in which they began. A poll that saw nothing keeps `undefined`. */
export type Journal = readonly (readonly [name: string, kept: Plain | undefined])[];

/** A workflow in this process that counts its durable operations and can begin with the journal of a run that died. */
export class CountedWorkflow implements Workflow {
  readonly #workflow: Workflow;
  readonly #past: Journal;
  readonly #journal: [string, Plain | undefined][] = [];
  /** A step is one operation and one for each time it is tried again, a wait one, a poll one and one for each look. */
  operations = 0;

  constructor(clock: Clock, past: Journal = []) {
    this.#workflow = openInProcessWorkflow({ clock });
    this.#past = past;
  }

  get journal(): Journal {
    return this.#journal;
  }

  step<T extends Plain>(name: string, act: () => Promise<T>): Promise<T> {
    return this.#kept(name, () => this.#workflow.step(name, this.#counted(act)));
  }

  wait(name: string, ms: number): Promise<void> {
    this.operations += 1;
    return this.#kept(name, () => this.#workflow.wait(name, ms));
  }

  poll<T extends Plain>(name: string, look: () => Promise<T | undefined>, pace: Pace): Promise<T | undefined> {
    this.operations += 1;
    return this.#kept(name, () => this.#workflow.poll(name, this.#counted(look), pace));
  }

  together(name: string): Promise<never> {
    return Promise.reject(new TypeError(`${name} does not belong into one snapshot`));
  }

  runWorkers(name: string): Promise<never> {
    return Promise.reject(new TypeError(`${name} does not belong into one snapshot`));
  }

  approve(name: string): Promise<never> {
    return Promise.reject(new TypeError(`${name} does not belong into one snapshot`));
  }

  #counted<T>(act: () => Promise<T>): () => Promise<T> {
    return () => {
      this.operations += 1;
      return act();
    };
  }

  async #kept<T extends Plain | undefined | void>(name: string, run: () => Promise<T>): Promise<T> {
    const place = this.#journal.length;
    const past = this.#past[place];
    if (past !== undefined && past[0] !== name)
      throw new TypeError(`operation ${place} was ${past[0]}, is now ${name}`);
    const entry: [string, Plain | undefined] = [name, undefined];
    this.#journal.push(entry);
    const kept = past === undefined ? await run() : (past[1] as T);
    entry[1] = kept as Plain | undefined;
    return kept;
  }
}
