import type { Tier } from "../../lib/model/point.ts";
import type { EpochMs } from "../../lib/model/units.ts";
import { CLASS_OF, POLICY, TERMS } from "./policy.ts";
import type { SeenTable, Shop } from "./shop.ts";

/** A part of a point or an archive, and what the database held when it was taken. */
export interface ShownPart {
  readonly store: "hot" | "archive";
  readonly id: string;
  readonly class: string;
  readonly tier: Tier;
  readonly startedAt: EpochMs;
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
    for (const [name, max] of Object.entries(TERMS.classes)) {
      const words = seen.filter((table) => CLASS_OF[table.name] === name).flatMap((table) => table.words);
      const ends = [await this.#ends(max, point.startedAt), await this.#ends(window, point.startedAt)];
      this.#add({ ...point, store: "hot", class: name, deadline: Math.min(...ends), words });
    }
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
    return this.#shop.endOf(term, from, POLICY.timeZone);
  }
}
