import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  consistencyHolds,
  consistencyPath,
  GrowingTree,
  type Hash,
  inclusionHolds,
  inclusionPath,
  leafHash,
  rootOf,
} from "../../lib/engine/merkle.ts";

const LEAVES_MAX = 70;

/** The vectors of Certificate Transparency's own reference tests, for a tree of the first one to eight of these leaves. */
const VECTORS = [
  ["", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"],
  ["00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
  ["10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"],
  ["2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"],
  ["3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"],
  ["40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"],
  ["5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"],
  ["606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"],
] as const;

/** The definition, word for word: MTH({}) = SHA-256(), MTH({d}) = SHA-256(0 || d), MTH(D) = SHA-256(1 || MTH || MTH). */
const naiveRoot = (entries: readonly Buffer[]): Hash => {
  const sha = (...pieces: Uint8Array[]) => createHash("sha256").update(Buffer.concat(pieces)).digest();
  const [only] = entries;
  if (only === undefined) return sha();
  if (entries.length === 1) return sha(Buffer.of(0), only);
  const split = 2 ** Math.ceil(Math.log2(entries.length) - 1);
  return sha(Buffer.of(1), naiveRoot(entries.slice(0, split)), naiveRoot(entries.slice(split)));
};

const entriesOf = (count: number): readonly Buffer[] => Array.from({ length: count }, (_, at) => Buffer.from(`${at}`));
const leavesOf = (count: number): readonly Hash[] => entriesOf(count).map(leafHash);

test("trees of one to eight leaves have the roots of Certificate Transparency's reference tests", () => {
  const tree = new GrowingTree();
  for (const [entry, root] of VECTORS) {
    tree.add(leafHash(Buffer.from(entry, "hex")));
    expect(tree.root().toString("hex")).toBe(root);
  }
});

test("a growing tree has at every size the root of the definition", () => {
  const tree = new GrowingTree();
  for (let size = 0; size <= LEAVES_MAX; size++) {
    expect(tree.size).toBe(size);
    expect(tree.root()).toEqual(naiveRoot(entriesOf(size)));
    tree.add(leafHash(Buffer.from(`${size}`)));
  }
});

test("every leaf of every small tree is proven to be in it, by as many hashes as the tree is deep", () => {
  for (let size = 1; size <= LEAVES_MAX; size++) {
    const leaves = leavesOf(size);
    const root = naiveRoot(entriesOf(size));
    leaves.forEach((leaf, index) => {
      const path = inclusionPath(leaves, index);
      expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
      expect(inclusionHolds({ leaf, index, size, path, root })).toBe(true);
    });
  }
});

test("every small tree is proven to have grown from every smaller one", () => {
  for (let size = 1; size <= LEAVES_MAX; size++) {
    const leaves = leavesOf(size);
    for (let before = 1; before <= size; before++)
      expect(
        consistencyHolds({
          before: { size: before, root: naiveRoot(entriesOf(before)) },
          after: { size, root: naiveRoot(entriesOf(size)) },
          path: consistencyPath(leaves, before),
        }),
        `from ${before} to ${size}`,
      ).toBe(true);
  }
});

const sizes = fc
  .integer({ min: 1, max: LEAVES_MAX })
  .chain((size) => fc.record({ size: fc.constant(size), index: fc.nat(size - 1), at: fc.nat(), bit: fc.nat(255) }));

const flipped = (hash: Hash, bit: number): Hash => {
  const bytes = Buffer.from(hash);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bytes;
};

const flippedAt = (path: readonly Hash[], at: number, bit: number): readonly Hash[] =>
  path.map((hash, index) => (index === at % path.length ? flipped(hash, bit) : hash));

test("an inclusion does not hold with one bit changed anywhere, at another place, or with a hash more or less", () => {
  fc.assert(
    fc.property(sizes, ({ size, index, at, bit }) => {
      const leaves = leavesOf(size);
      const root = rootOf(leaves);
      const leaf = leaves[index] as Hash;
      const path = inclusionPath(leaves, index);
      const holds = { leaf, index, size, path, root };
      expect(inclusionHolds({ ...holds, leaf: flipped(leaf, bit) })).toBe(false);
      expect(inclusionHolds({ ...holds, root: flipped(root, bit) })).toBe(false);
      expect(inclusionHolds({ ...holds, path: [...path, root] })).toBe(false);
      expect(inclusionHolds({ ...holds, index: size })).toBe(false);
      expect(inclusionHolds({ ...holds, index: -1 })).toBe(false);
      expect(inclusionHolds({ ...holds, index: index + 0.5 })).toBe(false);
      if (size === 1) return;
      expect(inclusionHolds({ ...holds, index: (index + 1) % size })).toBe(false);
      expect(inclusionHolds({ ...holds, path: path.slice(1) })).toBe(false);
      expect(inclusionHolds({ ...holds, path: flippedAt(path, at, bit) })).toBe(false);
    }),
  );
});

test("a consistency does not hold with one bit changed anywhere, between other sizes, or with a hash more or less", () => {
  fc.assert(
    fc.property(sizes, ({ size, index, at, bit }) => {
      const leaves = leavesOf(size);
      const before = { size: index + 1, root: rootOf(leaves.slice(0, index + 1)) };
      const after = { size, root: rootOf(leaves) };
      const path = consistencyPath(leaves, before.size);
      const holds = { before, after, path };
      expect(consistencyHolds(holds)).toBe(true);
      expect(consistencyHolds({ ...holds, before: { ...before, root: flipped(before.root, bit) } })).toBe(false);
      expect(consistencyHolds({ ...holds, after: { ...after, root: flipped(after.root, bit) } })).toBe(false);
      expect(consistencyHolds({ ...holds, path: [...path, after.root] })).toBe(false);
      expect(consistencyHolds({ ...holds, before: { ...before, size: 0 } })).toBe(false);
      expect(consistencyHolds({ ...holds, before: { ...before, size: size + 1 } })).toBe(false);
      if (path.length === 0) return;
      expect(consistencyHolds({ ...holds, path: path.slice(1) })).toBe(false);
      expect(consistencyHolds({ ...holds, path: [] })).toBe(false);
      expect(consistencyHolds({ ...holds, path: flippedAt(path, at, bit) })).toBe(false);
    }),
  );
});

test("a tree that was changed below a size has no proof from what it was to what it is", () => {
  fc.assert(
    fc.property(sizes, ({ size, index, at }) => {
      const leaves = leavesOf(size);
      const changed = leaves.map((leaf, place) => (place === at % (index + 1) ? leafHash(Buffer.from("other")) : leaf));
      const before = { size: index + 1, root: rootOf(leaves.slice(0, index + 1)) };
      const after = { size, root: rootOf(changed) };
      expect(consistencyHolds({ before, after, path: consistencyPath(changed, before.size) })).toBe(false);
    }),
  );
});
