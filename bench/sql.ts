import pg from "pg";

/** Runs statements one after the other on one connection. @returns the rows of each */
export const sqlEach = async (url: string, statements: readonly string[]): Promise<object[][]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const results: object[][] = [];
    for (const statement of statements) results.push((await client.query<object>(statement)).rows);
    return results;
  } finally {
    await client.end();
  }
};

/** Runs statements one after the other on one connection. @returns the rows of the last one */
export const sql = async <Row extends object>(url: string, ...statements: readonly string[]): Promise<Row[]> =>
  ((await sqlEach(url, statements)).at(-1) ?? []) as Row[];
