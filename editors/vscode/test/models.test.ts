import assert from "node:assert/strict";
import { test } from "node:test";
import { buildable, chosen } from "../src/models";

const names = (text: string) => buildable(text).map(({ name }) => name);

test("models that need no arguments are listed, in order", () => {
  const text = `
model plain { input 3 }
model open(layers, width = 64) { input 3 }
model closed(layers = [1, 2], act = gn(4), s = "a, b)") { input 3 }
  model indented() { input 3 }
model variant = open(2) { expect params > 0 }
model broken(a = 1, b
`;
  assert.deepEqual(names(text), ["plain", "closed", "indented", "variant"]);
});

test("comments and strings are no models", () => {
  assert.deepEqual(names('# model a { }\nlet s = "\nmodel b"\nmodel c {\n  # (\n}\nblock model_d { }\n'), ["b", "c"]);
});

test("a condition in a value is no value itself", () => {
  assert.deepEqual(names("model a(b == c) { }\nmodel d(e = f == g) { }"), ["d"]);
});

test("the model asked for is shown, else the one around the cursor, else the first", () => {
  const models = buildable("block b { }\nmodel one { }\nmodel two { }\n");
  assert.equal(chosen(models, "two", 0), "two");
  assert.equal(chosen(models, "gone", 27), "two");
  assert.equal(chosen(models, "", 13), "one");
  assert.equal(chosen(models, "", 0), "one");
  assert.equal(chosen([], "one", 0), undefined);
});
