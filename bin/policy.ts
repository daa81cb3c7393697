import { readFile } from "node:fs/promises";
import { Argument } from "@commander-js/extra-typings";
import { Failure } from "../lib/model/errors.ts";
import type { Policy } from "../lib/model/policy.ts";
import { loadPolicy } from "../lib/operations/policy.ts";
import type { Context } from "./context.ts";
import { resolveDatabase } from "./options.ts";

/**
 * What is read when no policy is named, where one is only looked at: what it means, what is due, how things stand, who may
 * hold. What captures, verifies, archives, deletes or reports by a policy is given one: a file that happens to lie in the
 * folder decides none of that.
 */
export const POLICY_FILE = "lastgood.yaml";

export const policyArgument = () => new Argument("[file]", "the policy").default(POLICY_FILE);

/** @throws POLICY_INVALID  it cannot be read */
export const readPolicyFile = (file: string): Promise<string> =>
  readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Failure("POLICY_INVALID", `policy ${file} cannot be read: ${cause.code ?? cause.message}`, {
      cause,
      hint: "give the command the policy's file; docs/guide/policy.md begins with one to copy",
    });
  });

/** @throws POLICY_INVALID  it cannot be read, or what it says cannot be kept */
export const policyIn = async (file: string): Promise<Policy> => loadPolicy(file, await readPolicyFile(file));

/**
 * The URL of the database to act on: of the one that --database names, or of the only one whose URL the policy knows a
 * variable of. Without such a policy, what --database or LASTGOOD_DATABASE says.
 * @throws USAGE  several could be meant, or the variable is not set
 */
export const databaseBy = (env: Context["env"], policy: Policy | undefined, flag: string | undefined): string => {
  const sources = policy?.sources ?? [];
  const named = flag === undefined ? sources : sources.filter(({ database }) => database === flag);
  const [source, other] = named;
  if (source === undefined) return resolveDatabase(env, flag);
  if (other !== undefined)
    throw new Failure(
      "USAGE",
      `the policy knows the URLs of several databases: ${named.map(({ database }) => database).join(", ")}`,
      { hint: `say which: --database ${source.database}` },
    );
  const url = env[source.urlFrom] ?? "";
  if (url !== "") return url;
  throw new Failure("USAGE", `${source.urlFrom} is not set: the policy has the URL of ${source.database} there`, {
    hint: `set ${source.urlFrom}, or give --database with a URL`,
  });
};
