import { Visitor } from "oxc-parser";
import { lineOf, parsed, type SourceFile } from "./source-files.ts";

export interface ImportFact {
  /** What is imported, as written; undefined if it is computed and cannot be read. */
  readonly specifier: string | undefined;
  readonly line: number;
}

/**
 * Everything a file takes from another: imports, exports from, dynamic imports, type imports and require, and modules that
 * it names by address (`new URL("./worker.ts", import.meta.url)`, import.meta.resolve).
 */
export const importsOf = (file: SourceFile): readonly ImportFact[] => {
  const found: ImportFact[] = [];
  const note = (source: { type: string; value?: unknown; start: number } | null): void => {
    if (source === null) return;
    const specifier = source.type === "Literal" && typeof source.value === "string" ? source.value : undefined;
    found.push({ specifier, line: lineOf(file.text, source.start) });
  };
  new Visitor({
    ImportDeclaration: (node) => note(node.source),
    ExportNamedDeclaration: (node) => note(node.source),
    ExportAllDeclaration: (node) => note(node.source),
    ImportExpression: (node) => note(node.source),
    TSImportType: (node) => note(node.source),
    TSExternalModuleReference: (node) => note(node.expression),
    NewExpression: (node) => {
      const [target, base] = node.arguments;
      const isModule = node.callee.type === "Identifier" && node.callee.name === "URL" && base !== undefined;
      if (isModule && file.text.slice(base.start, base.end) === "import.meta.url") note(target ?? null);
    },
    CallExpression: (node) => {
      if (file.text.slice(node.callee.start, node.callee.end) === "import.meta.resolve")
        note(node.arguments[0] ?? null);
      if (node.callee.type === "Identifier" && node.callee.name === "require") note(node.arguments[0] ?? null);
    },
  }).visit(parsed(file).program);
  return found;
};
