// The page of the diagram: shows what it is sent, and says what is chosen.
"use strict";

(() => {
  const editor = acquireVsCodeApi();

  /**
   * @template {HTMLElement} T
   * @param {string} id
   * @param {new () => T} kind
   * @returns {T}
   */
  function element(id, kind) {
    const found = document.getElementById(id);
    if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
    return found;
  }

  const model = element("model", HTMLSelectElement);
  const level = element("level", HTMLSelectElement);
  const fit = element("fit", HTMLInputElement);
  const fault = element("fault", HTMLPreElement);
  const picture = element("picture", HTMLImageElement);

  model.addEventListener("change", () => editor.postMessage({ model: model.value }));
  level.addEventListener("change", () => editor.postMessage({ level: level.value }));
  fit.addEventListener("change", () => picture.classList.toggle("fit", fit.checked));
  picture.classList.toggle("fit", fit.checked);

  window.addEventListener("message", (/** @type {MessageEvent<import("../src/preview").Picture>} */ event) => {
    const sent = event.data;
    model.replaceChildren(...sent.models.map((name) => new Option(name, name, false, name === sent.model)));
    model.disabled = sent.models.length < 2;
    level.value = sent.level;
    fault.hidden = !sent.fault;
    fault.textContent = sent.fault;
    picture.hidden = !sent.svg;
    picture.classList.toggle("old", Boolean(sent.fault));
    picture.alt = `Diagram of ${sent.model}`;
    const source = `data:image/svg+xml;base64,${sent.svg}`;
    if (sent.svg && picture.src !== source) picture.src = source;
  });

  editor.postMessage({ ready: true });
})();
