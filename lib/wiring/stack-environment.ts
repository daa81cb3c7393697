import { Failure } from "../model/errors.ts";
import { type ProtectedDatabase, STACK_ENV } from "../model/stack.ts";

const LANES_MAX = 32;

/** What a stack tells its functions, read when it is asked for: no function is told everything. */
export class StackEnvironment {
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
  }

  /** @throws STACK_INVALID  naming the variable */
  text(name: keyof typeof STACK_ENV): string {
    const value = this.#env[STACK_ENV[name]];
    if (value === undefined || value === "") throw invalid(name, "is not set");
    return value;
  }

  optional(name: keyof typeof STACK_ENV): string | undefined {
    return this.#env[STACK_ENV[name]] || undefined;
  }

  get lanes(): number {
    const lanes = Number(this.text("lanes"));
    if (!Number.isInteger(lanes) || lanes < 1 || lanes > LANES_MAX)
      throw invalid("lanes", `is not a whole number from 1 to ${LANES_MAX}`);
    return lanes;
  }

  get databases(): readonly ProtectedDatabase[] {
    const databases = this.#json("databases");
    if (!Array.isArray(databases) || !databases.every(isDatabase))
      throw invalid("databases", "is no list of databases");
    return databases;
  }

  /** @throws DATABASE_UNKNOWN  the stack protects no database of that name */
  database(name: string): ProtectedDatabase {
    const { databases } = this;
    const found = databases.find((database) => database.name === name);
    if (found !== undefined) return found;
    const known = databases.map((database) => database.name).join(", ");
    throw new Failure("DATABASE_UNKNOWN", `the stack protects no database ${name}, but ${known || "none"}`, {
      facts: { database: name },
    });
  }

  /** Qualified ARN of the function that works a kind. */
  get workers(): Readonly<Record<string, string>> {
    const workers = this.#json("workers");
    if (
      typeof workers !== "object" ||
      workers === null ||
      !Object.values(workers).every((arn) => typeof arn === "string")
    )
      throw invalid("workers", "names no functions");
    return workers as Record<string, string>;
  }

  #json(name: "databases" | "workers"): unknown {
    try {
      return JSON.parse(this.text(name));
    } catch (error) {
      if (error instanceof SyntaxError) throw invalid(name, "is no JSON");
      throw error;
    }
  }
}

const isDatabase = (value: unknown): value is ProtectedDatabase => {
  const { name, host, port, database, user, login, instance } = (value ?? {}) as Partial<ProtectedDatabase>;
  return (
    [name, host, database, user, login?.by, instance?.id].every((text) => typeof text === "string") &&
    Number.isInteger(port)
  );
};

const invalid = (name: keyof typeof STACK_ENV, why: string): Failure =>
  new Failure("STACK_INVALID", `environment variable ${STACK_ENV[name]} ${why}`, {
    facts: { variable: STACK_ENV[name] },
  });
