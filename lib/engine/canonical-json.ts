/** What JSON can say. A field that is not there is left out, never undefined. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * The one JSON text of a value (RFC 8785): no spaces, names in the order of their UTF-16 code units, numbers and strings as
 * JSON.stringify writes them. Whoever has the value has the bytes that were signed.
 * @throws TypeError  the value holds what JSON cannot say
 */
export const canonicalJson = (value: Json): string => {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value !== "object") throw new TypeError(`a ${typeof value} has no canonical JSON`);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  // The default order of sort is that of UTF-16 code units.
  const names = Object.keys(value).sort();
  const fields = value as { readonly [name: string]: Json };
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(fields[name] as Json)}`).join(",")}}`;
};

/** What JSON keeps of a value: fields that are undefined are left out, and what is undefined itself is null. */
export const plainJson = (value: unknown): Json => JSON.parse(JSON.stringify(value) ?? "null") as Json;
