/** The diagram beside the text: drawn again as the text changes, and kept where the text has errors. */

import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import * as vscode from "vscode";
import { askAbout } from "./compiler";
import { buildable, chosen } from "./models";
import { NotInstalled } from "./program";
import { LANGUAGE, missing } from "./settings";

const PAUSE = 300; // milliseconds without a keystroke before the diagram is drawn again

/** What the page shows. */
export interface Picture {
  models: string[];
  model: string;
  level: string;
  /** The last good drawing, an SVG text in base 64: as an image it can neither run nor fetch anything. */
  svg: string;
  /** Why there is no newer one. */
  fault: string;
}

/** What the page asks for. */
export type Wish = { ready: true } | { model: string } | { level: "stage" | "block" };

export class Previews implements vscode.Disposable {
  readonly #open = new Map<string, Preview>();
  readonly #watching: vscode.Disposable[];

  constructor(private readonly media: vscode.Uri) {
    this.#watching = [
      vscode.workspace.onDidChangeTextDocument(({ document }) =>
        this.#open.get(document.uri.toString())?.soon(document),
      ),
      vscode.workspace.onDidSaveTextDocument((saved) => {
        if (saved.languageId === LANGUAGE) for (const preview of this.#open.values()) preview.soon(); // imports
      }),
      vscode.workspace.onDidCloseTextDocument((closed) => {
        if (closed.isUntitled) this.#open.get(closed.uri.toString())?.dispose();
      }),
    ];
  }

  /** The diagram of a document beside it; the one that is open, if there is one. */
  show(editor: vscode.TextEditor): void {
    const key = editor.document.uri.toString();
    const preview = this.#open.get(key);
    if (preview) {
      preview.reveal();
      return;
    }
    const offset = editor.document.offsetAt(editor.selection.active);
    this.#open.set(key, new Preview(editor.document, offset, this.media, () => this.#open.delete(key)));
  }

  dispose(): void {
    for (const each of [...this.#watching, ...this.#open.values()]) each.dispose();
  }
}

class Preview implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  #picture: Picture = { models: [], model: "", level: "stage", svg: "", fault: "" };
  #timer: NodeJS.Timeout | undefined;
  #drawing = new AbortController();

  constructor(
    private document: vscode.TextDocument,
    private readonly offset: number,
    media: vscode.Uri,
    closed: () => void,
  ) {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const title = `Diagram of ${basename(document.uri.path)}`;
    this.#panel = vscode.window.createWebviewPanel("resdsl.preview", title, place, {
      enableScripts: true,
      localResourceRoots: [media],
    });
    this.#panel.webview.onDidReceiveMessage((wish: Wish) => this.#grant(wish));
    this.#panel.onDidDispose(() => {
      clearTimeout(this.#timer);
      this.#drawing.abort();
      closed();
    });
    this.#panel.webview.html = page(this.#panel.webview, media);
    void this.#draw();
  }

  reveal(): void {
    this.#panel.reveal(undefined, true);
  }

  /** Draws after a pause in typing. A text that was closed and opened again is another document. */
  soon(document = this.document): void {
    this.document = document;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#draw(), PAUSE);
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #grant(wish: Wish): void {
    if ("ready" in wish) {
      void this.#panel.webview.postMessage(this.#picture);
      return;
    }
    this.#picture = { ...this.#picture, ...wish };
    void this.#draw();
  }

  #show(change: Partial<Picture>): void {
    this.#picture = { ...this.#picture, ...change };
    void this.#panel.webview.postMessage(this.#picture);
  }

  async #draw(): Promise<void> {
    this.#drawing.abort();
    this.#drawing = new AbortController();
    const { signal } = this.#drawing;
    const models = buildable(this.document.getText());
    const model = chosen(models, this.#picture.model, this.offset);
    this.#show({ models: models.map(({ name }) => name), model: model ?? "" });
    try {
      const words = ["render", "--level", this.#picture.level, "--format", "svg"];
      const answer = await askAbout(this.document, words, model, signal);
      if (signal.aborted) return;
      if (answer.code === 0) this.#show({ svg: Buffer.from(answer.stdout).toString("base64"), fault: "" });
      else this.#show({ fault: answer.stderr.trim() });
    } catch (error) {
      if (signal.aborted) return;
      this.#show({ fault: error instanceof NotInstalled ? missing(error.program) : String(error) });
    }
  }
}

/** The page. Nothing runs in it but the one script with the nonce, and nothing is fetched from anywhere. */
function page(webview: vscode.Webview, media: vscode.Uri): string {
  const nonce = randomBytes(16).toString("hex");
  const style = webview.asWebviewUri(vscode.Uri.joinPath(media, "preview.css"));
  const script = webview.asWebviewUri(vscode.Uri.joinPath(media, "preview.js"));
  const policy = `default-src 'none'; img-src data:; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${style}">
  <title>Diagram</title>
</head>
<body>
  <header>
    <label>Model <select id="model"></select></label>
    <label>Nodes are <select id="level"><option value="stage">stages</option><option value="block">steps</option></select></label>
    <label><input id="fit" type="checkbox" checked> Fit to width</label>
  </header>
  <pre id="fault" role="alert" hidden></pre>
  <main><img id="picture" alt="" hidden></main>
  <script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
