import { Failure } from "../../model/errors.ts";
import { FRAME_HEAD_BYTES, FRAME_MARK } from "../frames.ts";
import type { RowLines } from "../restore/sql-stream.ts";

const NEWLINE = 0x0a;

/**
 * Lines of COPY text as row frames: what a server is sent, and rows are compared by.
 * @throws OBJECT_CORRUPT  they end within a line
 */
export async function* lineFrames(lines: AsyncIterable<RowLines>): AsyncGenerator<Buffer> {
  for await (const { bytes } of lines) yield framesOf(bytes);
}

const framesOf = (lines: Buffer): Buffer => {
  const ends: number[] = [];
  // A newline in a value is escaped.
  for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) ends.push(at + 1);
  if ((ends.at(-1) ?? 0) !== lines.length)
    throw new Failure("OBJECT_CORRUPT", "rows of an archive end within a line of COPY text");
  const frames = Buffer.allocUnsafe(lines.length + ends.length * FRAME_HEAD_BYTES);
  let [from, to] = [0, 0];
  for (const end of ends) {
    frames[to] = FRAME_MARK;
    frames.writeUInt32BE(end - from + FRAME_HEAD_BYTES - 1, to + 1);
    lines.copy(frames, to + FRAME_HEAD_BYTES, from, end);
    to += FRAME_HEAD_BYTES + end - from;
    from = end;
  }
  return frames;
};
