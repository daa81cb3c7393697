/** A name as SQL takes it, always quoted: no list of key words can be out of date. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const qualified = (schema: string, name: string): string => `${quoteName(schema)}.${quoteName(name)}`;

export const quoteLiteral = (text: string): string => {
  const doubled = text.replaceAll("'", "''");
  return text.includes("\\") ? `E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
};

/** A name as PostgreSQL's `%I` writes it where it is plain, without quotes; key words apart. */
export const unquoteName = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;

/** One quoted or plain name, and a qualified one, in the text of captured statements. */
export const NAME = '(?:"(?:[^"]|"")+"|[^\\s".,()]+)';
export const QUALIFIED = `${NAME}\\.${NAME}`;

/** Splits a qualified name of a captured statement into its unquoted parts. */
export const splitQualified = (name: string): readonly [schema: string, name: string] | undefined => {
  const found = new RegExp(`^(${NAME})\\.(${NAME})$`).exec(name);
  return found === null ? undefined : [unquoteName(found[1] as string), unquoteName(found[2] as string)];
};

/** Whether SQL text names an object, not as a part of a longer name. */
export const mentions = (sql: string, name: string): boolean => {
  for (let at = sql.indexOf(name); at >= 0; at = sql.indexOf(name, at + 1)) {
    const before = at === 0 ? "" : (sql[at - 1] as string);
    const after = sql[at + name.length] ?? "";
    if (!/[\w$".]/.test(before) && !/[\w$".]/.test(after)) return true;
  }
  return false;
};
