import { createHash } from "node:crypto";

/**
 * The Merkle tree of RFC 9162, section 2.1. A tree of more than one leaf splits after the largest power of two below its
 * size; leaves and nodes are hashed under a byte of their own, so that neither passes for the other.
 * https://www.rfc-editor.org/rfc/rfc9162#section-2.1
 */
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

export type Hash = Buffer;

export const leafHash = (bytes: Uint8Array): Hash => createHash("sha256").update(LEAF).update(bytes).digest();

export const nodeHash = (left: Hash, right: Hash): Hash =>
  createHash("sha256").update(NODE).update(left).update(right).digest();

/** A tree that only grows. It keeps the roots of the whole subtrees that it is made of: one for each bit of its size. */
export class GrowingTree {
  readonly #whole: { readonly leaves: number; readonly root: Hash }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(leaf: Hash): void {
    let added = { leaves: 1, root: leaf };
    for (let left = this.#whole.at(-1); left?.leaves === added.leaves; left = this.#whole.at(-1)) {
      added = { leaves: 2 * added.leaves, root: nodeHash(left.root, added.root) };
      this.#whole.pop();
    }
    this.#whole.push(added);
    this.#size += 1;
  }

  /** Of all leaves so far. */
  root(): Hash {
    const [last, ...others] = this.#whole.toReversed();
    if (last === undefined) return createHash("sha256").digest();
    return others.reduce((right, { root }) => nodeHash(root, right), last.root);
  }
}

export const rootOf = (leaves: readonly Hash[]): Hash => {
  const tree = new GrowingTree();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
};

/** What proves to whoever has the root that a leaf is in the tree (section 2.1.3.1). */
export const inclusionPath = (leaves: readonly Hash[], index: number): readonly Hash[] => {
  if (leaves.length <= 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...inclusionPath(left, index), rootOf(right)]
    : [...inclusionPath(right, index - split), rootOf(left)];
};

/** What proves to whoever has both roots that the tree of the first `size` leaves only grew (section 2.1.4.1). */
export const consistencyPath = (leaves: readonly Hash[], size: number): readonly Hash[] => subproof(leaves, size, true);

const subproof = (leaves: readonly Hash[], size: number, isWholeTree: boolean): readonly Hash[] => {
  if (size === leaves.length) return isWholeTree ? [] : [rootOf(leaves)];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return size <= split
    ? [...subproof(left, size, isWholeTree), rootOf(right)]
    : [...subproof(right, size - split, false), rootOf(left)];
};

/** The largest power of two below a size of two or more. */
const splitOf = (size: number): number => {
  let split = 1;
  while (2 * split < size) split *= 2;
  return split;
};

export interface Inclusion {
  readonly leaf: Hash;
  readonly index: number;
  readonly size: number;
  readonly path: readonly Hash[];
  readonly root: Hash;
}

/** Section 2.1.3.2. */
export const inclusionHolds = ({ leaf, index, size, path, root }: Inclusion): boolean => {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  let [at, last] = [index, size - 1];
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else hash = nodeHash(hash, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && hash.equals(root);
};

export interface Consistency {
  readonly before: { readonly size: number; readonly root: Hash };
  readonly after: { readonly size: number; readonly root: Hash };
  readonly path: readonly Hash[];
}

/** Section 2.1.4.2; of two trees of one size, that they are one. */
export const consistencyHolds = ({ before, after, path }: Consistency): boolean => {
  if (!Number.isSafeInteger(before.size) || before.size < 1 || before.size > after.size) return false;
  if (before.size === after.size) return path.length === 0 && before.root.equals(after.root);
  // A whole tree's own root is where the proof begins, so it is left out of it.
  const [first, ...rest] = before.size === splitOf(2 * before.size) ? [before.root, ...path] : path;
  if (first === undefined) return false;
  let [at, last] = [before.size - 1, after.size - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  let [older, newer] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else newer = nodeHash(newer, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && older.equals(before.root) && newer.equals(after.root);
};

const isOdd = (number: number): boolean => number % 2 === 1;
/** A shift would lose what lies above 31 bits. */
const half = (number: number): number => Math.floor(number / 2);
