/** The commands: each asks the compiler and shows what it says. */

import * as vscode from "vscode";
import { askAbout } from "./compiler";
import { buildable } from "./models";
import { type Answer, ask, NotInstalled } from "./program";
import { command, LANGUAGE, tellMissing } from "./settings";

export const PRODUCTS = "resdsl-product";

/** Texts that the compiler made, for editors that nobody can type in. */
export class Products implements vscode.TextDocumentContentProvider {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;

  /** `origin` tells products of one name apart. */
  set(name: string, text: string, origin = ""): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: PRODUCTS, path: `/${name}`, query: origin });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? "";
  }
}

export class Commands {
  constructor(
    private readonly output: vscode.OutputChannel,
    private readonly products: Products,
  ) {}

  /** All faults of the text, in full, under Output. */
  async check(): Promise<void> {
    const document = current()?.document;
    if (!document) return;
    const answer = await this.#told(askAbout(document, ["check", "--format", "full"]));
    if (!answer) return;
    this.output.clear();
    this.output.append(`${answer.stderr}${answer.stdout}`);
    this.output.show(true);
  }

  /** The PyTorch module of a model, beside the text. */
  async compile(): Promise<void> {
    const document = current()?.document;
    if (!document) return;
    const names = buildable(document.getText()).map(({ name }) => name);
    const model = names.length > 1 ? await vscode.window.showQuickPick(names, { title: "Which model?" }) : names[0];
    if (names.length > 1 && !model) return;
    const answer = await this.#told(askAbout(document, ["compile", "--no-verify"], model));
    if (!answer) return;
    if (answer.code !== 0) {
      this.#fail(answer);
      return;
    }
    const uri = this.products.set(`${model ?? "model"}.py`, answer.stdout, document.uri.toString());
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), place);
  }

  /** The page of a code: one of those in the text, or one that is typed. */
  async explain(): Promise<void> {
    const code = await pickCode();
    if (!code) return;
    const answer = await this.#told(ask({ command: command(), arguments: ["explain", code] }));
    if (!answer) return;
    if (answer.code !== 0) {
      this.#fail(answer);
      return;
    }
    await vscode.commands.executeCommand("markdown.showPreviewToSide", this.products.set(`${code}.md`, answer.stdout));
  }

  /** An answer, or nothing where there was none and the user has been told so. */
  async #told(answer: Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof NotInstalled) void tellMissing(error.program);
      else void vscode.window.showErrorMessage(`resdsl: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }

  #fail(answer: Answer): void {
    this.output.appendLine(answer.stderr);
    const show = "Show Output";
    const [first] = answer.stderr.trim().split("\n");
    void vscode.window.showErrorMessage(first || `resdsl ended with exit code ${answer.code}`, show).then((chosen) => {
      if (chosen === show) this.output.show();
    });
  }
}

/** The editor that has the focus, if it shows a text of ours. */
export function current(): vscode.TextEditor | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId === LANGUAGE) return editor;
  void vscode.window.showInformationMessage("Open a .res file first.");
  return undefined;
}

async function pickCode(): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  const found = editor ? vscode.languages.getDiagnostics(editor.document.uri) : [];
  const line = editor?.selection.active.line ?? 0;
  const here = (each: vscode.Diagnostic) => (each.range.start.line <= line && line <= each.range.end.line ? 0 : 1);
  const items = new Map<string, vscode.QuickPickItem>();
  for (const each of [...found].sort((a, b) => here(a) - here(b))) {
    const code = String(typeof each.code === "object" ? each.code.value : each.code);
    if (isCode(code) && !items.has(code)) items.set(code, { label: code, description: each.message.split("\n")[0] });
  }
  if (items.size > 0) return (await vscode.window.showQuickPick([...items.values()], { title: "Which code?" }))?.label;
  return vscode.window.showInputBox({
    title: "Which code?",
    placeHolder: "E301",
    validateInput: (text) => (isCode(text) ? undefined : "A code is a letter and three digits, such as E301."),
  });
}

function isCode(text: string): boolean {
  return /^[EW]\d{3}$/.test(text);
}
