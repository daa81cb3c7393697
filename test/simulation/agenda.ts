import type { EpochMs } from "../../lib/model/units.ts";

interface Entry {
  readonly at: EpochMs;
  readonly act: () => Promise<void>;
}

/** What is to be done and when. Whoever runs may put more on it. */
export class Agenda {
  #entries: Entry[] = [];

  add(at: EpochMs, act: () => Promise<void>): void {
    this.#entries.push({ at, act });
  }

  /** Takes the next entry that lies before an instant. */
  next(before: EpochMs): Entry | undefined {
    const [first] = this.#entries.filter((entry) => entry.at < before).toSorted((a, b) => a.at - b.at);
    this.#entries = this.#entries.filter((entry) => entry !== first);
    return first;
  }
}
