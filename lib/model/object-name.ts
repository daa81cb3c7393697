const NAME_BYTES_MAX = 512;
const SEGMENT_BYTES_MAX = 255; // What file systems allow: a vault can be copied from a bucket to a disk as it is.
const ALPHABET = /^[a-zA-Z0-9._/-]*$/;
const SHOWN_CHARS_MAX = 80;

/**
 * Throws TypeError unless the name is one that every store can hold: 1 to 512 bytes of `a-z A-Z 0-9 . _ - /`, segments
 * of 1 to 255 bytes, none of them `.` or `..`. So no name leaves its store's directory or means two things.
 */
export function checkObjectName(name: string): void {
  if (name.length === 0) throw new TypeError("an object name is empty");
  check(name, name.split("/"));
}

/** The same for the start of a name: its last segment may be cut anywhere, and all of it may be empty. */
export function checkObjectPrefix(prefix: string): void {
  check(prefix, prefix.split("/").slice(0, -1));
}

/** Whether a name of a file could be a segment of an object's name. */
export const isObjectSegment = (segment: string): boolean =>
  segment.length > 0 &&
  segment.length <= SEGMENT_BYTES_MAX &&
  segment !== "." &&
  segment !== ".." &&
  !segment.includes("/") &&
  ALPHABET.test(segment);

// Every character of the alphabet is one byte, so lengths in characters are lengths in bytes.
function check(text: string, segments: readonly string[]): void {
  if (text.length <= NAME_BYTES_MAX && ALPHABET.test(text) && segments.every(isObjectSegment)) return;
  const shown = JSON.stringify(text.slice(0, SHOWN_CHARS_MAX));
  throw new TypeError(`${shown} is no object name: 1 to 512 of a-z A-Z 0-9 . _ - /, segments of 1 to 255, no . or ..`);
}
