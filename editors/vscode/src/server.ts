/** The language server: `resdsl lsp`, started and started again. */

import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  type ErrorHandler,
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
} from "vscode-languageclient/node";
import { ask, NotInstalled } from "./program";
import { command, LANGUAGE, tellMissing } from "./settings";

/** Until it has started, its errors go to the output alone: of a server that does not start we tell ourselves. */
class Client extends LanguageClient {
  started = false;

  override error(message: string, data?: unknown, notify?: boolean | "force"): void {
    super.error(message, data, this.started ? notify : false);
  }
}

export class Server implements vscode.Disposable {
  #client: LanguageClient | undefined;
  /** Starts and stops one after the other, however often they are asked for. */
  #turn: Promise<void> = Promise.resolve();
  /** Files that others write, which open texts may import. */
  readonly #files = vscode.workspace.createFileSystemWatcher("**/*.res");

  constructor(private readonly output: vscode.LogOutputChannel) {}

  /** Ends a server that runs and starts one; a failure is told, never thrown. */
  restart(): Promise<void> {
    return this.#next(async () => {
      await this.#end();
      await this.#start();
    });
  }

  dispose(): Promise<void> {
    this.#files.dispose();
    return this.#next(() => this.#end());
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work);
    return this.#turn;
  }

  async #start(): Promise<void> {
    const [program, ...words] = command();
    try {
      const { stdout } = await ask({ command: command(), arguments: ["--version"] });
      this.output.info(`${stdout.trim()}, started as ${command().join(" ")}`);
    } catch (error) {
      await this.#tell(error);
      return;
    }
    const server: ServerOptions = { command: program as string, args: [...words, "lsp"] };
    let usual: ErrorHandler | undefined; // once it has started, a server that crashes is started again, a few times
    const options: LanguageClientOptions = {
      documentSelector: [
        { language: LANGUAGE, scheme: "file" },
        { language: LANGUAGE, scheme: "untitled" },
      ],
      synchronize: { fileEvents: this.#files },
      outputChannel: this.output,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: (error, message, count) =>
          usual?.error(error, message, count) ?? { action: ErrorAction.Shutdown, handled: true },
        closed: () => usual?.closed() ?? { action: CloseAction.DoNotRestart, handled: true },
      },
    };
    const client = new Client(LANGUAGE, "resdsl", server, options);
    try {
      await client.start();
      client.started = true;
      usual = client.createDefaultErrorHandler();
      this.#client = client;
    } catch (error) {
      await this.#tell(error);
    }
  }

  async #end(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    try {
      await client.dispose();
    } catch (error) {
      this.output.warn(`The language server did not end in order: ${error}`);
    }
  }

  /** The message does not hold up what comes after it: nobody may ever press its buttons. */
  async #tell(error: unknown): Promise<void> {
    if (error instanceof NotInstalled) {
      void tellMissing(error.program);
      return;
    }
    this.output.error(`The language server did not start: ${error}`);
    const show = "Show Output";
    const message =
      'The language server of resdsl did not start. It comes with  pip install "resdsl[lsp]"; the output says more.';
    void vscode.window.showErrorMessage(message, show).then((answer) => {
      if (answer === show) this.output.show();
    });
  }
}
