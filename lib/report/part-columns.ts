import type { PartId } from "../model/audit.ts";
import type { Columns } from "./table.ts";

/** The columns that name a part. Whoever reads the page sees which store it is in by what the part is of. */
export const partColumns = <Row extends { readonly part: PartId }>(text: Columns<Row>["text"]) => [
  text("store", undefined, (row) => row.part.store),
  text("id", "Of", (row) => row.part.id),
  text("class", "Class", (row) => row.part.class),
];
