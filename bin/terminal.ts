import { styleText } from "node:util";
import type { Context, Sink } from "./context.ts";

type Style = Parameters<typeof styleText>[0];

/** Styles text for a sink: only for a terminal that wants it (https://no-color.org). */
export const styled = (context: Context, sink: Sink, style: Style, text: string): string => {
  const wanted = sink.isTTY === true && (context.env["NO_COLOR"] ?? "") === "" && context.env["TERM"] !== "dumb";
  return wanted ? styleText(style, text, { validateStream: false }) : text;
};

// Everything that moves a cursor or rings a bell, except line feed, tab, and colours (ESC [ ... m).
// biome and oxlint take control characters in a pattern for a slip, so they are built from their codes.
const [NUL, BACKSPACE, VT, US, DEL, APC, ESC] = [0x00, 0x08, 0x0b, 0x1f, 0x7f, 0x9f, 0x1b].map((code) =>
  String.fromCharCode(code),
);
const COLOUR_OR_CONTROL = new RegExp(`${ESC}\\[[0-9;]*m|[${NUL}-${BACKSPACE}${VT}-${US}${DEL}-${APC}]`, "g");

/** Text that is safe to show: a table may be named to rewrite the operator's screen. */
export const printable = (text: string): string =>
  text.replaceAll(COLOUR_OR_CONTROL, (found) =>
    found.length > 1 ? found : `\\x${found.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );

/** Messages on standard error, below which one line may be rewritten in place if it is a terminal. */
export interface MessageLines {
  /** A line that stays. */
  print(line: string): void;
  /** The line that is rewritten; empty takes it away. Only on a terminal. */
  show(line: string): void;
  readonly rewritable: boolean;
}

const COLUMNS_DEFAULT = 80;

export const messageLines = (sink: Sink): MessageLines => {
  let shown = "";
  const erase = (): void => {
    if (shown !== "") sink.write("\r\x1b[2K");
    shown = "";
  };
  return {
    rewritable: sink.isTTY === true,
    print(line) {
      const below = shown;
      erase();
      sink.write(`${printable(line)}\n`);
      this.show(below);
    },
    show(line) {
      if (!this.rewritable) return;
      erase();
      // One column short: a full line makes some terminals wrap, and a wrapped line cannot be rewritten.
      // A terminal that does not know its width says 0.
      const columns = sink.columns === undefined || sink.columns === 0 ? COLUMNS_DEFAULT : sink.columns;
      shown = printable(line).slice(0, columns - 1);
      sink.write(shown);
    },
  };
};
