import { frameEnd } from "../../../lib/engine/frames.ts";
import type { RowsQuery, SourceReader } from "../../../lib/ports/source-database.ts";

/** What becomes of one frame on its way: left out, as it is, or twice. */
export type Fate = "lost" | "kept" | "twice";

/** Which call of the reader is lied about. */
export type Where = "changed rows" | "keys" | "base rows";

/** A reader that loses or repeats one frame of one table: the `at`th that it delivers. */
export const lyingReader =
  (
    lie: { readonly table: string; readonly where: Where; readonly fate: Fate; readonly at: number },
    told: { times: number },
  ) =>
  (reader: SourceReader): SourceReader => {
    const spoil = async function* (
      query: RowsQuery,
      where: Where,
      frames: AsyncIterable<Buffer>,
    ): AsyncGenerator<Buffer> {
      const concerned = query.table.name === lie.table && where === lie.where;
      let seen = 0;
      for await (const buffer of frames) {
        const kept: Buffer[] = [];
        for (let at = 0; at < buffer.length; ) {
          const end = frameEnd(buffer, at);
          const frame = buffer.subarray(at, end);
          const here = concerned && seen === lie.at;
          if (here) told.times += 1;
          if (!here || lie.fate !== "lost") kept.push(frame);
          if (here && lie.fate === "twice") kept.push(frame);
          seen += 1;
          at = end;
        }
        yield Buffer.concat(kept);
      }
    };
    return {
      moved: (tables) => reader.moved(tables),
      digests: (query) => reader.digests(query),
      rows: (query) => spoil(query, query.since === undefined ? "base rows" : "changed rows", reader.rows(query)),
      keys: (query) => spoil(query, "keys", reader.keys(query)),
      [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    };
  };
