/** The settings, and what is said when the compiler cannot be started. */

import * as vscode from "vscode";

export const LANGUAGE = "resdsl";
const INSTALL = 'pip install "resdsl[lsp]"';

/** The program and the words before its arguments. */
export function command(): string[] {
  return vscode.workspace.getConfiguration(LANGUAGE).get<string[]>("command", ["resdsl"]);
}

export function missing(program: string): string {
  return (
    `resdsl is not installed where VS Code looks: there is no program "${program}". ` +
    `Install it with  ${INSTALL}  or say in the setting resdsl.command where it is.`
  );
}

/** Says that the compiler is not there, and offers the two things that help. */
export async function tellMissing(program: string): Promise<void> {
  const settings = "Open Settings";
  const copy = "Copy Install Command";
  const answer = await vscode.window.showErrorMessage(missing(program), settings, copy);
  if (answer === settings) await vscode.commands.executeCommand("workbench.action.openSettings", "resdsl.command");
  if (answer === copy) await vscode.env.clipboard.writeText(INSTALL);
}
