/** Text that is HTML already. Only `html` makes it, so nothing else gets into a page unescaped. */
export class Markup {
  readonly text: string;
  private constructor(text: string) {
    this.text = text;
  }

  static of(strings: TemplateStringsArray, values: readonly Value[]): Markup {
    return new Markup(strings.reduce((page, part, i) => page + written(values[i - 1]) + part));
  }
}

type Value = Markup | string | number | undefined | readonly (Markup | undefined)[];

/** A piece of a page. Every value in it is escaped, unless it is a piece itself; undefined is nothing. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Markup => Markup.of(strings, values);

const written = (value: Value): string => {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(written).join("");
  return escaped(String(value));
};

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

// What cannot be seen, or turns the text beside it around, is shown as a sign that something is there.
const UNSEEN = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(UNSEEN, (sign) => (sign === "\n" || sign === "\t" ? sign : "\ufffd"))
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");
