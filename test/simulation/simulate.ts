import { listPoints } from "../../lib/engine/points.ts";
import type { EpochMs } from "../../lib/model/units.ts";
import { addDays, instantOf } from "../../lib/policy/business-date.ts";
import { type Random, seededRandom } from "../e2e/chain/random.ts";
import { Agenda } from "./agenda.ts";
import { type CaptureWanted, capture, expire, restore } from "./commands.ts";
import { Ledger } from "./ledger.ts";
import { namesIn } from "./look-inside.ts";
import { type CommandWorld, type Fault, Machine } from "./machine.ts";
import { CLASS_OF, POLICY } from "./policy.ts";
import { fewOf, Proofs } from "./proofs.ts";
import { lookAtDatabase, Shop, TABLES } from "./shop.ts";
import { isBounded } from "./storage-curve.ts";

const MINUTE_MS = 60_000;
/** After a command fell it is run again, when its lease is over. */
const AGAIN_MS = 65 * MINUTE_MS;
const FAULT_SHARE = 0.05;
const WORKER_TIMES = ["00:20", "06:20", "12:20", "18:20"];
const DAYS_PER_RESTORE = 7;
/** Only then every term of the policy but the longest has ended several times. */
const BOUNDED_AFTER_DAYS = 300;

export interface SimulationOptions {
  /** First business date. */
  readonly from: string;
  readonly days: number;
  readonly seed: number;
  /** URL of an empty database named as the policy's, and what makes an empty one to restore into. */
  readonly databaseUrl: string;
  readonly emptyDatabase: () => Promise<string>;
  readonly onDay?: (day: SimulatedDay) => void;
}

export interface SimulatedDay {
  readonly day: string;
  readonly points: number;
  readonly hotObjects: number;
  readonly hotBytes: number;
  readonly archiveObjects: number;
  readonly archiveBytes: number;
  readonly evidenceBytes: number;
  readonly elapsedMs: number;
  /** Planted faults that were met, and what was left out. */
  readonly events: readonly string[];
  readonly broken: readonly string[];
}

export interface SimulationReport {
  readonly seed: number;
  readonly days: readonly SimulatedDay[];
  readonly counts: Readonly<Record<string, number>>;
  /** Promises that were not kept, with their day. */
  readonly broken: readonly string[];
  readonly elapsedMs: number;
}

/** Lives through days of a machine that runs Lastgood from cron, and proves every one of them. */
export const simulate = async (options: SimulationOptions): Promise<SimulationReport> => {
  const { seed, from, databaseUrl } = options;
  const machine = new Machine(instantOf(from, "00:00", POLICY.timeZone), seed);
  await using shop = await Shop.open(databaseUrl, seed);
  return await new Simulation(options, machine, shop).run();
};

class Simulation {
  readonly #options: SimulationOptions;
  readonly #machine: Machine;
  readonly #shop: Shop;
  readonly #ledger: Ledger;
  readonly #proofs: Proofs;
  readonly #agenda = new Agenda();
  readonly #random: Random;
  readonly #counts: Record<string, number> = {};
  #events: string[] = [];
  #broken: string[] = [];

  constructor(options: SimulationOptions, machine: Machine, shop: Shop) {
    this.#options = options;
    this.#machine = machine;
    this.#shop = shop;
    this.#ledger = new Ledger(shop);
    this.#proofs = new Proofs(machine, this.#ledger);
    this.#random = seededRandom(options.seed);
  }

  async run(): Promise<SimulationReport> {
    const { from, days, seed, onDay } = this.#options;
    const { clock } = this.#machine;
    const began = clock.elapsedMs();
    const lived: SimulatedDay[] = [];
    for (let i = 0; i < days; i++) {
      const one = await this.#day(addDays(from, i), i);
      lived.push(one);
      onDay?.(one);
    }
    return {
      seed,
      days: lived,
      counts: { ...this.#counts, partsGone: this.#proofs.partsGone, wordsGone: this.#proofs.wordsGone },
      broken: [...lived.flatMap((one) => one.broken.map((what) => `${one.day}: ${what}`)), ...growing(lived)],
      elapsedMs: clock.elapsedMs() - began,
    };
  }

  async #day(day: string, i: number): Promise<SimulatedDay> {
    const { clock } = this.#machine;
    const began = clock.elapsedMs();
    [this.#events, this.#broken] = [[], []];
    this.#plan(day, i);
    const end = instantOf(addDays(day, 1), "00:00", POLICY.timeZone);
    for (let entry = this.#agenda.next(end); entry !== undefined; entry = this.#agenda.next(end)) {
      await clock.moveTo(entry.at);
      await entry.act();
    }
    await clock.moveTo(end);
    const vault = await this.#machine.open();
    this.#note(await this.#proofs.ofTheDay(clock.now(), vault));
    return {
      day,
      ...(await this.#storage()),
      elapsedMs: clock.elapsedMs() - began,
      events: this.#events,
      broken: this.#broken,
    };
  }

  #plan(day: string, i: number): void {
    const at = (time: string): EpochMs => instantOf(day, time, POLICY.timeZone);
    const { clock } = this.#machine;
    this.#agenda.add(at("00:50"), "vacuum", () => this.#shop.vacuum());
    if (this.#missed(i)) this.#events.push("no capture: the machine was off at night");
    else this.#agenda.add(at("01:10"), "capture", () => this.#capture({ tier: "hot" }));
    for (const time of ["10:00", "15:00"]) this.#agenda.add(at(time), "trade", () => this.#shop.trade(clock.now()));
    if (i % 7 === 2 || i % 7 === 4)
      this.#agenda.add(at("16:00"), "release", () => this.#capture({ tier: "release", release: `${day}.1` }));
    for (const time of WORKER_TIMES) this.#agenda.add(at(time), "expire", () => this.#expire());
    if (i % DAYS_PER_RESTORE === 5) this.#agenda.add(at("11:00"), "restore", () => this.#restore());
  }

  /** Once in about six weeks nobody was there to switch the machine on before the morning. */
  #missed(i: number): boolean {
    return i % 40 === 17;
  }

  async #capture(wanted: CaptureWanted): Promise<void> {
    const done = await this.#command(
      "capture",
      (world) => capture(world, this.#options.databaseUrl, wanted),
      () => this.#capture(wanted),
    );
    // A process that died after its point was there has taken it all the same.
    const vault = await this.#machine.open();
    for (const point of await listPoints(vault.hot))
      if (!this.#ledger.seen.has(point.id)) await this.#ledger.pointTaken(point);
    if (done) this.#note(await this.#proofs.atAnyTime(this.#machine.clock.now(), vault));
  }

  async #expire(): Promise<void> {
    const { clock } = this.#machine;
    this.#note(await this.#proofs.atAnyTime(clock.now(), await this.#machine.open()));
    const done = await this.#command("expire", expire, () => this.#expire());
    const vault = await this.#machine.open();
    this.#note(
      done ? await this.#proofs.afterExpiry(clock.now(), vault) : await this.#proofs.atAnyTime(clock.now(), vault),
    );
  }

  async #restore(): Promise<void> {
    const vault = await this.#machine.open();
    const whole = (await listPoints(vault.hot)).filter((point) => point.expired === undefined);
    const point = this.#random.pick(whole);
    const url = await this.#options.emptyDatabase();
    const done = await this.#command("restore", (world) => restore(world, url, point.id, []));
    if (!done) return;
    const found = await lookAtDatabase(url);
    for (const table of this.#ledger.seen.get(point.id) ?? [])
      if (found.find((one) => one.name === table.name)?.md5 !== table.md5)
        this.#note([`table ${table.name} of point ${point.id} was restored otherwise than it was`]);
  }

  /** @returns whether it came to its end */
  async #command(
    name: string,
    work: (world: CommandWorld) => Promise<unknown>,
    again?: () => Promise<void>,
  ): Promise<boolean> {
    const fault = this.#random.chance(FAULT_SHARE) ? this.#fault() : undefined;
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    const ended = await this.#machine.run(work, { fault });
    if ("done" in ended) return true;
    this.#events.push(`${name} ${ended.fell}`);
    if (again !== undefined) this.#agenda.add(this.#machine.clock.now() + AGAIN_MS, `${name} again`, again);
    return false;
  }

  #fault(): Fault {
    const random = this.#random;
    return {
      kind: random.pick(["killed", "unreachable"]),
      store: random.pick(["hot", "hot", "hot", "keys", "evidence"]),
      verb: random.pick(["put", "put", "delete", "get", "list"]),
      nth: 1 + random.below(random.pick([3, 12, 40])),
    };
  }

  async #storage() {
    const { hot, evidence, archive } = this.#machine;
    const [h, e, a] = [await sizeOf(hot.list("")), await sizeOf(evidence.list("")), await sizeOf(archive.list(""))];
    return {
      points: (await namesIn(hot, "points/")).length,
      hotObjects: h.objects,
      hotBytes: h.bytes,
      archiveObjects: a.objects,
      archiveBytes: a.bytes,
      evidenceBytes: e.bytes,
    };
  }

  #note(broken: readonly string[]): void {
    this.#broken.push(...fewOf(broken));
  }
}

/** Evidence is not among them: it grows with every act, and nobody may shorten it. */
const growing = (days: readonly SimulatedDay[]): readonly string[] =>
  (["hotBytes", "hotObjects", "archiveBytes", "archiveObjects"] as const)
    .filter((what) => days.length >= BOUNDED_AFTER_DAYS && !isBounded(days.map((day) => day[what])))
    .map((what) => `${days.at(-1)?.day}: ${what} have not stopped growing`);

const sizeOf = async (listing: AsyncIterable<{ readonly bytes: number }>) => {
  let [objects, bytes] = [0, 0];
  for await (const facts of listing) [objects, bytes] = [objects + 1, bytes + facts.bytes];
  return { objects, bytes };
};

const notPublic = TABLES.filter((name) => CLASS_OF[name] === undefined);
if (notPublic.length > 0) throw new TypeError(`tables without a class: ${notPublic.join(", ")}`);
