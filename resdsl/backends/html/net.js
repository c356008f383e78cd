"use strict";

// The net as data: its pictures, what is drawn in them, and which lines of the text each step comes from.

const data = JSON.parse(document.getElementById("data").textContent);
const LEVELS = { overview: "Overview", stage: "Stages", block: "Blocks", ops: "Operators" };
const FRAMES = new Set(["stage", "block"]);
const ENDS = new Set(["input", "output", "link"]);

// Runs of whole numbers, as [first, last] in ascending order.
function overlap(a, b) {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i][1] < b[j][0]) i++;
    else if (b[j][1] < a[i][0]) j++;
    else return true;
  }
  return false;
}

function* numbers(runs) {
  for (const [first, last] of runs) for (let n = first; n <= last; n++) yield n;
}

class Sheet {
  constructor(given, number) {
    Object.assign(this, given);
    this.number = number;
    this.host = document.querySelector(`[data-sheet="${number}"]`);
    this.svg = this.host.querySelector("svg");
    this.camera = this.host.querySelector(".camera");
    for (const [index, element] of this.elements.entries()) {
      element.sheet = this;
      element.index = index;
    }
    for (const group of this.host.querySelectorAll("[data-e]")) this.elements[group.dataset.e].group = group;
    this.every = this.elements;
    this.elements = this.every.filter((element) => element.group);
  }

  // The steps that are drawn here for those of a net, which may not be drawn themselves.
  drawn(runs) {
    const found = runs.map((run) => [...run]);
    for (const [first, last] of runs) {
      for (const [from, to, place] of this.stands) {
        const low = Math.max(first, from);
        const high = Math.min(last, to);
        if (low <= high) found.push([place + low - from, place + high - from]);
      }
    }
    return found.sort((a, b) => a[0] - b[0]);
  }

  // Elements that any of the steps are in. Merged runs may overlap, so each element is asked run by run.
  having(runs) {
    const wanted = this.drawn(runs);
    return this.elements.filter(
      (element) => !ENDS.has(element.k) && wanted.some((run) => overlap(element.n, [run])),
    );
  }

  // Where an element stands, in the coordinates of the drawing.
  box(element) {
    const rect = element.group.querySelector(".hit");
    const [, x, y] = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(this.camera.firstElementChild.getAttribute("transform"));
    const value = (name) => Number(rect.getAttribute(name));
    return { x: value("x") + Number(x), y: value("y") + Number(y), width: value("width"), height: value("height") };
  }
}

const sheets = data.sheets.map((given, number) => new Sheet(given, number));

// The lines of an element: those that say it (2), and those that it is made of or called from (1), by "file:line".
function linesOf(element) {
  const found = new Map();
  const put = ([file, first, last], weight) => {
    for (let line = first; line <= last; line++) {
      const key = `${file}:${line}`;
      found.set(key, Math.max(weight, found.get(key) ?? 0));
    }
  };
  const simple = !element.s || (!FRAMES.has(element.k) && (element.c ?? 1) === 1 && element.k !== "unit");
  for (const node of numbers(element.n)) {
    const [own, ...calls] = data.lines[data.nodes[node]];
    put(own, simple ? 2 : 1);
    for (const call of calls) put(call, 1);
  }
  if (element.s) put(element.s, 2);
  return found;
}

// The elements of a picture that a line makes: those that it says, otherwise those that are called from it.
function elementsAt(sheet, file, line) {
  const said = ([of, first, last]) => of === file && first <= line && line <= last;
  const own = sheet.elements.filter(
    (element) =>
      !ENDS.has(element.k) &&
      ((element.s && said(element.s)) ||
        ((!element.s || !FRAMES.has(element.k)) && [...numbers(element.n)].some((node) => said(data.lines[data.nodes[node]][0])))),
  );
  if (own.length) return own;
  return sheet.elements.filter(
    (element) =>
      !ENDS.has(element.k) && [...numbers(element.n)].some((node) => data.lines[data.nodes[node]].some(said)),
  );
}

// A new element of the page. Text is always text: nothing of a spec is ever parsed as markup.
function make(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function nameOf(element) {
  return element.c > 1 ? `${element.t} ×${element.c}` : element.t;
}
