/**
 * A stand-in for the parts of VS Code that the extension calls, which records what it is asked for.
 *
 * It shows that the extension and the compiler fit together; that VS Code and the extension do is for test/browser.
 */

type Listener<T> = (event: T) => unknown;

export class EventEmitter<T> {
  readonly #listeners = new Set<Listener<T>>();
  readonly event = (listener: Listener<T>) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };
  fire(event: T): void {
    for (const listener of this.#listeners) listener(event);
  }
}

export class Uri {
  private constructor(
    readonly scheme: string,
    readonly path: string,
    readonly query: string,
  ) {}
  static from(parts: { scheme: string; path: string; query?: string }): Uri {
    return new Uri(parts.scheme, parts.path, parts.query ?? "");
  }
  static file(path: string): Uri {
    return new Uri("file", path, "");
  }
  static joinPath(base: Uri, ...names: string[]): Uri {
    return new Uri(base.scheme, [base.path, ...names].join("/"), "");
  }
  get fsPath(): string {
    return this.path;
  }
  toString(): string {
    return `${this.scheme}:${this.path}${this.query && `?${this.query}`}`;
  }
}

export class Panel {
  html = "";
  revealed = 0;
  readonly sent: Record<string, unknown>[] = [];
  readonly received = new EventEmitter<unknown>();
  readonly closed = new EventEmitter<void>();
  readonly onDidDispose = this.closed.event;
  readonly webview: Record<string, unknown>;

  constructor(
    readonly title: string,
    readonly options: { localResourceRoots: Uri[] },
  ) {
    const panel = this;
    this.webview = {
      cspSource: "https://webview.test",
      asWebviewUri: (uri: Uri) => `https://webview.test${uri.path}`,
      onDidReceiveMessage: this.received.event,
      postMessage: async (message: Record<string, unknown>) => this.sent.push(message),
      set html(text: string) {
        panel.html = text;
      },
    };
  }
  reveal(): void {
    this.revealed += 1;
  }
  dispose(): void {
    this.closed.fire();
  }
}

/** What was asked for, and what the user answers. */
export const seen = {
  commands: new Map<string, () => unknown>(),
  executed: [] as unknown[][],
  panels: [] as Panel[],
  messages: [] as string[],
  output: [] as string[],
  shown: [] as string[],
  picked: [] as string[][],
  servers: [] as string[][],
  provider: undefined as { provideTextDocumentContent(uri: Uri): string } | undefined,
  changed: new EventEmitter<{ document: unknown }>(),
  saved: new EventEmitter<unknown>(),
  shut: new EventEmitter<unknown>(),
  trusted: new EventEmitter<void>(),
  settings: { command: ["resdsl"] } as Record<string, unknown>,
  answer: (items: string[]): string | undefined => items[0],
};

const nothing = { dispose: () => {} };
const message = async (text: string) => {
  seen.messages.push(text);
  return undefined;
};
const channel = () => {
  const write = (text: string) => seen.output.push(text);
  return { ...nothing, append: write, appendLine: write, clear: () => {}, info: write, warn: write, error: write, show: () => {} };
};

export const ViewColumn = { Beside: -2 };
export const languages = { getDiagnostics: () => [] as unknown[] };
export const env = { clipboard: { writeText: async () => {} } };
export const commands = {
  registerCommand(name: string, work: () => unknown) {
    seen.commands.set(name, work);
    return nothing;
  },
  async executeCommand(...words: unknown[]) {
    seen.executed.push(words);
  },
};
export const window = {
  activeTextEditor: undefined as unknown,
  createOutputChannel: channel,
  createWebviewPanel(_kind: string, title: string, _place: unknown, options: { localResourceRoots: Uri[] }) {
    const panel = new Panel(title, options);
    seen.panels.push(panel);
    return panel;
  },
  showErrorMessage: message,
  showWarningMessage: message,
  showInformationMessage: message,
  async showQuickPick(items: string[]) {
    seen.picked.push(items);
    return seen.answer(items);
  },
  async showInputBox() {
    return seen.answer([]);
  },
  async showTextDocument(document: string) {
    seen.shown.push(document);
  },
};
export const workspace = {
  isTrusted: false,
  workspaceFolders: undefined,
  getConfiguration: () => ({ get: (name: string, usual: unknown) => seen.settings[name] ?? usual }),
  onDidChangeTextDocument: seen.changed.event,
  onDidSaveTextDocument: seen.saved.event,
  onDidCloseTextDocument: seen.shut.event,
  createFileSystemWatcher: () => nothing,
  onDidGrantWorkspaceTrust: seen.trusted.event,
  onDidChangeConfiguration: () => nothing,
  async openTextDocument(uri: Uri) {
    return seen.provider?.provideTextDocumentContent(uri);
  },
  registerTextDocumentContentProvider(_scheme: string, provider: { provideTextDocumentContent(uri: Uri): string }) {
    seen.provider = provider;
    return nothing;
  },
};
