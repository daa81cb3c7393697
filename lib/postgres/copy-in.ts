import type { Duplex } from "node:stream";
import { Failure } from "../model/errors.ts";
import type { RowFormat } from "../model/table.ts";
import { BINARY_HEADER, copyData } from "./row-messages.ts";
import { sessionFailure } from "./server-failure.ts";
import type { Session, Wire, WireStatement } from "./session.ts";

const HEADER = copyData(BINARY_HEADER);
const TRAILER = copyData(Buffer.from([0xff, 0xff]));
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

export interface CopyInOptions {
  /** `COPY ... FROM STDIN`, in the format said here. */
  readonly sql: string;
  readonly format: RowFormat;
  /** For messages, for instance `loading public.orders`. */
  readonly doing: string;
}

/**
 * Runs a COPY FROM STDIN with row frames as they left copyOut (or a chunk), without touching a row.
 *
 * If the source fails, the COPY is ended as failed and the source's error is thrown; the session stays usable.
 * @param source  buffers of whole row frames; each may be changed or freed when the next is asked for
 * @returns rows the server took
 * @throws DATABASE_LOST, DATABASE_FORBIDDEN, DATABASE_ERROR
 */
export async function copyIn(
  session: Session,
  options: CopyInOptions,
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<number> {
  const statement = new CopyIn(options);
  session.submit(statement);
  const stream = await statement.open();
  const { format } = options;
  try {
    if (format === "binary") await statement.write(stream, HEADER);
    for await (const frames of source) await statement.write(stream, frames);
  } catch (error) {
    if (!statement.ended) await statement.fail();
    throw error;
  }
  if (format === "binary") await statement.write(stream, TRAILER);
  await statement.write(stream, COPY_DONE);
  return statement.finish();
}

class CopyIn implements WireStatement {
  ended = false;
  readonly #options: CopyInOptions;
  #wire: Wire | undefined;
  #accepted = false;
  #rows = 0;
  #failure: Failure | undefined;
  #wake: (() => void) | undefined;

  constructor(options: CopyInOptions) {
    this.#options = options;
  }

  submit(wire: Wire): void {
    this.#wire = wire;
    wire.stream.once("close", this.#onClose);
    wire.query(this.#options.sql);
  }

  /** Resolves when the server has asked for rows. */
  async open(): Promise<Duplex> {
    while (!this.#accepted && !this.ended) await this.#change();
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#accepted) throw new Failure("DATABASE_ERROR", `failed ${this.#options.doing}: not a COPY FROM STDIN`);
    return (this.#wire as Wire).stream;
  }

  /** Writes bytes; resolves when the socket needs them no longer. */
  async write(stream: Duplex, bytes: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    let written = false;
    stream.write(bytes, (error) => {
      if (error) return; // The stream's end follows, and is told by it.
      written = true;
      this.#wake?.();
    });
    while (!written && !this.ended) await this.#change();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async fail(): Promise<void> {
    this.#wire?.sendCopyFail("the source of the rows failed");
    while (!this.ended) await this.#change();
  }

  async finish(): Promise<number> {
    while (!this.ended) await this.#change();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#rows;
  }

  handleCopyInResponse(): void {
    this.#accepted = true;
    this.#wake?.();
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#rows = Number(/^COPY (\d+)$/.exec(message.text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.#end();
  }

  // pg does not hand us the ReadyForQuery that follows; it holds back the next statement until it has come.
  handleError(error: Error): void {
    this.#failure ??= sessionFailure(error, this.#options.doing);
    this.#end();
  }

  readonly #onClose = (): void => {
    this.#failure ??= sessionFailure(new Error("the server closed it"), this.#options.doing);
    this.#end();
  };

  #end(): void {
    this.ended = true;
    this.#wire?.stream.off("close", this.#onClose);
    this.#wake?.();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
