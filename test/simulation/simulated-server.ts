import pg from "pg";
import type { SimulationOptions } from "./simulated-day.ts";

/** The shop's database on a server, and one to restore into that is empty each time it is asked for. */
export const databasesOn = async (server: {
  url(database: string): string;
}): Promise<Pick<SimulationOptions, "databaseUrl" | "emptyDatabase">> => {
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server.url("postgres") });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await run("CREATE DATABASE shop");
  return {
    databaseUrl: server.url("shop"),
    async emptyDatabase() {
      await run("DROP DATABASE IF EXISTS restored");
      await run("CREATE DATABASE restored");
      return server.url("restored");
    },
  };
};
