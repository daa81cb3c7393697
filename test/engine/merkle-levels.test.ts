import fc from "fast-check";
import { expect, test } from "vitest";
import { inclusionHolds, inclusionPath, leafHash, rootOf } from "../../lib/engine/merkle.ts";
import { inclusionPaths } from "../../lib/engine/merkle-levels.ts";

const leavesOf = (size: number) => Array.from({ length: size }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));

test("every path of every small tree is the path of RFC 9162, and proves its leaf", () => {
  for (let size = 1; size <= 40; size++) {
    const leaves = leavesOf(size);
    const root = rootOf(leaves);
    const indexes = leaves.map((_, index) => index);
    for (const [index, path] of inclusionPaths(leaves, indexes)) {
      expect(path, `${index} of ${size}`).toEqual(inclusionPath(leaves, index));
      expect(inclusionHolds({ leaf: leaves[index] as Buffer, index, size, path, root })).toBe(true);
    }
  }
});

test("paths asked for together are those asked for alone", () => {
  const sizes = fc.integer({ min: 1, max: 300 });
  const asked = sizes.chain((size) =>
    fc.record({ size: fc.constant(size), indexes: fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 20 }) }),
  );
  fc.assert(
    fc.property(asked, ({ size, indexes }) => {
      const leaves = leavesOf(size);
      const paths = inclusionPaths(leaves, indexes);
      expect([...paths.keys()]).toEqual(indexes);
      for (const [index, path] of paths) expect(path).toEqual(inclusionPath(leaves, index));
    }),
    { numRuns: 50 },
  );
});
