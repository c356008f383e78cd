/** The compiler, asked about a document as it stands in the editor, saved or not. */

import { basename, dirname } from "node:path";
import * as vscode from "vscode";
import { type Answer, ask } from "./program";
import { command } from "./settings";

/** Runs a command on the text of a document, or on one of its models. Throws as `ask` does. */
export async function askAbout(
  document: vscode.TextDocument,
  words: readonly string[],
  model?: string,
  signal?: AbortSignal,
): Promise<Answer> {
  const onDisk = document.uri.scheme === "file";
  const folder = onDisk ? dirname(document.uri.fsPath) : vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const spec = model ? `-:${model}` : "-";
  const question = { command: command(), arguments: [...words, "--", spec], input: document.getText(), folder, signal };
  const answer = await ask(question);
  const named = (text: string) => text.replaceAll("<stdin>", basename(document.uri.path));
  return { code: answer.code, stdout: named(answer.stdout), stderr: named(answer.stderr) };
}
