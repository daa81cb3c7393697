import fc from "fast-check";
import { expect, test } from "vitest";
import { planFolds, type TableChain } from "../../lib/engine/fold-plan.ts";

const chain = (pointId: string, ...layers: string[]): TableChain => ({ pointId, class: "raw", table: "t", layers });
const made = (chains: readonly TableChain[]) => planFolds(chains).folds.map(({ from, to }) => `${from}>${to}`);
const after = (chains: readonly TableChain[]) => planFolds(chains).rebased.map((one) => [one.pointId, ...one.layers]);

test("a chain whose points all stay is left alone", () => {
  const chains = [chain("a", "a"), chain("b", "a", "b"), chain("c", "a", "b"), chain("d", "a", "b", "d")];
  expect(planFolds(chains)).toMatchObject({ folds: [], rebased: [] });
});

test("when the oldest is gone the next becomes the base of all, made once", () => {
  const chains = [chain("b", "a", "b"), chain("c", "a", "b", "c"), chain("d", "a", "b", "c", "d")];
  expect(made(chains)).toEqual([">b"]);
  expect(after(chains)).toEqual([
    ["b", "b"],
    ["c", "b", "c"],
    ["d", "b", "c", "d"],
  ]);
});

test("when one in the middle is gone its delta is merged into the next", () => {
  const chains = [chain("a", "a"), chain("c", "a", "b", "c"), chain("d", "a", "b", "c", "d")];
  expect(made(chains)).toEqual(["a>c"]);
  expect(after(chains)).toEqual([
    ["c", "a", "c"],
    ["d", "a", "c", "d"],
  ]);
});

test("a fold stopped between two points is continued with what it made", () => {
  const chains = [
    chain("b", "b"),
    chain("c", "a", "b", "c"),
    chain("e", "a", "b", "c", "d", "e"),
    chain("f", "a", "b", "c", "e", "f"),
  ];
  expect(made(chains)).toEqual([]);
  expect(after(chains)).toEqual([
    ["c", "b", "c"],
    ["e", "b", "c", "e"],
    ["f", "b", "c", "e", "f"],
  ]);
});

test("tables of other classes, and of other bases, have nothing to do with each other", () => {
  const chains = [chain("b", "a", "b"), { ...chain("b", "b"), class: "personal" }, chain("z", "y", "z")];
  expect(made(chains)).toEqual([">b", ">z"]);
});

test("whatever points stay, each keeps its own state, and no state that none shows is led through", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 1 }),
      fc.uniqueArray(fc.nat({ max: 12 })),
      (staying, unchanged) => {
        const all = Array.from({ length: 13 }, (_, i) => i);
        const layersAt = (i: number) =>
          all
            .slice(0, i + 1)
            .filter((n) => n === 0 || !unchanged.includes(n))
            .map(String);
        const chains = staying.map((i) => chain(`p${i}`, ...layersAt(i)));
        const plan = planFolds(chains);
        const now = chains.map((one) => plan.rebased.find(({ pointId }) => pointId === one.pointId) ?? one);
        const shown = new Set(chains.map((one) => one.layers.at(-1)));
        now.forEach((one, i) => {
          expect(one.layers.at(-1)).toBe(chains[i]?.layers.at(-1));
          for (const layer of one.layers) expect(shown).toContain(layer);
        });
        // What is planned is all there is to do.
        expect(planFolds(now).rebased).toEqual([]);
        for (const fold of plan.folds) expect(shown).toContain(fold.to);
      },
    ),
  );
});
