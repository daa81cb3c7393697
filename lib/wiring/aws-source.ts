import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { databaseLogin, readAuthorities } from "../aws/database-login.ts";
import { SHORT_CALLS } from "../aws/short-calls.ts";
import type { ProtectedDatabase } from "../model/stack.ts";
import type { SourceDatabase } from "../ports/source-database.ts";
import { postgresSource } from "../postgres/source.ts";
import { machineClock } from "./machine.ts";
import type { StackEnvironment } from "./stack-environment.ts";

/**
 * Opens the databases that a stack protects, by their names. A source is kept for the life of the process, its password
 * for some minutes.
 * @throws DATABASE_UNKNOWN, DATABASE_UNTRUSTED
 */
export const stackSources = (stack: StackEnvironment): ((name: string) => Promise<SourceDatabase>) => {
  let secrets: SecretsManagerClient | undefined;
  const sources = new Map<string, Promise<SourceDatabase>>();
  const open = async (database: ProtectedDatabase): Promise<SourceDatabase> => {
    const authorities = await readAuthorities(stack.optional("databaseCa"));
    secrets ??= new SecretsManagerClient(SHORT_CALLS);
    const source = await postgresSource(databaseLogin(database, { authorities, secrets, clock: machineClock }));
    // Points are filed under what people call the database: two servers may have one of the same name.
    return { ...source, database: database.name };
  };
  return (name) => {
    const database = stack.database(name);
    const known = sources.get(name);
    if (known !== undefined) return known;
    const opening = open(database);
    opening.catch(() => sources.delete(name));
    sources.set(name, opening);
    return opening;
  };
};
