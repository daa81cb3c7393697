import pg from "pg";
import { MIGRATIONS, type Migration, SchemaNow } from "./migrations.ts";
import { type Random, seededRandom } from "./random.ts";
import { ROW_STATEMENTS } from "./statements.ts";
import { SET_UP, TABLES, type TableKind } from "./tables.ts";

const WRITERS = 4;
/** A statement that waits longer for a lock gives up: another writer, not moving, holds it. */
const LOCK_MS_MAX = 40;
const PREPARED_MAX = 6;
/** More, and a capture that runs beside finds no still moment. */
const MIGRATION_SHARE = 0.025;

interface Writer {
  readonly client: pg.Client;
  /** Chance that a step ends the transaction: the first writer's stay open across captures. */
  readonly ends: number;
  tables: readonly TableKind[];
  open: boolean;
  savepoints: number;
}

/**
 * Writers whose transactions lie across each other. One statement at a time, chosen by the seed: a failing seed does the
 * same again, as far as a capture that runs beside it leaves it the locks.
 */
export class Workload {
  /** How often each kind of statement was done. */
  readonly done = new Map<string, number>();
  readonly #random: Random;
  readonly #writers: readonly Writer[];
  readonly #owner: pg.Client;
  readonly #schema = new SchemaNow();
  readonly #prepared: string[] = [];
  #transactions = 0;

  private constructor(random: Random, owner: pg.Client, writers: readonly Writer[]) {
    this.#random = random;
    this.#owner = owner;
    this.#writers = writers;
  }

  static async begin(url: string, seed: number): Promise<Workload> {
    const owner = await connect(url);
    await owner.query(SET_UP);
    for (const table of TABLES) await owner.query(table.create);
    const writers: Writer[] = [];
    for (let i = 0; i < WRITERS; i++) {
      const client = await connect(url);
      if (i === 1) await client.query("SET synchronous_commit = off");
      writers.push({ client, ends: i === 0 ? 0.01 : 0.12, tables: [], open: false, savepoints: 0 });
    }
    const workload = new Workload(seededRandom(seed), owner, writers);
    for (const table of TABLES)
      for (let i = 0; i < 12; i++)
        await workload.#try(owner, "fill", ROW_STATEMENTS["insert"]?.(table, workload.#random) ?? "");
    return workload;
  }

  async steps(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.step();
  }

  /** One writer does one statement. What the database refuses is rolled back, as an application would. */
  async step(): Promise<void> {
    const random = this.#random;
    if (random.chance(MIGRATION_SHARE)) return this.#migrate();
    if (random.chance(0.03)) return this.#endPrepared();
    const writer = random.pick(this.#writers);
    if (!writer.open) {
      writer.tables = Array.from({ length: 1 + random.below(3) }, () => random.pick(TABLES));
      const alone = random.chance(0.3);
      if (!alone) {
        await writer.client.query("BEGIN");
        writer.open = true;
        writer.savepoints = 0;
      }
      return this.#write(writer);
    }
    if (random.chance(writer.ends)) return this.#end(writer);
    if (random.chance(0.12)) return this.#savepoint(writer);
    return this.#write(writer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const writer of this.#writers) await writer.client.end();
    for (const name of this.#prepared) await this.#owner.query(`ROLLBACK PREPARED '${name}'`);
    await this.#owner.end();
  }

  async #write(writer: Writer): Promise<void> {
    const [kind, make] = this.#random.pick(Object.entries(ROW_STATEMENTS));
    const made = await this.#try(writer.client, kind, make(this.#random.pick(writer.tables), this.#random));
    if (made || !writer.open) return;
    if (writer.savepoints > 0 && this.#random.chance(0.8)) await writer.client.query("ROLLBACK TO a");
    else await this.#close(writer, "ROLLBACK");
  }

  async #savepoint(writer: Writer): Promise<void> {
    if (writer.savepoints === 0 || this.#random.chance(0.5)) {
      await this.#try(writer.client, "savepoint", "SAVEPOINT a");
      writer.savepoints += 1;
    } else if (this.#random.chance(0.6)) {
      await this.#try(writer.client, "rollback to savepoint", "ROLLBACK TO a");
    } else {
      await this.#try(writer.client, "release", "RELEASE a");
      writer.savepoints -= 1;
    }
  }

  async #end(writer: Writer): Promise<void> {
    if (this.#prepared.length < PREPARED_MAX && this.#random.chance(0.25)) {
      const name = `p${++this.#transactions}`;
      if (await this.#try(writer.client, "prepare", `PREPARE TRANSACTION '${name}'`)) this.#prepared.push(name);
      writer.open = false;
    } else await this.#close(writer, this.#random.chance(0.75) ? "COMMIT" : "ROLLBACK");
  }

  async #close(writer: Writer, how: "COMMIT" | "ROLLBACK"): Promise<void> {
    await this.#try(writer.client, how.toLowerCase(), how);
    writer.open = false;
  }

  async #endPrepared(): Promise<void> {
    if (this.#prepared.length === 0) return;
    const [name] = this.#prepared.splice(this.#random.below(this.#prepared.length), 1);
    const how = this.#random.chance(0.7) ? "COMMIT" : "ROLLBACK";
    await this.#owner.query(`${how} PREPARED '${name}'`);
    this.#count(`${how.toLowerCase()} prepared`);
  }

  async #migrate(): Promise<void> {
    const [kind, propose] = this.#random.pick(Object.entries(MIGRATIONS));
    const migration: Migration | undefined = propose(this.#random, this.#schema);
    if (migration === undefined) return;
    if (await this.#try(this.#owner, kind, migration.sql)) migration.done?.();
    else await this.#owner.query("ROLLBACK");
  }

  async #try(client: pg.Client, kind: string, sql: string): Promise<boolean> {
    try {
      await client.query(sql);
      this.#count(kind);
      return true;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      return false;
    }
  }

  #count(kind: string): void {
    this.done.set(kind, (this.done.get(kind) ?? 0) + 1);
  }
}

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`SET lock_timeout = ${LOCK_MS_MAX}; SET deadlock_timeout = '10ms'`);
  return client;
};
