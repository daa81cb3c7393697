import { type Hash, nodeHash } from "./merkle.ts";

/**
 * Inclusion paths of several leaves of one tree (RFC 9162, section 2.1.3), each level reckoned once: a path alone costs as
 * many hashes as the tree has leaves.
 */
export const inclusionPaths = (
  leaves: readonly Hash[],
  indexes: readonly number[],
): ReadonlyMap<number, readonly Hash[]> => {
  const paths = new Map<number, Hash[]>(indexes.map((index) => [index, []]));
  let level = leaves;
  for (let height = 1; level.length > 1; height *= 2) {
    for (const [index, path] of paths) {
      const at = Math.floor(index / height);
      const sibling = level[at % 2 === 0 ? at + 1 : at - 1];
      // The last of an odd number goes up as it is.
      if (sibling !== undefined) path.push(sibling);
    }
    const above: Hash[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at] as Hash, level[at + 1]];
      above.push(right === undefined ? left : nodeHash(left, right));
    }
    level = above;
  }
  return paths;
};
