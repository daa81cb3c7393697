import { expect, test } from "vitest";
import { messageLines, printable, styled } from "../../bin/terminal.ts";
import { fakeContext } from "./fake-context.ts";

test("control characters in a name are shown, not obeyed", () => {
  expect(printable("a\x1b[2Jb\rc\x07d\x9be\x7f")).toBe("a\\x1b[2Jb\\x0dc\\x07d\\x9be\\x7f");
});

test("line feeds, tabs, colours and letters of any script stay as they are", () => {
  const text = "a\n\tb \x1b[1;31mred\x1b[0m größe 表 🐘";
  expect(printable(text)).toBe(text);
});

test.each([
  ["a pipe", { isTTY: false }],
  ["NO_COLOR", { isTTY: true, env: { NO_COLOR: "1" } }],
  ["a dumb terminal", { isTTY: true, env: { TERM: "dumb" } }],
])("nothing is coloured for %s", (_, options) => {
  const context = fakeContext(options);
  expect(styled(context, context.stderr, "red", "x")).toBe("x");
});

test("a terminal gets colours; an empty NO_COLOR does not count", () => {
  const context = fakeContext({ isTTY: true, env: { NO_COLOR: "" } });
  expect(styled(context, context.stderr, "red", "x")).toBe("\x1b[31mx\x1b[39m");
});

test("a message goes above the rewritten line, which comes back below it", () => {
  const context = fakeContext({ isTTY: true });
  const lines = messageLines(context.stderr);
  lines.show("half way");
  lines.print("a note");
  expect(context.err()).toBe("half way\r\x1b[2Ka note\nhalf way");
});

test("the rewritten line never reaches the last column", () => {
  const context = fakeContext({ isTTY: true, columns: 10 });
  messageLines(context.stderr).show("0123456789abc");
  expect(context.err()).toBe("012345678");
});

test("a terminal that says it has no columns is taken for one of 80", () => {
  const context = fakeContext({ isTTY: true, columns: 0 });
  messageLines(context.stderr).show("x".repeat(100));
  expect(context.err()).toHaveLength(79);
});

test("nothing is rewritten where there is no terminal", () => {
  const context = fakeContext();
  messageLines(context.stderr).show("half way");
  expect(context.err()).toBe("");
});
