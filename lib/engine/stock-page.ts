import type { PageRef } from "../model/point.ts";
import type { FoundNames } from "./found-names.ts";
import { pageChunkNames } from "./page.ts";
import type { PageWork } from "./verify-pages.ts";

type PagePlace = Pick<PageWork, "source" | "problems" | "where">;

/**
 * Looks for a page and its chunks by listings and the names in its clear header. Whether those are the names of its chunks is
 * seen when it is read.
 * @returns whether all is there
 */
export const lookAtPage = async (found: FoundNames, place: PagePlace, page: PageRef): Promise<boolean> => {
  const { problems, where } = place;
  const { store } = place.source;
  const about = { ...where, object: page.name };
  const before = problems.all.length;
  const own = found.nameObject(page.name);
  const names = await problems.attempt(about, () => pageChunkNames(store, page.name));
  if (names === undefined) {
    if (problems.all.length === before)
      problems.add("OBJECT_MISSING", `object ${page.name} is missing from the vault`, about);
  } else if (names.length !== page.chunks)
    problems.add("DIGEST_MISMATCH", `page ${page.name} names ${names.length} chunks, expected ${page.chunks}`, about);
  else {
    let bytes = own?.bytes ?? Number.NaN;
    for (const name of names) bytes += found.nameChunk(name) ?? Number.NaN;
    // Younger than the listing, two chunks that share a print, or wrong: each is looked for before it is said to be wrong.
    if (bytes !== page.sealedBytes) await lookForEach(place, page, names);
  }
  return problems.all.length === before;
};

const lookForEach = async (
  { source: { store }, problems, where }: PagePlace,
  page: PageRef,
  names: readonly string[],
): Promise<void> => {
  let bytes = 0;
  let isWhole = true;
  for (const name of [page.name, ...names]) {
    const facts = await store.head(name);
    bytes += facts?.bytes ?? 0;
    if (facts !== undefined) continue;
    isWhole = false;
    problems.add("OBJECT_MISSING", `object ${name} is missing from the vault`, { ...where, object: name });
  }
  if (isWhole && bytes !== page.sealedBytes)
    problems.add(
      "OBJECT_CORRUPT",
      `page ${page.name} and its chunks have ${bytes} bytes, expected ${page.sealedBytes}`,
      {
        ...where,
        object: page.name,
      },
    );
};
