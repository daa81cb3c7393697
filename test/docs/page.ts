/** A fenced block of a page. */
export interface Block {
  /** What follows the opening fence: `console`, `sql`, `json`, or empty. */
  readonly language: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** A command of a console block, with the output the page shows for it. */
export interface Step {
  readonly command: string;
  readonly expected: readonly string[];
  readonly line: number;
}

const FENCE = /^ *```(.*)$/;

/** Every fenced block of a page, in order. */
export const blocksOf = (markdown: string): readonly Block[] => {
  const blocks: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  markdown.split("\n").forEach((line, i) => {
    const fence = FENCE.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { language: (fence[1] ?? "").trim(), line: i + 1, lines: [] };
    else {
      blocks.push({ language: open.language, text: open.lines.join("\n"), line: open.line });
      open = undefined;
    }
  });
  if (open !== undefined) throw new Error(`the block that opens in line ${open.line} is never closed`);
  return blocks;
};

/** Commands begin with `$ `; what follows each is its output. A command that ends with a backslash goes on in the next line. */
export const stepsOf = (block: Block): readonly Step[] => {
  const steps: { command: string; expected: string[]; line: number }[] = [];
  block.text.split("\n").forEach((text, i) => {
    const step = steps.at(-1);
    if (text.startsWith("$ ")) steps.push({ command: text.slice(2), expected: [], line: block.line + 1 + i });
    else if (step === undefined) throw new Error(`the console block in line ${block.line} begins without a command`);
    else if (step.expected.length === 0 && step.command.endsWith("\\")) step.command += `\n${text}`;
    else step.expected.push(text);
  });
  return steps;
};

/** Targets of the links that stay within the checkout, without their anchors. */
export const linksOf = (markdown: string): readonly string[] => {
  const prose = markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !target.includes("://"));
};

const PLACEHOLDER = /<[a-z][a-z ,-]*>/g;

/**
 * Whether output is what a page shows: line by line, where `<time>` or `<id>` stands for some text, `…` in a line for any
 * text, and a line that is `…` for any number of lines. Columns may be wider than on the page.
 */
export const fits = (expected: readonly string[], actual: readonly string[]): boolean => {
  const [first, ...rest] = trimmed(expected);
  const lines = trimmed(actual);
  if (first === undefined) return lines.length === 0;
  if (first === "…")
    return Array.from({ length: lines.length + 1 }, (_, i) => i).some((i) => fits(rest, lines.slice(i)));
  const [line, ...others] = lines;
  return line !== undefined && pattern(first).test(narrow(line)) && fits(rest, others);
};

const trimmed = (lines: readonly string[]): readonly string[] =>
  lines.at(-1)?.trim() === "" ? trimmed(lines.slice(0, -1)) : lines;

const narrow = (line: string): string => line.replaceAll(/ {2,}/g, "  ").trimEnd();

const pattern = (line: string): RegExp => {
  const parts = narrow(line).split(new RegExp(`(${PLACEHOLDER.source}|…)`));
  const source = parts.map((part, i) => (i % 2 === 0 ? escape(part) : part === "…" ? ".*" : ".+?"));
  return new RegExp(`^${source.join("")}$`);
};

const escape = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
