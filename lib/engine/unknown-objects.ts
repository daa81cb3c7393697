import type { ObjectFacts, ObjectStore } from "../ports/object-store.ts";
import { isChunkName } from "./sweep-names.ts";

const SEGMENT = "[^/]+";
/** Names that something of ours writes (FORMAT.md, section 1): whoever wrote one knows when it goes. */
const OURS = new RegExp(
  `^(${[
    "vault\\.json",
    `points/${SEGMENT}/\\d{6}\\.json`,
    `parts/${SEGMENT}/${SEGMENT}\\.\\d{6}`,
    `pages/${SEGMENT}/${SEGMENT}/[0-9a-f]{16}`,
    `intents/${SEGMENT}/${SEGMENT}\\.json`,
    `work/.+`,
    `expiring/${SEGMENT}/${SEGMENT}/${SEGMENT}\\.json`,
    "clock/[0-9a-f]{16}",
  ].join("|")})$`,
);

export const isOurs = (name: string): boolean => isChunkName(name) || OURS.test(name);

/** Objects of a hot store that Lastgood never named: somebody's copy of something. Costs a listing of all of it. */
export async function* unknownObjects(hot: ObjectStore): AsyncGenerator<ObjectFacts> {
  for await (const facts of hot.list("")) if (!isOurs(facts.name)) yield facts;
}
