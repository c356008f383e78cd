/** The models of a text, found without the compiler: for menus, also where the text has errors. */

export interface Model {
  name: string;
  /** The offset of the word `model`. */
  start: number;
}

const HIDDEN = /#[^\r\n]*|"[^"\r\n]*"?/g;
const HEADER = /^[ \t]*model[ \t]+([A-Za-z_]\w*)[ \t]*/gm;

/** The models that can be built without arguments: all their parameters have values. In the order of the text. */
export function buildable(text: string): Model[] {
  const plain = text.replace(HIDDEN, (hidden) => " ".repeat(hidden.length));
  const found: Model[] = [];
  for (const header of plain.matchAll(HEADER)) {
    const name = header[1] as string;
    const end = header.index + header[0].length;
    const open = plain[end] === "(" ? parameters(plain, end) : [];
    if (open?.every((parameter) => /[^=!<>]=[^=]/.test(parameter))) found.push({ name, start: header.index });
  }
  return found;
}

/** The model to show: the one asked for, else the one around the offset, else the first. */
export function chosen(models: readonly Model[], wanted: string | undefined, offset: number): string | undefined {
  if (models.some((model) => model.name === wanted)) return wanted;
  return (models.findLast((model) => model.start <= offset) ?? models[0])?.name;
}

/** The parameters in the parentheses that open at `start`, as they are written; nothing if these are never closed. */
function parameters(text: string, start: number): string[] | undefined {
  const found: string[] = [];
  let depth = 0;
  let begin = start + 1;
  for (let place = start; place < text.length; place++) {
    const sign = text[place] as string;
    if ("([{".includes(sign)) depth++;
    else if (")]}".includes(sign)) depth--;
    if (depth === 0 || (depth === 1 && sign === ",")) {
      found.push(text.slice(begin, place));
      begin = place + 1;
    }
    if (depth === 0) return found.filter((parameter) => parameter.trim() !== "");
  }
  return undefined;
}
