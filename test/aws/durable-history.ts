import type { ErrorObject, Operation, OperationUpdate } from "@aws/durable-execution-sdk-js";

/** What the service refuses. @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LIMITS = { operations: 3000, payloadBytes: 1024 * 1024, writtenBytes: 100 * 1024 * 1024 };

const NAME = /^[\x20-\x7e]{1,256}$/;
const ENDED: ReadonlySet<string | undefined> = new Set(["SUCCEEDED", "FAILED"]);

/** The operations of one execution as Lambda keeps them: the states they pass, what they count for, and when timers end. */
export class DurableHistory {
  readonly startedAt = Date.UTC(2026, 0, 1);
  now = this.startedAt;
  /** As the documentation counts: with retries, looks, calls and repeated invocations. */
  counted = 1;
  #written = 0;
  readonly #operations = new Map<string, Operation>();
  readonly #changed = new Set<string>();

  constructor(input: unknown) {
    this.#set({
      Id: "execution",
      Type: "EXECUTION",
      StartTimestamp: new Date(this.now),
      Status: "STARTED",
      ExecutionDetails: { InputPayload: JSON.stringify(input) },
    });
  }

  get operations(): readonly Operation[] {
    return [...this.#operations.values()];
  }

  /** What a new invocation is given: not what rests within a context that has ended. */
  kept(): Operation[] {
    return this.operations.filter((operation) => {
      for (let parent = this.#operations.get(operation.ParentId ?? ""); parent !== undefined; ) {
        if (ENDED.has(parent.Status) && parent.ContextDetails?.ReplayChildren !== true) return false;
        parent = this.#operations.get(parent.ParentId ?? "");
      }
      return true;
    });
  }

  /** What has changed since this was asked last. */
  changes(): Operation[] {
    const changed = this.operations.filter(({ Id }) => this.#changed.has(Id ?? ""));
    this.#changed.clear();
    return changed;
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0;
  }

  /** @throws what the service answers to an update that it does not take */
  apply(update: OperationUpdate): void {
    const { Id: id = "", Name, ParentId, Type, SubType, Action } = update;
    const before = this.#operations.get(id);
    if (before !== undefined && ENDED.has(before.Status)) throw new Error(`operation ${Name} has ended already`);
    if (Name !== undefined && !NAME.test(Name)) throw new Error(`${Name} is no name for an operation`);
    this.#write(update);
    // A retry counts; so does each look of a poll, the last one too.
    if (before === undefined || Action === "RETRY") this.count();
    if (SubType === "WaitForCondition" && (Action === "SUCCEED" || Action === "FAIL")) this.count();
    const after: Operation = before ?? {
      Id: id,
      Name,
      ParentId,
      Type,
      SubType,
      StartTimestamp: this.#date(),
      Status: "STARTED",
    };
    switch (`${Type} ${Action}`) {
      case "STEP START":
        if (before !== undefined && before.Status !== "READY")
          throw new Error(`step ${Name} starts from ${before.Status}`);
        return this.#set({ ...after, Status: "STARTED" });
      case "STEP RETRY":
        return this.#set({
          ...after,
          Status: "PENDING",
          StepDetails: {
            Attempt: (before?.StepDetails?.Attempt ?? 0) + 1,
            NextAttemptTimestamp: this.#date(update.StepOptions?.NextAttemptDelaySeconds),
            Result: update.Payload,
          },
        });
      case "STEP SUCCEED":
      case "STEP FAIL":
        return this.#end(after, "StepDetails", update, after.StepDetails);
      case "CONTEXT START":
      case "CHAINED_INVOKE START":
        return this.#set(after);
      case "CONTEXT SUCCEED":
      case "CONTEXT FAIL":
        return this.#end(after, "ContextDetails", update, update.ContextOptions);
      case "WAIT START":
        return this.#set({
          ...after,
          WaitDetails: { ScheduledEndTimestamp: this.#date(update.WaitOptions?.WaitSeconds) },
        });
      default:
        throw new Error(`the service knows no ${Action} of a ${Type}`);
    }
  }

  /** Ends a call of another function. */
  answer(id: string, answer: { readonly Payload: string } | { readonly Error: ErrorObject }): void {
    const operation = this.#operations.get(id);
    if (operation === undefined) throw new Error(`there is no call ${id}`);
    const Action = "Payload" in answer ? "SUCCEED" : "FAIL";
    this.#end(operation, "ChainedInvokeDetails", { Id: id, Type: "CHAINED_INVOKE", Action, ...answer });
  }

  /** Lets time pass until the next timer ends. @returns whether there was one */
  passTime(): boolean {
    const timers = this.operations.flatMap((operation) => {
      const until = timerOf(operation);
      return until === undefined ? [] : [{ operation, until: until.getTime() }];
    });
    const next = Math.min(...timers.map(({ until }) => until));
    if (next === Infinity) return false;
    this.now = Math.max(this.now, next);
    for (const { operation, until } of timers) {
      if (until <= this.now) this.#set({ ...operation, Status: operation.Type === "WAIT" ? "SUCCEEDED" : "READY" });
    }
    return true;
  }

  count(): void {
    this.counted += 1;
    if (this.counted > LIMITS.operations) throw new Error("the execution has more than 3000 operations");
  }

  #write(update: OperationUpdate): void {
    const bytes = Buffer.byteLength(update.Payload ?? "");
    this.#written += bytes;
    if (bytes > LIMITS.payloadBytes) throw new Error(`${update.Name} has a payload of ${bytes} bytes`);
    if (this.#written > LIMITS.writtenBytes) throw new Error("the execution has written more than 100 MB");
  }

  #end(
    operation: Operation,
    details: "StepDetails" | "ContextDetails" | "ChainedInvokeDetails",
    { Action, Payload, Error: error }: OperationUpdate,
    more: object = {},
  ): void {
    const status = Action === "SUCCEED" ? "SUCCEEDED" : "FAILED";
    this.#set({
      ...operation,
      Status: status,
      EndTimestamp: this.#date(),
      [details]: { ...more, Result: Payload, Error: error },
    });
  }

  #set(operation: Operation): void {
    this.#operations.set(operation.Id ?? "", operation);
    this.#changed.add(operation.Id ?? "");
  }

  #date(inSeconds = 0): Date {
    return new Date(this.now + inSeconds * 1000);
  }
}

const timerOf = ({ Type, Status, StepDetails, WaitDetails }: Operation): Date | undefined => {
  if (Type === "WAIT" && Status === "STARTED") return WaitDetails?.ScheduledEndTimestamp;
  if (Type === "STEP" && Status === "PENDING") return StepDetails?.NextAttemptTimestamp;
  return undefined;
};
