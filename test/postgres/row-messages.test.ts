import fc from "fast-check";
import { expect, test } from "vitest";
import type { RowFormat } from "../../lib/model/table.ts";
import { BINARY_HEADER, copyData, RowMessages } from "../../lib/postgres/row-messages.ts";

const COLUMNS = 2;
const NOTICE = Buffer.from("4e0000000a0102030405060a", "hex").subarray(0, 11);
const READY = Buffer.from("5a0000000549", "hex");
const TRAILER = Buffer.from([0xff, 0xff]);

const row = (format: RowFormat, body: Uint8Array): Buffer =>
  format === "binary"
    ? copyData(Buffer.concat([Buffer.from([0, COLUMNS]), body]))
    : copyData(Buffer.concat([body, Buffer.from("\n")]));

const payloadOf = (message: Buffer): Buffer => message.subarray(5);

/** What the server sends for rows, PostgreSQL's way: the binary header shares the first message. */
const sent = (format: RowFormat, rows: readonly Buffer[]): Buffer[] => {
  if (format === "text") return [...rows];
  const [first = copyData(TRAILER), ...others] = rows.length === 0 ? [] : [...rows, copyData(TRAILER)];
  return [copyData(Buffer.concat([BINARY_HEADER, payloadOf(first)])), ...others];
};

const read = (format: RowFormat, pieces: readonly Buffer[]) => {
  const frames: Buffer[] = [];
  const others: Buffer[] = [];
  const onRows = (run: Buffer) => void frames.push(run);
  const messages = new RowMessages({
    format,
    columns: COLUMNS,
    onRows,
    onOther: (message) => void others.push(Buffer.from(message)),
  });
  for (const piece of pieces) messages.read(piece);
  return { runs: frames, frames: Buffer.concat(frames), others };
};

const cut = (bytes: Buffer, lengths: readonly number[]): Buffer[] => {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
};

test.each(["binary", "text"] as const)(
  "%s rows come out whole and unchanged wherever the network cuts them",
  (format) => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 });
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(bodies, lengths, fc.nat(12), (given, pieceLengths, noticeAt) => {
        const rows = given.map((body) => row(format, body));
        const messages = sent(format, rows);
        messages.splice(noticeAt, 0, NOTICE);
        const out = read(format, cut(Buffer.concat([...messages, READY]), pieceLengths));
        expect(out.frames.equals(Buffer.concat(rows))).toBe(true);
        expect(out.others).toEqual([NOTICE, READY]);
        for (const run of out.runs) {
          let at = 0;
          while (at < run.length) at += 1 + run.readUInt32BE(at + 1);
          expect(at).toBe(run.length);
        }
      }),
    );
  },
);

test("rows that no read cuts come out in the buffer they came in", () => {
  const bytes = Buffer.concat([row("text", Buffer.from("a\tb")), row("text", Buffer.from("c\td"))]);
  const { runs } = read("text", [bytes]);
  expect(runs).toHaveLength(1);
  expect(runs[0]?.buffer).toBe(bytes.buffer);
});

test.each([
  ["a binary stream has no header", "binary", [row("binary", Buffer.from([1]))]],
  ["a binary row has another number of columns", "binary", [...sent("binary", []), copyData(Buffer.from([0, 3, 0]))]],
  ["a text row does not end its line", "text", [copyData(Buffer.from("a\tb"))]],
  ["a text message is empty", "text", [copyData(Buffer.alloc(0))]],
  ["a message claims less than its own head", "text", [Buffer.from("6400000003", "hex")]],
] as const)("fails when %s", (_, format, messages) => {
  expect(() => read(format, [Buffer.concat(messages)])).toThrow(expect.objectContaining({ code: "DATABASE_ERROR" }));
});
