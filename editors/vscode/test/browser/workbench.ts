/** A real workbench: code-server with the packaged extension, in Chromium. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Frame, type Locator, type Page } from "playwright-core";

const EXTENSION = resolve(__dirname, "..", "..");
const PACKAGED = ["package.json", "language-configuration.json", "dist", "media", "snippets", "syntaxes"];

export interface Places {
  /** `out/node/entry.js` of code-server. */
  server: string;
  chromium: string;
  /** The program `resdsl`. */
  resdsl: string;
  /** Where screenshots go. */
  shots: string;
}

export class Workbench {
  private shot = 0;

  private constructor(
    readonly page: Page,
    /** The open folder. */
    readonly folder: string,
    /** The link that the setting `resdsl.command` names. */
    readonly program: string,
    private readonly root: string,
    private readonly browser: Browser,
    private readonly server: ChildProcess,
    private readonly shots: string,
  ) {}

  /** Opens a folder with these files. */
  static async open(places: Places, files: Record<string, string>): Promise<Workbench> {
    const root = mkdtempSync(join(tmpdir(), "resdsl-workbench-"));
    const folder = join(root, "nets");
    mkdirSync(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    install(join(root, "extensions"));
    const program = join(root, "resdsl");
    symlinkSync(places.resdsl, program);
    const user = join(root, "data", "User");
    mkdirSync(user, { recursive: true });
    writeFileSync(join(user, "settings.json"), JSON.stringify(settings(program)));
    const { server, address } = await serve(places.server, root);
    const browser = await chromium.launch({ executablePath: places.chromium, args: ["--no-sandbox"] });
    const page = await browser.newPage({ viewport: { width: 1500, height: 900 } });
    await page.goto(`${address}/?folder=${folder}`);
    await page.locator(".monaco-workbench").waitFor();
    mkdirSync(places.shots, { recursive: true });
    return new Workbench(page, folder, program, root, browser, server, places.shots);
  }

  async close(): Promise<void> {
    await this.browser.close();
    if (this.server.pid) process.kill(-this.server.pid);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  async file(name: string): Promise<void> {
    await this.page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).dblclick();
    await this.page.locator(".tab.active", { hasText: name }).waitFor();
  }

  async command(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.page.keyboard.type(title);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
    await this.page.keyboard.press("Enter");
  }

  /** The text area of the first editor gets the focus. */
  async focus(): Promise<void> {
    await this.page.locator(".editor-group-container").first().locator(".view-lines").click({ position: { x: 3, y: 3 } });
  }

  /** The cursor goes to the end of a line, counted from 1. */
  async line(number: number): Promise<void> {
    await this.focus();
    await this.page.keyboard.press("Control+Home");
    for (let line = 1; line < number; line++) await this.page.keyboard.press("ArrowDown");
    await this.page.keyboard.press("End");
  }

  /** What stands in an editor's visible lines. */
  async text(group = 0): Promise<string> {
    const lines = this.page.locator(".editor-group-container").nth(group).locator(".view-line");
    return (await lines.allTextContents()).join("\n").replaceAll("\u00a0", " ");
  }

  /** The first place in the editor where the word stands. */
  word(word: string): Locator {
    return this.page.locator(".view-line span[class^=mtk]", { hasText: new RegExp(`^\\s*${word}\\s*$`) }).first();
  }

  colour(word: string): Promise<string> {
    return this.word(word).evaluate((node) => getComputedStyle(node).color);
  }

  /** Waits for what the server shows at the end of a line. */
  async hint(line: number, text: string): Promise<void> {
    await eventually(`hint ${text}`, async () => {
      const lines = (await this.text()).split("\n");
      return lines[line - 1]?.endsWith(text) ? true : undefined;
    });
  }

  /** Takes back everything since the file was opened. */
  async undo(): Promise<void> {
    await this.page.keyboard.press("Escape");
    await this.page.keyboard.press("Escape");
    await this.command("File: Revert File");
    await this.page.locator(".tab.active.dirty").waitFor({ state: "detached" });
  }

  notification(text: string): Locator {
    return this.page.locator(".notification-list-item", { hasText: text });
  }

  /** The page inside a webview that has the element. */
  async webview(selector: string): Promise<Frame> {
    return eventually(`a webview with ${selector}`, async () => {
      for (const frame of this.page.frames()) {
        if (frame.name() === "active-frame" || frame.parentFrame()?.parentFrame()) {
          if ((await frame.locator(selector).count()) > 0) return frame;
        }
      }
      return undefined;
    });
  }

  async screenshot(name: string): Promise<void> {
    this.shot += 1;
    await this.page.screenshot({ path: join(this.shots, `${String(this.shot).padStart(2, "0")}-${name}.png`) });
  }
}

/** Waits until a question has an answer. */
export async function eventually<T>(what: string, question: () => Promise<T | undefined>, seconds = 30): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const answer = await question();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error; // a frame that is being replaced, an element that is not there yet
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`there was no ${what} within ${seconds} seconds${last ? `: ${last}` : ""}`);
}

function install(extensions: string): void {
  const target = join(extensions, `resdsl.resdsl-${JSON.parse(readFileSync(join(EXTENSION, "package.json"), "utf8")).version}`);
  mkdirSync(target, { recursive: true });
  for (const part of PACKAGED) cpSync(join(EXTENSION, part), join(target, part), { recursive: true });
}

function settings(program: string): Record<string, unknown> {
  return {
    "resdsl.command": [program],
    "security.workspace.trust.enabled": false,
    "workbench.startupEditor": "none",
    "files.autoSave": "off", // a browser's default is another
    "telemetry.telemetryLevel": "off",
    "extensions.ignoreRecommendations": true,
    "editor.accessibilitySupport": "off",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "editor.minimap.enabled": false,
    "editor.inlayHints.enabled": "on",
    "window.restoreWindows": "none",
  };
}

async function serve(entry: string, root: string): Promise<{ server: ChildProcess; address: string }> {
  const words = [entry, "--auth", "none", "--bind-addr", "127.0.0.1:0", "--config", join(root, "config.yaml")];
  words.push("--user-data-dir", join(root, "data"), "--extensions-dir", join(root, "extensions"));
  words.push("--disable-telemetry", "--disable-update-check", "--disable-workspace-trust");
  writeFileSync(join(root, "config.yaml"), "");
  const server = spawn(process.execPath, words, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  server.stdout?.on("data", (data) => {
    said += data;
  });
  const address = await eventually("code-server", async () => /listening on (http:\S+?)\/?\s/.exec(said)?.[1]);
  return { server, address };
}

/** The version of code-server, for the record. */
export function version(entry: string): string {
  return execFileSync(process.execPath, [entry, "--version"], { encoding: "utf8" }).trim();
}
