/** Runs the compiler: one process for one question, with a text on its standard input. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";

export interface Answer {
  /** The exit code: 0 fine, 1 the text has errors, 2 the question cannot be answered, 3 a fault of resdsl. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface Question {
  /** The program and the words before its arguments. */
  command: readonly string[];
  arguments: readonly string[];
  input?: string;
  /** Where imports are looked for; ignored if there is no such folder. */
  folder?: string;
  signal?: AbortSignal;
}

/** There is no such program. */
export class NotInstalled extends Error {
  constructor(readonly program: string) {
    super(`there is no program ${program}`);
  }
}

const MOST_BYTES = 64 * 1024 * 1024;
const MOST_MILLISECONDS = 60_000;

/** Asks; throws `NotInstalled`, an `AbortError`, or an `Error` that says why there is no answer. */
export function ask(question: Question): Promise<Answer> {
  const [program, ...words] = question.command;
  if (!program) return Promise.reject(new NotInstalled("(the setting resdsl.command is empty)"));
  return new Promise((resolve, reject) => {
    const options = {
      cwd: question.folder && existsSync(question.folder) ? question.folder : undefined,
      maxBuffer: MOST_BYTES,
      timeout: MOST_MILLISECONDS,
      signal: question.signal,
      env: { ...process.env, NO_COLOR: "1", PYTHONIOENCODING: "utf-8" },
    };
    const child = execFile(program, [...words, ...question.arguments], options, (error, stdout, stderr) => {
      if (!error) resolve({ code: 0, stdout, stderr });
      else if (error.code === "ENOENT" || error.code === "EACCES") reject(new NotInstalled(program));
      else if (error.killed) reject(new Error(`${program} took longer than ${MOST_MILLISECONDS / 1000} seconds`));
      else if (typeof error.code === "number") resolve({ code: error.code, stdout, stderr });
      else reject(error);
    });
    child.stdin?.on("error", () => {}); // a program that ends before it has read everything has said why
    child.stdin?.end(question.input ?? "");
  });
}
