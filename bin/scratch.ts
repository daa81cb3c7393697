import { withOwnServer } from "../lib/wiring/own-server.ts";

/**
 * Gives a drill an empty database: the one that was named, or one of a server that is started for it and gone afterwards.
 * @throws NO_POSTGRES  none was named, and there is no PostgreSQL to start
 */
export const withScratch = <T>(named: string | undefined, use: (databaseUrl: string) => Promise<T>): Promise<T> => {
  if (named !== undefined) return use(named);
  return withOwnServer(async (server) => {
    await server.connect("scratch").then((made) => made[Symbol.asyncDispose]());
    return await use(server.url("scratch"));
  });
};
