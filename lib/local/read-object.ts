import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { type ByteRange, clipRange } from "../model/byte-range.ts";
import { unless } from "./store-failure.ts";

export const NOT_THERE = ["ENOENT", "ENOTDIR"];
export const NO_OBJECT = [...NOT_THERE, "ELOOP", "ENXIO"]; // Symbolic links and sockets are no objects.
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK; // A planted pipe must not hang us.

/** A file's bytes, or those of a range (clipped at the end); undefined if there is no file. */
export async function readObject(path: string, range?: ByteRange): Promise<Buffer | undefined> {
  const handle = await unless(NO_OBJECT, open(path, READ_FLAGS));
  if (handle === undefined) return undefined;
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) return undefined;
    const { start, end } = clipRange(range, facts.size);
    const content = Buffer.allocUnsafeSlow(end - start);
    let filled = 0;
    while (filled < content.length) {
      const { bytesRead } = await handle.read(content, filled, content.length - filled, start + filled);
      if (bytesRead === 0) break; // Somebody else cut the file; its digest will tell.
      filled += bytesRead;
    }
    return content.subarray(0, filled);
  } finally {
    await handle.close();
  }
}
