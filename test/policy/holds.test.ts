import { describe, expect, test } from "vitest";
import type { Hold, HoldRequest } from "../../lib/model/hold.ts";
import {
  approvalRefusal,
  holdOn,
  holdState,
  isHolding,
  releaseApprovalRefusal,
  releaseRefusal,
  requestRefusal,
  reviewsDue,
} from "../../lib/policy/holds.ts";

const AT = Date.UTC(2027, 0, 10);
const POLICY = { holders: ["ann", "ben", "cat"] };
const PART = { store: "hot", id: "p1", class: "people" } as const;
const REQUEST: HoldRequest = { basis: "Art. 17(3)(e) GDPR", matter: "case 7", parts: [PART], reviewAt: AT + 1000 };

const word = (by: string, at = AT) => ({ by, at });
const requested: Hold = { ...REQUEST, id: "h", requested: word("ann") };
const holding: Hold = { ...requested, approved: word("ben") };
const releasing: Hold = { ...holding, releaseRequested: { ...word("ben"), reason: "closed" } };
const released: Hold = { ...releasing, released: word("cat") };

test.each([
  ["requested", requested, false],
  ["holding", holding, true],
  ["release requested", releasing, true],
  ["released", released, false],
] as const)("a hold that is %s holds, or not", (state, hold, holds) => {
  expect(holdState(hold)).toBe(state);
  expect(isHolding(hold)).toBe(holds);
  expect(holdOn([hold], PART)).toBe(holds ? hold : undefined);
});

test.each([
  { ...PART, id: "p2" },
  { ...PART, class: "money" },
  { ...PART, store: "archive" as const },
])("a hold is on its own parts, not on %j", (part) => {
  expect(holdOn([holding], part)).toBeUndefined();
});

test("a hold on several parts holds each of them", () => {
  const other = { ...PART, class: "money" };
  const both = { ...holding, parts: [PART, other] };
  expect([holdOn([both], PART), holdOn([both], other)]).toEqual([both, both]);
});

test("of several holds on a part one that still holds is found: releasing one frees nothing that another holds", () => {
  const other = { ...holding, id: "other" };
  expect(holdOn([released, other], PART)).toBe(other);
});

describe("a request is refused", () => {
  const refusal = (change: Partial<HoldRequest>, by = "ann") =>
    requestRefusal(POLICY, { ...REQUEST, ...change }, word(by));
  test("never if it is whole", () => expect(refusal({})).toBeUndefined());
  test.each([
    ["of whoever is no holder", {}, "dan", "dan is no holder of the policy"],
    ["of a name in other letters", {}, "Ann", "Ann is no holder of the policy"],
    ["without a basis", { basis: " " }, "ann", "the basis has to be said in 1 to 200 characters on one line"],
    [
      "with a matter of two lines",
      { matter: "case\n7" },
      "ann",
      "the matter has to be said in 1 to 200 characters on one line",
    ],
    ["with a matter that is too long", { matter: "7".repeat(201) }, "ann", "the matter has to be said"],
    ["without parts", { parts: [] }, "ann", "no part is named"],
    ["with a part twice", { parts: [PART, { ...PART }] }, "ann", "a part is named twice"],
    ["with a review date that is now", { reviewAt: AT }, "ann", "the review date has passed already"],
    ["with one a millisecond too far away", { reviewAt: AT + 90 * 86_400_000 + 1 }, "ann", "more than 90 days away"],
  ])("%s", (_, change, by, reason) => expect(refusal(change, by)).toContain(reason));
  test("not at the limits", () => {
    const parts = [PART, { ...PART, class: "money" }];
    expect(refusal({ reviewAt: AT + 90 * 86_400_000, matter: "7".repeat(200), parts })).toBeUndefined();
    expect(refusal({ reviewAt: AT + 1 })).toBeUndefined();
  });
  test("by everybody where the policy names nobody", () =>
    expect(requestRefusal({ holders: [] }, REQUEST, word("ann"))).toBe(
      "the policy names no holders, so nobody may hold",
    ));
});

test.each([
  [requested, "ben", undefined],
  [requested, "ann", "ann requested it: another holder has to approve it"],
  [requested, "dan", "dan is no holder of the policy"],
  [holding, "cat", "it was approved by ben already"],
  [released, "ben", "it was approved by ben already"],
] as const)("an approval of %# by %s", (hold, by, refusal) => expect(approvalRefusal(POLICY, hold, by)).toBe(refusal));

test.each([
  [holding, "ann", "closed", undefined],
  [holding, "dan", "closed", "dan is no holder of the policy"],
  [requested, "ben", "closed", "nobody has approved it, so it holds nothing: there is nothing to release"],
  [releasing, "ann", "closed", "ben requested its release already"],
  [holding, "ann", "", "the reason has to be said in 1 to 200 characters on one line"],
  [holding, "ann", " ", "the reason has to be said in 1 to 200 characters on one line"],
  [holding, "ann", "7".repeat(201), "the reason has to be said in 1 to 200 characters on one line"],
  [holding, "ann", "7".repeat(200), undefined],
] as const)("a request to release %# by %s", (hold, by, reason, refusal) =>
  expect(releaseRefusal(POLICY, hold, by, reason)).toBe(refusal),
);

test.each([
  [releasing, "ann", undefined],
  [releasing, "ben", "ben requested its release: another holder has to approve it"],
  [releasing, "dan", "dan is no holder of the policy"],
  [holding, "ann", "nobody has requested its release"],
  [released, "ann", "it was released by cat already"],
] as const)("an approval of the release of %# by %s", (hold, by, refusal) =>
  expect(releaseApprovalRefusal(POLICY, hold, by)).toBe(refusal),
);

test("a review is due from its instant on, of what still holds", () => {
  const all = [requested, holding, releasing, released];
  expect(reviewsDue(all, REQUEST.reviewAt - 1)).toEqual([]);
  expect(reviewsDue(all, REQUEST.reviewAt)).toEqual([holding, releasing]);
});
