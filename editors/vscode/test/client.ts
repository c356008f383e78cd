/** A stand-in for the language client: records which servers were started and ended. */

import { seen } from "./vscode";

export const CloseAction = { DoNotRestart: 1 };
export const ErrorAction = { Shutdown: 2 };

export class LanguageClient {
  constructor(
    _id: string,
    _name: string,
    private readonly server: { command: string; args: string[] },
  ) {}

  async start(): Promise<void> {
    seen.servers.push(["start", this.server.command, ...this.server.args]);
  }

  async dispose(): Promise<void> {
    seen.servers.push(["end"]);
  }

  createDefaultErrorHandler(): undefined {
    return undefined;
  }
}
