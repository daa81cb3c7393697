import type { Tier } from "../../lib/model/point.ts";
import type { EpochMs } from "../../lib/model/units.ts";
import { slicesOf } from "./ages.ts";
import { AGED_CLASS, CLASS_OF, TERMS } from "./policy.ts";
import type { SeenEvent, SeenTable, Shop } from "./shop.ts";

/** A part of a point or an archive, and what the database held when it was taken. */
export interface ShownPart {
  readonly store: "hot" | "archive";
  readonly id: string;
  readonly class: string;
  readonly tier: Tier;
  readonly startedAt: EpochMs;
  /** From when the term runs that ends first: the capture, or the day of its rows. */
  readonly from: EpochMs;
  readonly deadline: EpochMs;
  readonly words: readonly string[];
}

/** What an archive part is told to be. */
interface ArchivedFacts {
  readonly id: string;
  readonly class: string;
  readonly pointId: string;
  readonly schedule: string;
}

export const partName = ({ store, id, class: name }: Pick<ShownPart, "store" | "id" | "class">): string =>
  `${store} ${id} ${name}`;

/** What was captured, as the simulation itself saw it: neither told by the vault nor read from it. */
export class Ledger {
  readonly #shop: Shop;
  /** Every part that was ever taken. */
  readonly parts = new Map<string, ShownPart>();
  /** What the tables held at each point. */
  readonly seen = new Map<string, readonly SeenTable[]>();
  /** Rows of each part of the class whose rows leave by their age, by the part's name. */
  readonly #events = new Map<string, readonly SeenEvent[]>();
  /** The last instant by which a word must be gone. */
  readonly #lastDeadlines = new Map<string, EpochMs>();

  constructor(shop: Shop) {
    this.#shop = shop;
  }

  /** A point that was not there before: what the database holds now is what it shows. */
  async pointTaken(point: { readonly id: string; readonly tier: Tier; readonly startedAt: EpochMs }): Promise<void> {
    const seen = await this.#shop.look();
    this.seen.set(point.id, seen);
    const window = TERMS.windows[point.tier === "release" ? "release" : "hot"];
    const { startedAt: from } = point;
    for (const [name, max] of Object.entries(TERMS.classes)) {
      const ends = [await this.#ends(max, from), await this.#ends(window, from)];
      const whole = { ...point, store: "hot", from, deadline: Math.min(...ends) } as const;
      if (name === AGED_CLASS) await this.#slicesTaken(whole);
      else {
        const words = seen.filter((table) => CLASS_OF[table.name] === name).flatMap((table) => table.words);
        this.#add({ ...whole, class: name, words });
      }
    }
  }

  async #slicesTaken(whole: Omit<ShownPart, "class" | "words">): Promise<void> {
    const days = [];
    for (const { day, startsAt: from } of await this.#shop.daysBefore(whole.startedAt))
      days.push({ day, from, ends: await this.#ends(TERMS.rowAge, from) });
    const slices = slicesOf(await this.#shop.lookAtEvents(), days, whole.startedAt);
    for (const { class: name, rows, from, ends } of slices) {
      const byAge = ends < whole.deadline ? { from, deadline: ends } : {};
      const part = { ...whole, ...byAge, class: name, words: rows.flatMap(({ words }) => words) };
      this.#add(part);
      this.#events.set(partName(part), rows);
    }
  }

  /** Rows of the events that parts of a point show. */
  eventsIn(id: string, classes: readonly string[]): readonly string[] {
    const parts = classes.map((name) => partName({ store: "hot", id, class: name }));
    const rows = parts.flatMap((name) => this.#events.get(name) ?? []).map(({ row }) => row);
    return rows.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** When a word must be gone: the deadline of the last part that showed it. */
  lastDeadline(word: string): EpochMs {
    return this.#lastDeadlines.get(word) ?? Number.NEGATIVE_INFINITY;
  }

  /** An archive part that was not there before: it shows what its point showed. */
  async archiveMade(part: ArchivedFacts): Promise<void> {
    const name = partName({ store: "archive", id: part.id, class: part.class });
    const origin = this.parts.get(partName({ store: "hot", id: part.pointId, class: part.class }));
    if (this.parts.has(name) || origin === undefined) return;
    const ends = [
      await this.#ends(TERMS.classes[part.class] as string, origin.startedAt),
      await this.#ends(TERMS.archives[part.class]?.[part.schedule] as string, origin.startedAt),
    ];
    this.#add({ ...origin, store: "archive", id: part.id, tier: "archive", deadline: Math.min(...ends) });
  }

  #add(part: ShownPart): void {
    this.parts.set(partName(part), part);
    for (const word of part.words) this.#lastDeadlines.set(word, Math.max(part.deadline, this.lastDeadline(word)));
  }

  #ends(term: string, from: EpochMs): Promise<EpochMs> {
    return this.#shop.endOf(term, from);
  }
}
