import { type ErrorCode, Failure, isFailure } from "../model/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { decodeDocument, encodeDocument } from "./document.ts";

/**
 * The board of a run: how the machines of one capture talk to each other, through create-only objects below
 * `work/<run>/` in the hot store. FORMAT.md section 14 gives the names, decisions/0017 the reasons.
 *
 * A *run* is one capture that is wanted, however often it is tried. An *attempt* is one try, with a point's id of its own;
 * at most one attempt of a run ever has a point. A *take* is one snapshot of an attempt, a *round* some tasks of a take. A
 * *series* is one execution of the workflow: two triggers of the same run are two series.
 */
const FORMAT = 1;
const ROOT = "work/";
const RUN = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,199}$/;
const ATTEMPT = /^([0-9]{6})\.json$/;
const TAKE = /^([0-9]{2})\.json$/;
const ROUND = /^([0-9]{2})\.([0-9]{2})\.(.+)$/;
const TAKES_MAX = 99;

export interface Attempt {
  readonly format: 1;
  readonly kind: "attempt";
  readonly number: number;
  readonly pointId: string;
  readonly series: string;
  readonly startedAt: number;
}

/** What a lane needs to know to join a take; its keys it gets from the key service. */
export interface Take {
  readonly format: 1;
  readonly kind: "take";
  readonly pointId: string;
  readonly number: number;
  readonly token: string;
  readonly classes: readonly string[];
}

export interface RoundName {
  readonly take: number;
  readonly round: number;
  readonly class: string;
  readonly name: string;
}

/** What is on the board of an attempt, by name. */
export interface Posted {
  /** The newest take; 0 before the first. */
  readonly take: number;
  readonly rounds: readonly RoundName[];
  readonly ended: boolean;
}

/** Says why, but no more than that: messages name tables, and this is readable without a key. */
interface End {
  readonly format: 1;
  readonly kind: "end";
  readonly code: ErrorCode | null;
}

export class Board {
  readonly #store: ObjectStore;
  readonly #run: string;

  /** @throws TypeError  the run's name cannot stand in the names of objects */
  constructor(store: ObjectStore, run: string) {
    checkRun(run);
    this.#store = store;
    this.#run = run;
  }

  /** Attempts, oldest first. */
  async attempts(): Promise<readonly Attempt[]> {
    const attempts: Attempt[] = [];
    // Their names alone begin with a zero.
    for await (const { name } of this.#store.list(`${ROOT}${this.#run}/0`)) {
      if (!ATTEMPT.test(name.slice(name.lastIndexOf("/") + 1))) continue;
      const attempt = await this.#read<Attempt>(name);
      if (attempt !== undefined) attempts.push(attempt);
    }
    return attempts;
  }

  /** Writes down an attempt before anything of its point is. @returns whether it is ours: of two with one number one wins */
  async begin(attempt: Omit<Attempt, "format" | "kind">): Promise<boolean> {
    const name = `${ROOT}${this.#run}/${digits(attempt.number, 6)}.json`;
    return this.#write(name, { format: FORMAT, kind: "attempt", ...attempt } satisfies Attempt);
  }

  async posted(pointId: string): Promise<Posted> {
    const rounds: RoundName[] = [];
    let take = 0;
    let ended = false;
    const prefix = this.#board(pointId);
    for await (const { name } of this.#store.list(prefix)) {
      const last = name.slice(prefix.length);
      const [, number] = TAKE.exec(last) ?? [];
      const [, ofTake, round, className] = ROUND.exec(last) ?? [];
      if (last === "ended.json") ended = true;
      else if (number !== undefined) take = Math.max(take, Number(number));
      else if (className !== undefined)
        rounds.push({ take: Number(ofTake), round: Number(round), class: className, name });
    }
    return { take, rounds: rounds.filter((round) => round.take === take), ended };
  }

  async openTake(take: Omit<Take, "format" | "kind" | "number">): Promise<number> {
    for (let number = (await this.posted(take.pointId)).take + 1; number <= TAKES_MAX; number++) {
      const document: Take = { format: FORMAT, kind: "take", number, ...take };
      if (await this.#write(`${this.#board(take.pointId)}${digits(number, 2)}.json`, document)) return number;
    }
    throw new TypeError(`an attempt has more than ${TAKES_MAX} takes`);
  }

  take(pointId: string, number: number): Promise<Take | undefined> {
    return this.#read(`${this.#board(pointId)}${digits(number, 2)}.json`);
  }

  tasksName(pointId: string, take: number, round: number, className: string): string {
    return `${this.#board(pointId)}${digits(take, 2)}.${digits(round, 2)}.${className}`;
  }

  resultsPrefix(pointId: string, take: number): string {
    return `${ROOT}${this.#run}/${pointId}/results/${digits(take, 2)}.`;
  }

  resultName(pointId: string, at: { readonly take: number; readonly round: number; readonly task: number }): string {
    return `${this.resultsPrefix(pointId, at.take)}${digits(at.round, 2)}.${digits(at.task, 6)}`;
  }

  /** Says that an attempt is over: whoever works for it stops. The first to say so is believed. */
  async end(pointId: string, code: ErrorCode | null): Promise<void> {
    await this.#write(`${this.#board(pointId)}ended.json`, endOf(code));
  }

  /** Says that no further attempt of a series will come: its lanes go home. */
  async close(series: string, code: ErrorCode | null): Promise<void> {
    await this.#write(this.#closed(series), endOf(code));
  }

  /** Why a series was closed, null if all was well; undefined if it is not. */
  async closedWith(series: string): Promise<ErrorCode | null | undefined> {
    return (await this.#read<End>(this.#closed(series)))?.code;
  }

  async isClosed(series: string): Promise<boolean> {
    return (await this.#store.head(this.#closed(series))) !== undefined;
  }

  /** @throws CAPTURE_RUNNING  somebody ended the attempt or closed its series */
  async assertWanted(pointId: string, series: string): Promise<void> {
    const ended = await this.#store.head(`${this.#board(pointId)}ended.json`);
    if (ended !== undefined || (await this.isClosed(series)))
      throw new Failure("CAPTURE_RUNNING", `capture ${pointId} was ended by another machine of its run`);
  }

  #closed(series: string): string {
    return `${ROOT}${this.#run}/closed/${series}.json`;
  }

  #board(pointId: string): string {
    return `${ROOT}${this.#run}/${pointId}/board/`;
  }

  async #read<T extends { readonly format: number }>(name: string): Promise<T | undefined> {
    const bytes = await this.#store.get(name);
    return bytes && decodeDocument<T>(name, bytes, FORMAT);
  }

  async #write(name: string, document: object): Promise<boolean> {
    return (await this.#store.put(name, [encodeDocument(document)])) === "created";
  }
}

/** @throws TypeError  the run's name cannot stand in the names of objects */
export const checkRun = (run: string): void => {
  if (!RUN.test(run)) throw new TypeError(`${JSON.stringify(run.slice(0, 80))} is no name of a run: ${RUN.source}`);
};

const digits = (number: number, count: number): string => String(number).padStart(count, "0");

const endOf = (code: ErrorCode | null): End => ({ format: FORMAT, kind: "end", code });

/** What was thrown, as a Failure that can be written down. */
export const failureOf = (error: unknown): Failure =>
  isFailure(error)
    ? error
    : new Failure("BUG", error instanceof Error ? error.message : String(error), { cause: error });

/** What an object below `work/` belongs to. */
export type WorkPlace =
  | { readonly kind: "attempt" }
  | { readonly kind: "closed"; readonly pointId?: undefined }
  | { readonly kind: "point"; readonly pointId: string };

export const workPlace = (name: string): WorkPlace => {
  const [, , first = "", second] = name.split("/");
  if (second === undefined) return { kind: "attempt" };
  return first === "closed" ? { kind: "closed" } : { kind: "point", pointId: first };
};

/** @returns the id of an attempt's point */
export const attemptPoint = async (store: ObjectStore, name: string): Promise<string | undefined> => {
  const bytes = await store.get(name);
  return bytes && decodeDocument<Attempt>(name, bytes, FORMAT).pointId;
};
