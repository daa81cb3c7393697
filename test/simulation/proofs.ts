import { listArchiveParts } from "../../lib/engine/archive/list-archive-parts.ts";
import { listPoints } from "../../lib/engine/points.ts";
import type { Vault } from "../../lib/engine/vault.ts";
import { verifyArchives } from "../../lib/operations/archive.ts";
import { verifyVault } from "../../lib/operations/verify.ts";
import { type Ledger, partName, type ShownPart } from "./ledger.ts";
import { InsideView, namesIn } from "./look-inside.ts";
import type { Machine } from "./machine.ts";
import { AGED_CLASS } from "./policy.ts";
import { earliestEnd } from "./promised-end.ts";

const HOUR_MS = 3_600_000;
const SHOWN_MAX = 5;
const WORD = /[KB]-\d{7}-[kb]/;

/** Looks at the machine from outside and says what is not as it was promised. */
export class Proofs {
  readonly #machine: Machine;
  readonly #ledger: Ledger;
  readonly #inside = new InsideView();
  /** Parts that were seen to be gone. */
  readonly #gone = new Set<string>();
  /** Words that were looked for after their last deadline, and not found. */
  readonly #wordsGone = new Set<string>();
  /** Parts that are held, and those that were and wait for the next run of the worker. */
  readonly #held = new Set<string>();
  readonly #letGo = new Set<string>();

  constructor(machine: Machine, ledger: Ledger) {
    this.#machine = machine;
    this.#ledger = ledger;
  }

  get partsGone(): number {
    return this.#gone.size;
  }

  get daysGone(): number {
    return [...this.#gone].filter((name) => name.includes(` ${AGED_CLASS}_`)).length;
  }

  get wordsGone(): number {
    return this.#wordsGone.size;
  }

  hold(names: readonly string[]): void {
    for (const name of names) this.#held.add(name);
  }

  letGo(names: readonly string[]): void {
    for (const name of names) {
      this.#held.delete(name);
      this.#letGo.add(name);
    }
  }

  /** What holds at every instant, whatever died: no part at its deadline, and nothing gone that was still promised. */
  async atAnyTime(): Promise<readonly string[]> {
    const broken: string[] = [];
    const now = this.#machine.clock.now();
    const there = await this.#parts(await this.#machine.open());
    for (const [name, part] of this.#ledger.parts) {
      if (this.#gone.has(name)) continue;
      const { named, readable } = { named: there.named.has(name), readable: there.readable.has(name) };
      const isKept = this.#held.has(name) || this.#letGo.has(name);
      if ((named || readable) && now >= part.deadline && !isKept) broken.push(`${name} is there at its deadline`);
      // An archive's key goes first and its document last: until the locks have ended it says what it was.
      if (named && !readable && part.store === "hot") broken.push(`${name} is named and its key is gone`);
      if (readable || (named && part.store === "hot")) continue;
      this.#gone.add(name);
      if (this.#held.has(name)) broken.push(`${name} went although it is held`);
      const early = earliestEnd(part.from, part.deadline) - now;
      if (early > 0) broken.push(`${name} went ${hours(early)} too early`);
    }
    return broken;
  }

  /** What holds when the worker has come to its end: nothing is left of what went, and all of what stays is whole. */
  async afterExpiry(): Promise<readonly string[]> {
    this.#letGo.clear();
    const broken = [...(await this.atAnyTime())];
    const { clock, archive } = this.#machine;
    const vault = await this.#machine.open();
    const shown = new Set(this.#staying().flatMap((part) => part.words));
    const readable = await this.#inside.readable(vault, archive);
    for (const [word, where] of readable)
      if (!shown.has(word)) broken.push(`${word} can still be read, in ${where}, and no part shows it`);
    for (const word of shown) if (!readable.has(word)) broken.push(`${word} is shown by a part and cannot be read`);
    const { left, missing } = await this.#inside.unneeded(vault, await listPoints(vault.hot));
    broken.push(...missing.map((name) => `${name} is missing`), ...left.map((name) => `${name} is needed by nothing`));
    const world = { ...quiet, vault, archive, clock };
    const { problems } = await verifyVault(world, { level: "list" });
    const { problems: ofArchives } = await verifyArchives(world, "all", "list");
    broken.push(...[...problems, ...ofArchives].map(({ message }) => message));
    return broken;
  }

  /** No word can be read after the last deadline of all parts that showed it; none lies anywhere in clear. */
  async ofTheDay(): Promise<readonly string[]> {
    const broken: string[] = [];
    const { evidence, hot, keyStore, archive, said, clock } = this.#machine;
    const readable = await this.#inside.readable(await this.#machine.open(), archive);
    const held = new Set(this.#staying().flatMap((part) => (this.#isKept(part) ? part.words : [])));
    for (const part of this.#ledger.parts.values())
      for (const word of part.words) {
        if (this.#wordsGone.has(word) || this.#ledger.lastDeadline(word) > clock.now() || held.has(word)) continue;
        const where = readable.get(word);
        if (where === undefined) this.#wordsGone.add(word);
        else broken.push(`${word} can be read after its last deadline, in ${where}`);
      }
    for (const [place, store] of Object.entries({ evidence, hot, keys: keyStore }))
      broken.push(
        ...(await this.#inside.clear(store, place)).map((name) => `${name} holds a word of the shop in clear`),
      );
    if (said.some((line) => WORD.test(line))) broken.push("a word of the shop was said on standard error");
    return broken;
  }

  /** Parts that something names, and parts whose key is there. */
  async #parts(vault: Vault): Promise<{ readonly named: ReadonlySet<string>; readonly readable: ReadonlySet<string> }> {
    const points = await listPoints(vault.hot);
    const archives = (await listArchiveParts(this.#machine.archive)).parts;
    const keys = (await namesIn(vault.stores.keys)).map((name) => name.split("/"));
    return {
      named: new Set([
        ...points.flatMap(({ id, parts }) => parts.map((ref) => partName({ store: "hot", id, class: ref.class }))),
        ...archives.map((part) => partName({ store: "archive", id: part.id, class: part.class })),
      ]),
      readable: new Set(
        keys.flatMap(([kind, ...rest]) => {
          const [id, className = ""] = [rest.slice(0, -1).join("/"), rest.at(-1)];
          if (kind === "parts") return [partName({ store: "hot", id, class: className })];
          return kind === "archives" ? [partName({ store: "archive", id, class: className })] : [];
        }),
      ),
    };
  }

  #isKept(part: ShownPart): boolean {
    return this.#held.has(partName(part)) || this.#letGo.has(partName(part));
  }

  #staying(): readonly ShownPart[] {
    return [...this.#ledger.parts.values()].filter((part) => !this.#gone.has(partName(part)));
  }
}

/** The first of many. */
export const fewOf = (broken: readonly string[]): readonly string[] =>
  broken.length <= SHOWN_MAX
    ? broken
    : [...broken.slice(0, SHOWN_MAX), `and ${broken.length - SHOWN_MAX} more like these`];

const quiet = { progress: () => undefined, signal: new AbortController().signal };

const hours = (ms: number): string => `${(ms / HOUR_MS).toFixed(1)} h`;
