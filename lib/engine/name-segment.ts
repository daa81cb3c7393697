/**
 * A segment of an object's name for any text: lower case letters, digits, hyphens and dots as they are, every other byte as
 * `_` and two hexadecimal digits. Capitals too, so that no two texts meet on a disk that does not tell them apart.
 */
export const nameSegment = (text: string): string =>
  text.replaceAll(/[^a-z0-9.-]|^\./gu, (character) =>
    [...Buffer.from(character, "utf8")].map((byte) => `_${byte.toString(16).padStart(2, "0")}`).join(""),
  );
