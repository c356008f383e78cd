import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { ask, NotInstalled } from "../src/program";

const node = (script: string) => ({ command: [process.execPath, "-e"], arguments: [script] });

test("an answer has the text, what was said, and the exit code", async () => {
  const script = "process.stdin.on('data', d => { console.log(`<${d}>`); console.error('why'); process.exitCode = 1 })";
  const answer = await ask({ ...node(script), input: "text × 3" });
  assert.deepEqual(answer, { code: 1, stdout: "<text × 3>\n", stderr: "why\n" });
});

test("the folder is where it runs; one that does not exist is not", async () => {
  const where = node("console.log(process.cwd())");
  const folder = realpathSync(tmpdir());
  assert.equal((await ask({ ...where, folder })).stdout.trim(), folder);
  assert.equal((await ask({ ...where, folder: "/nowhere" })).stdout.trim(), process.cwd());
});

test("a program that is not there is told apart", async () => {
  await assert.rejects(ask({ command: ["/nowhere/resdsl"], arguments: [] }), NotInstalled);
  await assert.rejects(ask({ command: [], arguments: [] }), NotInstalled);
});

test("a program that does not read its input is no fault", async () => {
  const answer = await ask({ ...node("process.exit(2)"), input: "x".repeat(1_000_000) });
  assert.equal(answer.code, 2);
});

test("a question can be taken back", async () => {
  const waiting = new AbortController();
  const answer = ask({ ...node("setTimeout(() => {}, 60000)"), signal: waiting.signal });
  waiting.abort();
  await assert.rejects(answer, { name: "AbortError" });
});

test("words are passed as they are, not through a shell", async () => {
  const answer = await ask({ command: [process.execPath, "-p"], arguments: ["process.argv[1]", "--", "$(id); `id` | x"] });
  assert.equal(answer.stdout, "$(id); `id` | x\n");
});
