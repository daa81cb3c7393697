import { listArchiveParts } from "../../lib/engine/archive/list-archive-parts.ts";
import { listPoints } from "../../lib/engine/points.ts";
import type { AuditHead } from "../../lib/model/audit-head.ts";
import { partClass } from "../../lib/model/row-age.ts";
import { headFile } from "../../lib/operations/evidence.ts";
import { reportFiles, type SignedReport } from "../../lib/operations/report.ts";
import { verifyEvidence } from "../../lib/operations/verify-evidence.ts";
import { addDays, businessDateOf, instantOf } from "../../lib/policy/business-date.ts";
import { type Random, seededRandom } from "../e2e/chain/random.ts";
import { Agenda } from "./agenda.ts";
import { archive, type CaptureWanted, capture, expire, report, restore, sign, verify } from "./commands.ts";
import { wrongVerdicts } from "./expected-verdicts.ts";
import { hold, letGo } from "./hold-commands.ts";
import { Ledger, partName, type ShownPart } from "./ledger.ts";
import { type CommandWorld, Machine } from "./machine.ts";
import type { Fault } from "./planted-fault.ts";
import { AGED_CLASS, POLICY } from "./policy.ts";
import { fewOf, Proofs } from "./proofs.ts";
import { lookAtDatabase, lookAtEvents, Shop } from "./shop.ts";
import type { SimulatedDay, SimulationOptions, SimulationReport } from "./simulated-day.ts";
import { isBounded } from "./storage-curve.ts";

const MINUTE_MS = 60_000;
/** After a command fell it is run again, when its lease is over. */
const AGAIN_MS = 65 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
const HELD_MS = 19 * DAY_MS;
/** What is held: the first part of each that is due. */
const HELD = [
  ["hot", "personal"],
  ["hot", "other"],
  ["hot", AGED_CLASS],
  ["archive", "other"],
] as const;
const MONTH_MS = 30 * DAY_MS;
const FAULT_SHARE = 0.08;
/** In life it is every hour; its margin of half a day is for runs that fail. */
const WORKER_TIMES = ["00:20", "06:20", "12:20", "18:20"];
/** Only then every term of the policy but the longest has ended several times. */
const BOUNDED_AFTER_DAYS = 300;

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
  /** How many hot points were taken, by business date. */
  readonly #captured = new Map<string, number>();
  /** A head of the evidence, kept where nobody who writes evidence can write. */
  #kept: AuditHead | undefined;
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
    const report = await this.#report(from, addDays(from, days));
    return {
      report: report === undefined ? [] : reportFiles(report),
      seed,
      days: lived,
      counts: {
        ...this.#counts,
        "parts gone": this.#proofs.partsGone,
        "parts of days gone": this.#proofs.daysGone,
        "words gone": this.#proofs.wordsGone,
      },
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
    this.#note(await this.#proofs.ofTheDay());
    const sizes = await this.#machine.sizes();
    return { day, ...sizes, elapsedMs: clock.elapsedMs() - began, events: this.#events, broken: this.#broken };
  }

  #plan(day: string, i: number): void {
    const { clock } = this.#machine;
    const at = (time: string, act: () => Promise<void>): void =>
      this.#agenda.add(instantOf(day, time, POLICY.timeZone), act);
    if (i % 7 === 0) at("00:50", () => this.#shop.vacuum());
    // Once in six weeks nobody was there to switch the machine on before the morning.
    if (i % 40 === 17) this.#events.push("no capture: the machine was off at night");
    else at("01:10", () => this.#capture({ tier: "hot" }));
    at("02:30", () => this.#archive());
    at("04:00", () => this.#verify());
    at("04:30", () => this.#sign());
    for (const time of ["10:00", "15:00"]) at(time, () => this.#shop.trade(clock.now()));
    if (i % 7 === 2 || i % 7 === 4) at("16:00", () => this.#capture({ tier: "release", release: `${day}.1` }));
    if (this.#options.workerRests !== true)
      for (const time of WORKER_TIMES) at(time, () => this.#expire(time === WORKER_TIMES.at(-1)));
    if (day.endsWith("-01") && i > 0) at("05:00", async () => void (await this.#report(addMonths(day, -1), day)));
    if (i % 7 === 5) at("11:00", () => this.#restore());
    if (i % 60 === 30) at("08:00", () => this.#hold());
  }

  async #capture(wanted: CaptureWanted): Promise<void> {
    const { databaseUrl } = this.#options;
    const taken = await this.#command(
      "captures",
      (world) => capture(world, databaseUrl, wanted),
      () => this.#capture(wanted),
    );
    // A process that died after its point was there has taken it all the same.
    const vault = await this.#machine.open();
    for (const point of await listPoints(vault.hot)) {
      if (this.#ledger.seen.has(point.id)) continue;
      await this.#ledger.pointTaken(point);
      const day = businessDateOf(point.startedAt, POLICY.timeZone);
      if (point.tier === "hot") this.#captured.set(day, (this.#captured.get(day) ?? 0) + 1);
    }
    if (taken !== undefined) this.#note(await this.#proofs.atAnyTime());
  }

  async #archive(): Promise<void> {
    const made = await this.#command("archive runs", archive, () => this.#archive());
    for (const one of made ?? [])
      if (one.outcome === "failed") this.#note([`archive ${one.businessDate} was not made: ${one.failure.message}`]);
    for (const part of (await listArchiveParts(this.#machine.archive)).parts) await this.#ledger.archiveMade(part);
    this.#note(await this.#proofs.atAnyTime());
  }

  async #expire(isLast: boolean): Promise<void> {
    this.#note(await this.#proofs.atAnyTime());
    const report = await this.#command("worker runs", expire, () => this.#expire(isLast));
    // What went with a run is looked for after it; that nothing else changed is looked at once a day.
    const isProven = report !== undefined && (report.parts.length > 0 || isLast);
    this.#note(await (isProven ? this.#proofs.afterExpiry() : this.#proofs.atAnyTime()));
    for (const { message } of report?.alarms ?? [])
      if (!this.#events.includes(`alarm: ${message}`)) this.#events.push(`alarm: ${message}`);
    for (const part of report?.parts ?? [])
      if (part.outcome !== "gone" && part.outcome !== "held")
        this.#note([`${partName(part.part)} is told to be ${part.outcome}`]);
  }

  /** Two people hold what is due next, of points and of archives, and let go of it long after it was due. */
  async #hold(): Promise<void> {
    const { clock } = this.#machine;
    const there = new Set((await listPoints((await this.#machine.open()).hot)).map((point) => point.id));
    const due = [...this.#ledger.parts.values()]
      .filter((part) => part.deadline > clock.now() + DAY_MS && (part.store === "archive" || there.has(part.id)))
      .toSorted((a, b) => a.deadline - b.deadline);
    const held = HELD.flatMap(
      ([store, name]) => due.find((part) => part.store === store && partClass(part.class).class === name) ?? [],
    );
    const id = await hold(
      this.#machine,
      held.map(({ store, id, class: name }): Pick<ShownPart, "store" | "id" | "class"> => ({ store, id, class: name })),
    );
    this.#proofs.hold(held.map(partName));
    this.#counts["holds"] = (this.#counts["holds"] ?? 0) + 1;
    this.#agenda.add(clock.now() + HELD_MS, async () => {
      await letGo(this.#machine, id);
      this.#proofs.letGo(held.map(partName));
    });
  }

  /** The day's own verdict must say what this simulation knows: what was missed, and that nothing else is wrong. */
  async #verify(): Promise<void> {
    const { emptyDatabase } = this.#options;
    const verdict = await this.#command(
      "verifications",
      (world) => verify(world, emptyDatabase),
      () => this.#verify(),
    );
    if (verdict !== undefined) this.#note(wrongVerdicts(verdict, this.#captured));
  }

  /** Signs a head. All evidence is checked once a month by somebody who kept an earlier one. */
  async #sign(): Promise<void> {
    const head = await this.#command("signed heads", sign, () => this.#sign());
    const { evidence, keys, clock } = this.#machine;
    if (head === undefined || (this.#kept !== undefined && clock.now() - this.#kept.at < MONTH_MS)) return;
    const keptHead = this.#kept && headFile(this.#kept);
    const { problems } = await verifyEvidence(evidence, { publicKey: await keys.publicKey(), keptHead });
    this.#note(problems.map(({ message }) => message));
    this.#kept = head;
  }

  async #report(from: string, to: string): Promise<SignedReport | undefined> {
    const made = await this.#command("reports", (world) => report(world, from, to));
    if (made !== undefined) this.#events.push(`report: ${made.report.verdict.light}: ${made.report.verdict.sentence}`);
    return made;
  }

  async #restore(): Promise<void> {
    const vault = await this.#machine.open();
    const isOfDay = ({ class: name }: { readonly class: string }): boolean => partClass(name).day !== undefined;
    const whole = (await listPoints(vault.hot)).filter((point) => point.expired?.every(isOfDay) !== false);
    const point = this.#random.pick(whole);
    const url = await this.#options.emptyDatabase();
    const rows = await this.#command("restores", (world) => restore(world, url, point.id, []));
    if (rows === undefined) return;
    const found = await lookAtDatabase(url);
    for (const { name, md5 } of this.#ledger.seen.get(point.id) ?? [])
      if (found.find((one) => one.name === name)?.md5 !== md5)
        this.#note([`table ${name} of point ${point.id} was restored otherwise than it was`]);
    const events = (await lookAtEvents(url)).map(({ row }) => row);
    const shown = this.#ledger.eventsIn(
      point.id,
      point.parts.map((part) => part.class),
    );
    if (JSON.stringify(events) !== JSON.stringify(shown))
      this.#note([`events of point ${point.id} were restored otherwise than its days were`]);
  }

  /** @returns what came of it; undefined if it fell, and then it is run again */
  async #command<T>(
    name: string,
    work: (world: CommandWorld) => Promise<T>,
    again?: () => Promise<void>,
  ): Promise<T | undefined> {
    const fault = this.#random.chance(FAULT_SHARE) ? this.#fault() : undefined;
    const ended = await this.#machine.run(work, { fault });
    if ("done" in ended) {
      this.#counts[name] = (this.#counts[name] ?? 0) + 1;
      return ended.done;
    }
    this.#counts["falls"] = (this.#counts["falls"] ?? 0) + 1;
    this.#events.push(`${name}: ${ended.fell}`);
    if (again !== undefined) this.#agenda.add(this.#machine.clock.now() + AGAIN_MS, again);
    return undefined;
  }

  #fault(): Fault {
    const random = this.#random;
    return {
      kind: random.pick(["killed", "killed", "unreachable", "refuses"]),
      store: random.pick(["hot", "hot", "hot", "keys", "evidence", "archive"]),
      verb: random.pick(["put", "put", "delete", "get", "list"]),
      nth: 1 + random.below(random.pick([2, 6, 20, 60])),
    };
  }

  #note(broken: readonly string[]): void {
    this.#broken.push(...fewOf(broken));
  }
}

const addMonths = (day: string, months: number): string => {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 10);
};

/** Evidence is not among them: it grows with every act, and nobody may shorten it. */
const growing = (days: readonly SimulatedDay[]): readonly string[] =>
  (["hotBytes", "hotObjects", "archiveBytes", "archiveObjects"] as const)
    .filter((what) => days.length >= BOUNDED_AFTER_DAYS && !isBounded(days.map((day) => day[what])))
    .map((what) => `${days.at(-1)?.day}: ${what} have not stopped growing`);
