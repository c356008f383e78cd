import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { activate } from "../src/extension";
import { type Panel, seen, Uri, window, workspace } from "./vscode";

const ROOT = join(__dirname, "..");
const MANIFEST = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const RESDSL: string[] | undefined = process.env.RESDSL && JSON.parse(process.env.RESDSL);
const compiler = { skip: RESDSL ? false : "RESDSL does not say how the compiler is started" };

const NET = `use "parts.res": unit
model small(classes = 10) { input 3x8x8; unit(4) -> flatten -> linear(classes) }
model other = small(classes=3) {}
`;
const PARTS = "block unit(width) { conv(3, width) -> relu }\n";

const folder = mkdtempSync(join(tmpdir(), "resdsl-vscode-"));
let text = NET;
const document = {
  uri: Uri.file(join(folder, "net.res")),
  languageId: "resdsl",
  isUntitled: false,
  getText: () => text,
  offsetAt: () => 0,
};
const editor = { document, selection: { active: { line: 0 } } };

const run = (name: string) => (seen.commands.get(name) as () => unknown)();
const svg = (message: Record<string, unknown> | undefined) => Buffer.from(String(message?.svg), "base64").toString();

async function eventually<T>(question: () => T | undefined): Promise<T> {
  for (let time = 0; time < 600; time++) {
    const answer = question();
    if (answer) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("it did not happen in 30 seconds");
}

async function preview(): Promise<Panel> {
  await run("resdsl.preview");
  return seen.panels.at(-1) as Panel;
}

before(() => {
  writeFileSync(join(folder, "parts.res"), PARTS);
  activate({ extensionUri: Uri.file(ROOT), subscriptions: [] } as never);
});
after(() => {
  for (const panel of seen.panels) panel.dispose();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  for (const panel of seen.panels) panel.dispose();
  text = NET;
  workspace.isTrusted = true;
  window.activeTextEditor = editor;
  seen.messages.length = 0;
  seen.settings.command = RESDSL;
  seen.answer = (items) => items[0];
});

test("the commands of the manifest are those that there are", () => {
  const listed = MANIFEST.contributes.commands.map((each: { command: string }) => each.command);
  assert.deepEqual([...seen.commands.keys()].sort(), listed.sort());
  const menus = Object.values(MANIFEST.contributes.menus).flat() as { command: string }[];
  for (const { command } of menus) assert.ok(seen.commands.has(command), command);
});

test("the files of the manifest are there", () => {
  const found = [...JSON.stringify(MANIFEST).matchAll(/"(\.\/[^"]+)"/g)].map((match) => match[1] as string);
  assert.ok(found.length > 4);
  for (const path of found) assert.ok(existsSync(join(ROOT, path)), path);
});

test("in a folder that is not trusted nothing is started", async () => {
  workspace.isTrusted = false;
  seen.settings.command = ["/nowhere/resdsl"];
  const panels = seen.panels.length;
  for (const name of seen.commands.keys()) await run(name);
  assert.equal(seen.panels.length, panels);
  assert.deepEqual(new Set(seen.messages), new Set(["resdsl is started in trusted folders only."]));
});

test("the server starts when the folder is trusted, and starts again when it is asked to", compiler, async () => {
  assert.deepEqual(seen.servers, []);
  const start = ["start", ...(RESDSL as string[]), "lsp"];
  seen.trusted.fire();
  await eventually(() => seen.servers.length === 1);
  await run("resdsl.restart");
  assert.deepEqual(seen.servers, [start, ["end"], start]);
});

test("a program that is not there is told, with its name", async () => {
  seen.settings.command = ["/nowhere/resdsl"];
  await run("resdsl.check");
  assert.match(seen.messages.join(), /there is no program "\/nowhere\/resdsl".*pip install "resdsl\[lsp\]"/);
});

test("the page of the diagram tells of a program that is not there, and no message pops up", async () => {
  seen.settings.command = ["/nowhere/resdsl"];
  const panel = await preview();
  const told = await eventually(() => panel.sent.findLast((message) => message.fault));
  assert.match(String(told.fault), /there is no program "\/nowhere\/resdsl"/);
  assert.deepEqual(seen.messages, []);
});

test("the page of the diagram may fetch nothing and run one script", async () => {
  const panel = await preview();
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(panel.html)?.[1] ?? "";
  const nonce = /script-src 'nonce-([0-9a-f]{32})'$/.exec(policy)?.[1];
  assert.ok(nonce);
  assert.match(policy, /^default-src 'none'; img-src data:; style-src https:\/\/webview\.test; script-src /);
  assert.deepEqual(panel.html.match(/<script[^>]*>/g)?.length, 1);
  assert.ok(panel.html.includes(`<script nonce="${nonce}" src=`));
  assert.deepEqual(panel.options.localResourceRoots.map(String), [`file:${ROOT}/media`]);
  assert.notEqual(/nonce-(\w+)/.exec((await reopened(panel)).html)?.[1], nonce);
});

async function reopened(panel: Panel): Promise<Panel> {
  panel.dispose();
  return preview();
}

test("a second diagram of a text is the first one, shown again", async () => {
  const panel = await preview();
  const count = seen.panels.length;
  assert.equal(await preview(), panel);
  assert.deepEqual([seen.panels.length, panel.revealed], [count, 1]);
});

test("the diagram is of the text in the editor, with its imports", compiler, async () => {
  text = NET.replace("unit(4)", "unit(4) -> tanh");
  const panel = await preview();
  const picture = await eventually(() => panel.sent.findLast((message) => message.svg));
  assert.deepEqual([picture.models, picture.model, picture.fault], [["small", "other"], "small", ""]);
  assert.match(svg(picture), /<svg[\s\S]*Tanh/i);
});

test("the last good picture stays while the text has errors", compiler, async () => {
  const panel = await preview();
  const good = await eventually(() => panel.sent.findLast((message) => message.svg));
  text = NET.replace("unit(4)", "unitt(4)");
  seen.changed.fire({ document });
  const wrong = await eventually(() => panel.sent.findLast((message) => message.fault));
  assert.equal(wrong.svg, good.svg);
  assert.match(String(wrong.fault), /^net\.res:2:\d+: error\[E101\]/);
});

test("the model and the level that are chosen are drawn", compiler, async () => {
  const panel = await preview();
  const first = await eventually(() => panel.sent.findLast((message) => message.svg));
  panel.received.fire({ model: "other" });
  const other = await eventually(() => panel.sent.findLast((message) => message.svg !== first.svg && message.svg));
  assert.equal(other.model, "other");
  panel.received.fire({ level: "block" });
  await eventually(() => panel.sent.findLast((message) => message.svg !== other.svg && message.level === "block"));
});

test("the PyTorch module of the chosen model is shown", compiler, async () => {
  seen.answer = (items) => items[1];
  await run("resdsl.compile");
  assert.deepEqual(seen.picked.at(-1), ["small", "other"]);
  assert.match(String(seen.shown.at(-1)), /class Other\(nn\.Module\)/);
});

test("what cannot be compiled is told", compiler, async () => {
  text = NET.replace("unit(4)", "unitt(4)");
  await run("resdsl.compile");
  assert.match(seen.messages.join(), /net\.res:2:\d+: error\[E101\]/);
});

test("check writes the faults in full", compiler, async () => {
  text = NET.replace("unit(4)", "unitt(4)");
  await run("resdsl.check");
  assert.match(seen.output.at(-1) as string, /unitt\(4\)[\s\S]*\^/);
});

test("the page of a code is shown", compiler, async () => {
  seen.answer = () => "E301";
  await run("resdsl.explain");
  const [command, uri] = seen.executed.at(-1) as [string, Uri];
  assert.equal(command, "markdown.showPreviewToSide");
  assert.match(String(await workspace.openTextDocument(uri)), /^# E301/);
});
