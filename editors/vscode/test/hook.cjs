// Lets what only VS Code can answer, `require("vscode")` and the client made for it, be answered by the stand-ins here.
"use strict";

const Module = require("node:module");
const { join } = require("node:path");

const STAND_INS = new Map([
  ["vscode", join(__dirname, "vscode.ts")],
  ["vscode-languageclient/node", join(__dirname, "client.ts")],
]);

// @ts-expect-error -- Node's own hook has no types
const usual = Module._resolveFilename;
// @ts-expect-error -- the same
Module._resolveFilename = (/** @type {string} */ request, /** @type {unknown[]} */ ...rest) =>
  STAND_INS.get(request) ?? usual(request, ...rest);
