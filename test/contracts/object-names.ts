import fc from "fast-check";

/** What stores of every kind promise of their names and listings: model/object-name.ts has the rules. */

export const listed = async <Facts>(listing: AsyncIterable<Facts>): Promise<Facts[]> => {
  const found: Facts[] = [];
  for await (const facts of listing) found.push(facts);
  return found;
};

export const inByteOrder = (names: readonly string[]): readonly string[] =>
  names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** Names whose order is another one in a directory's walk, in a dictionary or with a slash before all else. */
export const ORDERED_ODDLY = [
  "ab/x",
  "abc",
  "ab-1",
  "ab.d/y",
  "ab/x0/z",
  "ab/x-",
  "Ab",
  "b",
  "ab0",
  "ab/w",
  "ab_",
  "aB/x",
];

/** Prefixes of some of them: of all, of none, of one as a whole, and in the middle of a segment. */
export const PREFIXES = ["", "ab", "ab/", "ab/x", "ab/x0/", "a", "abc", "abcd", "b/", "zz", "ab/x0/z", "ab/x0/z/"];

const segment = fc.string({ unit: fc.constantFrom("a", "b", "-", ".", "_", "0", "Z"), minLength: 1, maxLength: 3 });

const drawnName = fc
  .array(segment, { minLength: 1, maxLength: 3 })
  .filter((segments) => segments.every((one) => one !== "." && one !== ".."))
  .map((segments) => segments.join("/"));

/** Any names of which none is another's directory, and any prefix. */
export const drawnNames = (namesMax: number) =>
  fc.tuple(
    fc
      .uniqueArray(drawnName, { maxLength: namesMax })
      .map((drawn) => drawn.filter((one) => !drawn.some((two) => two.startsWith(`${one}/`)))),
    drawnName,
  );

/** The last two have the longest segments there may be, and 512 bytes in all. */
export const FINE_NAMES = [
  "a",
  "...",
  ".hidden",
  "-",
  "_",
  "A.b_c-9",
  `${"n".repeat(255)}/${"m".repeat(255)}`,
  `${"n".repeat(255)}/${"m".repeat(254)}/o`,
];

export const BAD_NAMES = [
  "",
  "/",
  "/etc/passwd",
  "a/",
  "a//b",
  ".",
  "..",
  "../a",
  "a/../b",
  "a/..",
  "a/./b",
  "~incoming",
  "~incoming/x",
  "a b",
  "a\\b",
  "a\0b",
  "a\n",
  "é",
  "ａ",
  "a%2fb",
  "C:a",
  "s".repeat(256),
  `${"n/".repeat(256)}m`,
];

export const BAD_PREFIXES = ["/", "../", "a/../", "a//", "./a", "a b", "~", "é", "n/".repeat(257)];
