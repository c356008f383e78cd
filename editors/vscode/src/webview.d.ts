/** What VS Code gives to the page of a webview. */
declare function acquireVsCodeApi(): { postMessage(message: import("./preview").Wish | Record<string, string>): void };
