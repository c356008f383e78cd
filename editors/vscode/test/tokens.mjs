// Prints what the grammar says of texts: node test/tokens.mjs FILE... gives {FILE: [[[start, end, scopes], ...] of each line]}.
// The tests compare it with the Pygments lexer's.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const oniguruma = require("vscode-oniguruma");
const { Registry, INITIAL, parseRawGrammar } = require("vscode-textmate");

const here = dirname(fileURLToPath(import.meta.url));
const syntaxes = join(here, "..", "syntaxes");
const GRAMMARS = new Map([
  ["source.resdsl", join(syntaxes, "resdsl.tmLanguage.json")],
  ["markdown.resdsl.codeblock", join(syntaxes, "markdown.tmLanguage.json")],
]);

/** @param {string} scope */
export async function grammar(scope = "source.resdsl") {
  const wasm = readFileSync(join(dirname(require.resolve("vscode-oniguruma/package.json")), "release", "onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (/** @type {string[]} */ patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (/** @type {string} */ text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (wanted) => {
      const path = GRAMMARS.get(wanted);
      return path ? parseRawGrammar(readFileSync(path, "utf8"), path) : null;
    },
  });
  const found = await registry.loadGrammar(scope);
  if (!found) throw new Error(`there is no grammar ${scope}`);
  return found;
}

/**
 * @param {import("vscode-textmate").IGrammar} rules
 * @param {string} text
 */
export function tokenize(rules, text) {
  let state = INITIAL;
  return text.split(/\r?\n/).map((line) => {
    const { tokens, ruleStack } = rules.tokenizeLine(line, state);
    state = ruleStack;
    return tokens.map((token) => [token.startIndex, Math.min(token.endIndex, line.length), token.scopes]);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rules = await grammar();
  const found = process.argv.slice(2).map((path) => [path, tokenize(rules, readFileSync(path, "utf8"))]);
  process.stdout.write(JSON.stringify(Object.fromEntries(found)));
}
