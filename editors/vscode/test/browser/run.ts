/**
 * The extension as its user meets it: VS Code's workbench in Chromium, the compiler and the language server behind it.
 *
 *   CODE_SERVER=.../code-server/out/node/entry.js RESDSL=.../bin/resdsl npm run test:browser [NAME ...]
 *
 * CHROMIUM says where the browser is (/usr/bin/chromium), SHOTS where the screenshots go (out/).
 */

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, Workbench, version } from "./workbench";

const NET = `# A net for the tests of the editor.

use "blocks.res": unit

model small(classes = 10) {
  input 3x32x32
  conv(3, 16) -> bn -> relu
  for s in range(3) { stage layer{s + 1}: 2 x unit(16 * 2^s, stride = (1 if s == 0 else 2) then 1) }
  avgpool -> flatten -> fc: linear(classes)
}

model other = small(classes=5) { expect params > 0 }
`;
const BLOCKS = `block unit(width, stride = 1) {
  residual {
    conv(3, width, stride=stride) -> bn -> relu
    conv(3, width) -> bn
  } shortcut { conv(1, width, stride=stride) -> bn }
  relu
}
`;

const NOTES = `Plainly

\`\`\`res
model inner {
  input 3x8x8
}
\`\`\`
`;

function needed(name: string): string {
  const found = process.env[name];
  if (!found) throw new Error(`say in ${name} where it is`);
  return found;
}

const places = {
  server: needed("CODE_SERVER"),
  chromium: process.env.CHROMIUM ?? "/usr/bin/chromium",
  resdsl: needed("RESDSL"),
  shots: process.env.SHOTS ?? "out",
};

type Scenario = (bench: Workbench) => Promise<void>;

const scenarios: Record<string, Scenario> = {
  async colours(bench) {
    await bench.file("net.res");
    const plain = await bench.colour("classes");
    assert.notEqual(await bench.colour("model"), plain);
    assert.notEqual(await bench.colour("10"), plain);
    await bench.screenshot("colours");
  },

  async "a fence in Markdown has the colours"(bench) {
    await bench.file("notes.md");
    assert.notEqual(await bench.colour("model"), await bench.colour("Plainly"));
    await bench.file("net.res");
  },

  async "the shape after each line is shown"(bench) {
    await bench.hint(7, "16x32x32");
    await bench.hint(9, "10");
  },

  // before the file is open in the workbench, which would tell of it in any case
  async "a file that another program writes is noticed"(bench) {
    writeFileSync(join(bench.folder, "blocks.res"), BLOCKS.replace("unit", "other"));
    await bench.page.locator(".squiggly-error").first().waitFor();
    writeFileSync(join(bench.folder, "blocks.res"), BLOCKS);
    await bench.page.locator(".squiggly-error").first().waitFor({ state: "detached" });
  },

  async "a step tells its figures"(bench) {
    await bench.word("conv").click();
    await bench.command("Show or Focus Hover");
    const told = bench.page.locator(".monaco-hover-content", { hasText: "16x32x32" });
    await told.waitFor();
    assert.match((await told.textContent()) ?? "", /432/); // 3 * 3 * 3 * 16 weights
    await bench.screenshot("hover");
  },

  async "a definition is found in another file"(bench) {
    await bench.line(3);
    await bench.page.keyboard.press("F12");
    await bench.page.locator(".tab.active", { hasText: "blocks.res" }).waitFor();
    await bench.screenshot("definition");
    await bench.file("net.res");
  },

  async "steps and their arguments are completed"(bench) {
    await bench.line(7);
    await bench.page.keyboard.type(" -> maxp");
    const offered = bench.page.locator(".suggest-widget .monaco-list-row", { hasText: "maxpool" });
    await offered.first().waitFor();
    await bench.screenshot("completion");
    await bench.page.keyboard.press("Enter");
    await bench.page.keyboard.type("(");
    await bench.page.locator(".parameter-hints-widget").first().waitFor();
    await bench.screenshot("signature");
    await bench.undo();
  },

  async "the outline has the models"(bench) {
    await bench.focus();
    await bench.page.keyboard.press("Control+Shift+O");
    for (const model of ["small", "other"]) {
      await bench.page.locator(".quick-input-list .monaco-list-row", { hasText: model }).first().waitFor();
    }
    await bench.page.keyboard.press("Escape");
  },

  async "a text is formatted"(bench) {
    await bench.line(6);
    await bench.page.keyboard.press("Enter");
    await bench.page.keyboard.type("relu->   relu");
    await bench.command("Resdsl: Format");
    await eventually("form", async () => (/\n {2}relu -> relu/.test(await bench.text()) ? true : undefined));
    await bench.undo();
  },

  async "a fault is underlined and mended"(bench) {
    await bench.line(7);
    await bench.page.keyboard.type(" -> rellu");
    await bench.page.keyboard.press("Escape"); // the completions
    await bench.page.locator(".squiggly-error").first().waitFor();
    await bench.screenshot("fault");
    await bench.page.keyboard.press("ArrowLeft");
    await bench.page.keyboard.press("Control+.");
    await bench.page.locator(".action-widget .monaco-list-row", { hasText: "relu" }).first().waitFor();
    await bench.screenshot("fix");
    await bench.page.keyboard.press("Enter");
    await bench.page.locator(".squiggly-error").first().waitFor({ state: "detached" });
    assert.match(await bench.text(), /bn -> relu -> relu/);
    await bench.undo();
  },

  async "the diagram is beside the text"(bench) {
    await bench.command("Resdsl: Show Diagram to the Side");
    const view = await bench.webview("#picture:not([hidden])");
    const width = () => view.locator("#picture").evaluate((image) => (image as HTMLImageElement).naturalWidth);
    await eventually("drawing", async () => ((await width()) > 100 ? true : undefined));
    assert.deepEqual(await view.locator("#model option").allTextContents(), ["small", "other"]);
    await bench.screenshot("diagram");
    const before = await view.locator("#picture").getAttribute("src");
    await view.locator("#level").selectOption("block");
    await eventually("drawing of steps", async () =>
      (await view.locator("#picture").getAttribute("src")) !== before ? true : undefined,
    );
    await bench.screenshot("steps");
  },

  async "nothing else runs in its page"(bench) {
    const view = await bench.webview("#picture:not([hidden])");
    const ran = await view.evaluate(async () => {
      const script = document.createElement("script");
      script.textContent = "window.injected = true";
      document.body.append(script);
      const image = new Image();
      const loaded = new Promise((done) => {
        image.onload = () => done(true);
        image.onerror = () => done(false);
      });
      image.src = "http://127.0.0.1:9/picture.png";
      return { injected: "injected" in window, loaded: await loaded };
    });
    assert.deepEqual(ran, { injected: false, loaded: false });
  },

  async "a mistake keeps the last picture and is told"(bench) {
    const view = await bench.webview("#picture:not([hidden])");
    await bench.line(7);
    await bench.page.keyboard.type(" -> rellu");
    await bench.page.keyboard.press("Escape"); // the completions
    await view.locator("#fault", { hasText: "rellu" }).waitFor();
    assert.ok(await view.locator("#picture").isVisible());
    await bench.screenshot("mistake");
  },

  async "its code is explained"(bench) {
    await bench.command("Resdsl: Explain Code");
    await bench.page.locator(".quick-input-title", { hasText: "Which code?" }).waitFor();
    await bench.page.keyboard.type("E101");
    await bench.page.keyboard.press("Enter");
    await bench.webview("h1:has-text('E101')");
    await bench.screenshot("explained");
    await bench.page.keyboard.press("Control+W");
  },

  async "a text without faults is drawn again"(bench) {
    await bench.line(7);
    for (let letter = 0; letter < " -> rellu".length; letter++) await bench.page.keyboard.press("Backspace");
    const view = await bench.webview("#picture:not([hidden])");
    await view.locator("#fault").waitFor({ state: "hidden" });
  },

  async "another model is chosen"(bench) {
    const view = await bench.webview("#picture:not([hidden])");
    const before = await view.locator("#picture").getAttribute("src");
    await view.locator("#model").selectOption("other");
    await eventually("drawing of the other model", async () =>
      (await view.locator("#picture").getAttribute("src")) !== before ? true : undefined,
    );
    assert.equal(await view.locator("#picture").getAttribute("alt"), "Diagram of other");
  },

  async "the PyTorch module is beside the text"(bench) {
    await bench.focus();
    await bench.command("Resdsl: Compile to PyTorch to the Side");
    await bench.page.locator(".quick-input-list .monaco-list-row", { hasText: "small" }).first().waitFor();
    await bench.page.keyboard.press("Enter");
    await bench.page.locator(".tab", { hasText: "small.py" }).waitFor();
    await eventually("PyTorch text", async () => ((await bench.text(1)).includes("from torch import") ? true : undefined));
    await bench.screenshot("pytorch");
  },

  async "a snippet is filled in"(bench) {
    await bench.focus();
    await bench.page.keyboard.press("Control+End");
    await bench.page.keyboard.press("Enter");
    await bench.command("Snippets: Insert Snippet");
    await bench.page.keyboard.type("resblock");
    await bench.page.locator(".quick-input-list .monaco-list-row", { hasText: "resblock" }).first().waitFor();
    await bench.page.keyboard.press("Enter");
    await eventually("residual", async () => ((await bench.text()).includes("shortcut { if in.channels") ? true : undefined));
    await bench.page.keyboard.type("mine");
    await eventually("name", async () => ((await bench.text()).includes("block mine(width") ? true : undefined));
    await bench.screenshot("snippet");
    await bench.page.keyboard.press("Escape");
  },

  async "check writes to the output"(bench) {
    await bench.focus();
    await bench.command("Resdsl: Check");
    const output = bench.page.locator(".output-view");
    await output.locator(".view-line", { hasText: "net.res: 2 models, no errors" }).waitFor();
    await bench.screenshot("check");
    await bench.command("View: Hide Panel");
  },

  async "a program that is gone is told"(bench) {
    rmSync(bench.program);
    await bench.command("Resdsl: Restart Language Server");
    await bench.notification(`there is no program "${bench.program}"`).first().waitFor();
    await bench.screenshot("gone");
  },
};

async function main(): Promise<void> {
  console.log(`code-server ${version(places.server).split("\n").pop()}`);
  const bench = await Workbench.open(places, { "net.res": NET, "blocks.res": BLOCKS, "notes.md": NOTES });
  bench.page.setDefaultTimeout(20_000);
  try {
    for (const [name, scenario] of Object.entries(scenarios)) {
      await scenario(bench);
      console.log(`ok   ${name}`);
    }
  } catch (error) {
    await bench.screenshot("failed");
    throw error;
  } finally {
    await bench.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
