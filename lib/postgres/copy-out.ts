import type { Duplex } from "node:stream";
import { Failure } from "../model/errors.ts";
import type { RowFormat } from "../model/table.ts";
import { lendBytes } from "./reading-socket.ts";
import { RowMessages } from "./row-messages.ts";
import { endsSession, sessionFailure } from "./server-failure.ts";
import type { Session, Wire, WireStatement } from "./session.ts";

const READY_FOR_QUERY = 0x5a; // Z
const RUN_BYTES_MAX = 1 << 20; // One network read, or one row, may go beyond it.

export interface CopyOutOptions {
  /** `COPY ... TO STDOUT`, in the format said here. */
  readonly sql: string;
  readonly format: RowFormat;
  /** Columns of every row. */
  readonly columns: number;
  /** For messages, for instance `reading public.orders`. */
  readonly doing: string;
}

/**
 * Runs a COPY TO STDOUT and yields its rows as row frames: whole consecutive CopyData messages, one row each (see
 * RowMessages), in one of two buffers that take turns: what is yielded is overwritten after the next pull.
 *
 * Reading stops while the consumer is slow. A consumer that leaves early cuts the connection: the session is dead then.
 * @throws DATABASE_LOST, DATABASE_FORBIDDEN, DATABASE_ERROR
 */
export async function* copyOut(session: Session, options: CopyOutOptions): AsyncGenerator<Buffer, void, undefined> {
  const statement = new CopyOut(options);
  session.submit(statement);
  try {
    for (;;) {
      const frames = await statement.next();
      if (frames === undefined) return;
      yield frames;
    }
  } finally {
    // Nobody drains the rest of an abandoned COPY, and pg would wait for its end for ever.
    if (!statement.ready) session.destroy();
  }
}

/**
 * Takes pg's place as the reader of the socket while rows flow, because pg makes an object and a copy of every row.
 * Every message that is not CopyData goes on to pg, which so keeps its own state.
 */
class CopyOut implements WireStatement {
  /** Whether the server is ready for the next statement. */
  ready = false;
  readonly #options: CopyOutOptions;
  readonly #messages: RowMessages;
  #stream: Duplex | undefined;
  #pgListeners: ((bytes: Buffer) => void)[] = [];
  /** Filled while the consumer works on `#given`. A buffer for each read would be 3 GB of garbage for 3 GB of rows. */
  #filling: Buffer = Buffer.allocUnsafe(RUN_BYTES_MAX);
  #filledBytes = 0;
  #given: Buffer = Buffer.allocUnsafe(RUN_BYTES_MAX);
  #ended = false;
  #failure: Failure | undefined;
  #wake: (() => void) | undefined;

  constructor(options: CopyOutOptions) {
    this.#options = options;
    this.#messages = new RowMessages({
      format: options.format,
      columns: options.columns,
      onRows: (frames) => this.#fill(frames),
      onOther: (message) => this.#passOn(Buffer.from(message)),
    });
  }

  /** The next run of frames, or undefined after the last. */
  async next(): Promise<Buffer | undefined> {
    while (this.#filledBytes === 0) {
      if (this.#ended && this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const frames = this.#filling.subarray(0, this.#filledBytes);
    // A huge row has its buffer to itself; it must not keep it for the rest of the table.
    const spare = this.#given.length > 2 * RUN_BYTES_MAX ? Buffer.allocUnsafe(RUN_BYTES_MAX) : this.#given;
    this.#given = this.#filling;
    this.#filling = spare;
    this.#filledBytes = 0;
    if (this.#stream?.isPaused() === true) this.#stream.resume();
    return frames;
  }

  #fill(frames: Buffer): void {
    const bytes = this.#filledBytes + frames.length;
    if (bytes > this.#filling.length) {
      const larger = Buffer.allocUnsafe(Math.max(bytes, 2 * this.#filling.length));
      this.#filling.copy(larger, 0, 0, this.#filledBytes);
      this.#filling = larger;
    }
    frames.copy(this.#filling, this.#filledBytes);
    this.#filledBytes = bytes;
  }

  submit(wire: Wire): void {
    const { stream } = wire;
    this.#stream = stream;
    this.#pgListeners = stream.listeners("data") as ((bytes: Buffer) => void)[];
    for (const listener of this.#pgListeners) stream.off("data", listener);
    stream.on("data", this.#onData);
    lendBytes(stream, true);
    stream.once("close", this.#onClose);
    wire.query(this.#options.sql);
  }

  handleError(error: Error): void {
    this.#failure ??= sessionFailure(error, this.#options.doing);
    // After an ordinary error ReadyForQuery follows; wait for it, so that the session can be used again.
    if (endsSession(error)) this.#end();
  }

  handleReadyForQuery(): void {}

  /** The server says how many rows it sent; one that got lost on the way must not go unnoticed. */
  handleCommandComplete({ text }: { readonly text: string }): void {
    const sent = Number(/^COPY (\d+)$/.exec(text)?.[1] ?? 0);
    if (sent === this.#messages.rows) return;
    this.#failure ??= new Failure(
      "DATABASE_LOST",
      `${this.#messages.rows} of ${sent} rows arrived while ${this.#options.doing}`,
    );
  }

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail("expected COPY TO STDOUT");
  }

  #end(): void {
    this.#ended = true;
    if (this.#stream !== undefined) lendBytes(this.#stream, false);
    this.#stream?.off("data", this.#onData);
    this.#stream?.off("close", this.#onClose);
    this.#wake?.();
  }

  readonly #onClose = (): void => this.handleError(new Error("the server closed it"));

  readonly #onData = (bytes: Buffer): void => {
    try {
      this.#messages.read(bytes);
    } catch (error) {
      this.#failure ??= sessionFailure(error, this.#options.doing);
      this.#stream?.destroy();
      this.#end();
    }
    if (this.#filledBytes >= RUN_BYTES_MAX && !this.#ended) this.#stream?.pause();
    if (this.#filledBytes > 0) this.#wake?.();
  };

  #passOn(message: Buffer): void {
    const stream = this.#stream as Duplex;
    if (message[0] === READY_FOR_QUERY) {
      this.ready = true;
      this.#end();
      // First give the socket back: pg submits the next statement from within its listener.
      for (const listener of this.#pgListeners) stream.on("data", listener);
    }
    for (const listener of this.#pgListeners) listener.call(stream, message);
  }
}
