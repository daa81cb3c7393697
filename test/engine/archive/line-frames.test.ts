import { expect, test } from "vitest";
import { lineFrames } from "../../../lib/engine/archive/line-frames.ts";
import type { RowLines } from "../../../lib/engine/restore/sql-stream.ts";
import { textRow } from "../synthetic-rows.ts";

const framesOf = async (...pieces: readonly string[]): Promise<Buffer> => {
  async function* lines(): AsyncGenerator<RowLines> {
    for (const piece of pieces) yield { bytes: Buffer.from(piece), rows: 0 };
  }
  const frames: Buffer[] = [];
  for await (const frame of lineFrames(lines())) frames.push(frame);
  return Buffer.concat(frames);
};

test("each line of COPY text is one row frame, its newline with it", async () => {
  expect(await framesOf("1\ta\n2\t\\N\n", "3\tc\\nd\n")).toEqual(
    Buffer.concat([textRow(["1", "a"]), textRow(["2", null]), textRow(["3", "c\\nd"])]),
  );
});

test("a row of one empty value is a line, and nothing is nothing", async () => {
  expect(await framesOf("\n\n")).toEqual(Buffer.concat([textRow([""]), textRow([""])]));
  expect(await framesOf("", "")).toEqual(Buffer.alloc(0));
});

test("lines that end within a row are damage, not a shorter row", async () => {
  for (const piece of ["1\ta", "1\ta\n2"])
    await expect(framesOf(piece)).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
});
