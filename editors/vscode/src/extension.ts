/** What VS Code starts when the first `.res` text is opened. */

import * as vscode from "vscode";
import { Commands, current, PRODUCTS, Products } from "./commands";
import { Previews } from "./preview";
import { Server } from "./server";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel("resdsl");
  const products = new Products();
  const commands = new Commands(output, products);
  const previews = new Previews(vscode.Uri.joinPath(context.extensionUri, "media"));
  const log = vscode.window.createOutputChannel("resdsl Language Server", { log: true });
  server = new Server(log);
  const restart = async () => server?.restart();

  context.subscriptions.push(
    output,
    log,
    previews,
    vscode.workspace.registerTextDocumentContentProvider(PRODUCTS, products),
    register("resdsl.preview", () => {
      const editor = current();
      if (editor) previews.show(editor);
    }),
    register("resdsl.check", () => commands.check()),
    register("resdsl.compile", () => commands.compile()),
    register("resdsl.explain", () => commands.explain()),
    register("resdsl.restart", restart),
    register("resdsl.format", async () => {
      if (current()) await vscode.commands.executeCommand("editor.action.formatDocument");
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("resdsl.command") && vscode.workspace.isTrusted) void restart();
    }),
  );
  if (vscode.workspace.isTrusted) void restart();
}

export function deactivate(): Promise<void> | undefined {
  return server?.dispose();
}

/** A command; in a folder that is not trusted, which may name any program in its settings, nothing is started. */
function register(name: string, work: () => unknown): vscode.Disposable {
  return vscode.commands.registerCommand(name, () => {
    if (vscode.workspace.isTrusted) return work();
    return vscode.window.showWarningMessage("resdsl is started in trusted folders only.");
  });
}
