import { readPage } from "./pages.ts";

const ROW = /^\| `([^`]+)` \| (?:\[[^\]]+\]\(#([^)]+)\))?/gm;

/**
 * Fields that docs/json.md documents, by schema: paths like `tables[].rows`, where `<name>` stands for any one name. A
 * field whose type is a link to another section has that section's fields.
 */
export const documentedFields = (): ReadonlyMap<string, readonly string[]> => {
  const sections = new Map(
    readPage("docs/json.md")
      .text.split(/^## `/m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf("`")), [...section.matchAll(ROW)]]),
  );
  const fieldsOf = (name: string): readonly string[] => {
    const rows = sections.get(name);
    if (rows === undefined) throw new Error(`docs/json.md has no section ${name}`);
    return rows.flatMap(([, path = "", shape]) =>
      shape === undefined ? [path] : fieldsOf(shape).map((field) => `${path}.${field}`),
    );
  };
  const schemas = [...sections.keys()].filter((name) => name.startsWith("lastgood."));
  return new Map(schemas.map((schema) => [schema, fieldsOf(schema)]));
};

/** Paths of everything in a value that is no object and no list; lists count by what is in them. */
export const pathsOf = (value: unknown, at = ""): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, `${at}[]`));
  if (value === null || typeof value !== "object") return [at];
  return Object.entries(value).flatMap(([name, field]) => pathsOf(field, at === "" ? name : `${at}.${name}`));
};

/** Whether a documented path covers one that was printed. */
export const covers = (documented: string, path: string): boolean => {
  const segments = documented.split(/<[^>]+>/).map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${segments.join("[^.[\\]]+")}$`).test(path);
};
