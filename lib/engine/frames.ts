import { Failure } from "../model/errors.ts";

/**
 * Row frames: each row as one CopyData message of PostgreSQL's protocol: byte `d`, u32 big-endian length that counts
 * itself, payload. Rows leave the server and go back to one in this form, so a chunk that nothing touches is never split.
 */
export const FRAME_MARK = 0x64;
export const FRAME_HEAD_BYTES = 5;

/**
 * End of the frame that starts at `at`.
 * @throws OBJECT_CORRUPT  no whole frame starts there
 */
export const frameEnd = (frames: Buffer, at: number): number => {
  if (at + FRAME_HEAD_BYTES > frames.length || frames[at] !== FRAME_MARK) throw broken(at);
  const end = at + 1 + frames.readUInt32BE(at + 1);
  if (end < at + FRAME_HEAD_BYTES || end > frames.length) throw broken(at);
  return end;
};

const broken = (at: number): Failure => new Failure("OBJECT_CORRUPT", `no whole row frame at byte ${at} of a chunk`);
