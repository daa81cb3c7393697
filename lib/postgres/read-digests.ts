import type { RangeDigest } from "../ports/source-database.ts";
import { type DigestRow, type DigestsSqlOptions, digestsOf, digestsSql } from "./digests-sql.ts";
import type { Session } from "./session.ts";

/** Runs in parallel workers of the server, which rows in order cannot. */
export const readDigests = async (
  session: Session,
  options: DigestsSqlOptions,
  doing: string,
): Promise<readonly RangeDigest[]> => {
  await session.query("SET LOCAL max_parallel_workers_per_gather = 2", [], doing);
  const answer = await session.query<DigestRow>(digestsSql(options), [], doing);
  await session.query("SET LOCAL max_parallel_workers_per_gather = 0", [], doing);
  return digestsOf(answer, options.starts.length + 1);
};
