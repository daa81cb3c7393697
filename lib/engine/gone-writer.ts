import { KeyList } from "./key-list.ts";
import type { ChangesTask, Lane, Stored } from "./lane.ts";
import { laneClass } from "./lane.ts";
import type { PageSum } from "./layer-writer.ts";
import { PAGE_KEY_BYTES_MAX, type PagePlace, putPage } from "./page.ts";

/** Writes the keys that are gone, in key order, as pages without chunks. */
export class GoneWriter {
  readonly #lane: Pick<Lane, "store" | "entropy" | "pointId" | "classes">;
  readonly #place: PagePlace;
  readonly #keys = new KeyList();
  readonly #pages: PageSum[] = [];

  constructor(
    lane: Pick<Lane, "store" | "entropy" | "pointId" | "classes">,
    task: Pick<ChangesTask, "class" | "tableId">,
  ) {
    this.#lane = lane;
    const { partKey } = laneClass(lane, task.class);
    this.#place = { class: task.class, table: task.tableId, pointId: lane.pointId, partKey };
  }

  async add(key: Buffer): Promise<void> {
    this.#keys.push(key, 0, key.length);
    if (this.#keys.byteLength >= PAGE_KEY_BYTES_MAX) await this.#flush();
  }

  async close(): Promise<readonly PageSum[]> {
    if (this.#keys.count > 0) await this.#flush();
    return this.#pages;
  }

  get stored(): Stored {
    const bytes = this.#pages.reduce((sum, page) => sum + page.ref.sealedBytes, 0);
    return { objects: this.#pages.length, bytes };
  }

  async #flush(): Promise<void> {
    const ref = await putPage(this.#lane.store, this.#lane.entropy, this.#place, { chunks: [], keys: this.#keys });
    this.#pages.push({ ref, sum: 0n, firstColumn: "", startsRange: false });
    this.#keys.clear();
  }
}
