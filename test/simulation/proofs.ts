import { listPoints } from "../../lib/engine/points.ts";
import { partKeyName, type Vault } from "../../lib/engine/vault.ts";
import type { EpochMs } from "../../lib/model/units.ts";
import { verifyVault } from "../../lib/operations/verify.ts";
import { type Ledger, partName, type ShownPart } from "./ledger.ts";
import { InsideView, namesIn } from "./look-inside.ts";
import type { Machine } from "./machine.ts";

const HOUR_MS = 3_600_000;
/** Deletion lies this long before the deadline, or a sixth of the term where that is shorter; a run of the worker takes a while. */
const EARLY_MS_MAX = 12 * HOUR_MS;
const PROBLEMS_SHOWN = 5;

/** Looks at the machine from outside and says what is not as it was promised. */
export class Proofs {
  readonly #machine: Machine;
  readonly #ledger: Ledger;
  readonly #inside = new InsideView();
  /** Parts that were seen to be gone. */
  readonly #gone = new Set<string>();
  /** Words that were looked for after their last deadline, and not found. */
  readonly #wordsGone = new Set<string>();

  constructor(machine: Machine, ledger: Ledger) {
    this.#machine = machine;
    this.#ledger = ledger;
  }

  get partsGone(): number {
    return this.#gone.size;
  }

  get wordsGone(): number {
    return this.#wordsGone.size;
  }

  /** What holds at every instant, whatever died: no part at its deadline, and nothing gone that was still promised. */
  async atAnyTime(now: EpochMs, vault: Vault): Promise<readonly string[]> {
    const broken: string[] = [];
    const keys = new Set(await namesIn(vault.stores.keys, "parts/"));
    const points = new Map((await listPoints(vault.hot)).map((point) => [point.id, point]));
    for (const [name, part] of this.#ledger.parts) {
      if (this.#gone.has(name)) continue;
      const named = points.get(part.id)?.parts.some((one) => one.class === part.class) === true;
      const readable = keys.has(partKeyName(part.id, part.class));
      if ((named || readable) && now >= part.deadline) broken.push(`${name} is there at its deadline`);
      if (named && !readable) broken.push(`${name} is named by its point and its key is gone`);
      if (named || readable) continue;
      this.#gone.add(name);
      const earliest = part.deadline - Math.min(EARLY_MS_MAX, (part.deadline - part.startedAt) / 6);
      if (now < earliest) broken.push(`${name} went ${hours(earliest - now)} too early`);
    }
    return broken;
  }

  /** What holds when the worker has come to its end: nothing is left of what went, and all of what stays is whole. */
  async afterExpiry(now: EpochMs, vault: Vault): Promise<readonly string[]> {
    const broken = [...(await this.atAnyTime(now, vault))];
    const shown = new Set(this.#staying().flatMap((part) => part.words));
    const readable = await this.#inside.readable(vault);
    for (const [word, where] of readable)
      if (!shown.has(word)) broken.push(`${word} can still be read, in ${where}, and no part shows it`);
    for (const word of shown) if (!readable.has(word)) broken.push(`${word} is shown by a part and cannot be read`);
    const { left, missing } = await this.#inside.unneeded(vault, await listPoints(vault.hot));
    broken.push(...missing.map((name) => `${name} is missing`), ...left.map((name) => `${name} is needed by nothing`));
    const world = { ...quiet, vault, clock: this.#machine.clock };
    const { problems } = await verifyVault(world, { level: "list" });
    broken.push(...problems.map(({ message }) => message));
    return broken;
  }

  /** No word can be read after the last deadline of all parts that showed it; none lies anywhere in clear. */
  async ofTheDay(now: EpochMs, vault: Vault): Promise<readonly string[]> {
    const broken: string[] = [];
    const readable = await this.#inside.readable(vault);
    for (const part of this.#ledger.parts.values())
      for (const word of part.words) {
        if (this.#wordsGone.has(word) || this.#ledger.lastDeadline(word) > now) continue;
        const where = readable.get(word);
        if (where === undefined) this.#wordsGone.add(word);
        else broken.push(`${word} can be read after its last deadline, in ${where}`);
      }
    const { evidence, hot, keyStore, said } = this.#machine;
    for (const [place, store] of Object.entries({ evidence, hot, keys: keyStore }))
      broken.push(
        ...(await this.#inside.clear(store, place)).map((name) => `${name} holds a word of the shop in clear`),
      );
    if (said.some((line) => /[KB]-\d{7}-[kb]/.test(line))) broken.push("a word of the shop was said on standard error");
    return broken;
  }

  #staying(): readonly ShownPart[] {
    return [...this.#ledger.parts.values()].filter((part) => !this.#gone.has(partName(part)));
  }
}

/** The first of many. */
export const fewOf = (broken: readonly string[]): readonly string[] =>
  broken.length <= PROBLEMS_SHOWN
    ? broken
    : [...broken.slice(0, PROBLEMS_SHOWN), `and ${broken.length - PROBLEMS_SHOWN} more like these`];

const quiet = { progress: () => undefined, signal: new AbortController().signal };

const hours = (ms: number): string => `${(ms / HOUR_MS).toFixed(1)} h`;
