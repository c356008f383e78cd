// What stands around the picture: levels, parts of the net, the way back, colours, and the keys of the whole page.

const THEMES = { auto: "as the system", light: "light", dark: "dark" };

const page = {
  root: document.documentElement,

  setUp() {
    const bar = document.querySelector(".levels");
    for (const [level, name] of Object.entries(LEVELS)) {
      if (!sheets.some((sheet) => sheet.level === level)) continue;
      const tab = make("button", "", name);
      tab.type = "button";
      tab.dataset.level = level;
      tab.setAttribute("role", "tab");
      tab.addEventListener("click", () => this.level(level));
      bar.append(tab);
    }
    const on = (id, action) => document.getElementById(id).addEventListener("click", action);
    on("back", () => picture.back());
    on("closer", () => camera.zoom(1.3));
    on("farther", () => camera.zoom(1 / 1.3));
    on("fit", () => camera.fit());
    on("theme", () => this.theme());
    on("beside", () => this.beside());
    on("help", () => this.help());
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("beforeprint", () => this.paper(true));
    addEventListener("afterprint", () => this.paper(false));
    this.split(document.getElementById("splitter"));
    this.label();
  },

  // --- where the reader is ---

  level(level) {
    if (picture.sheet.level === level && picture.trail.length === 1 && !picture.inside) {
      camera.fit();
      return;
    }
    const place = picture.trail[picture.trail.length - 1];
    const here = sheets.filter((sheet) => sheet.level === level);
    const showing = place.runs ? here.filter((sheet) => sheet.having(place.runs).length) : [];
    const opened = showing.find((sheet) => sheet.title !== "all") ?? showing[0];
    const same = here.find((sheet) => sheet.title === picture.sheet.title);
    picture.go([{ sheet: (opened ?? same ?? here[0]).number }]);
  },

  parts(level) {
    return sheets.filter((sheet) => sheet.level === level);
  },

  where() {
    const { sheet, trail } = picture;
    for (const tab of document.querySelectorAll(".levels button"))
      tab.setAttribute("aria-selected", String(tab.dataset.level === sheet.level));
    document.getElementById("back").disabled = trail.length < 2;
    const crumbs = trail.flatMap((place, index) => {
      const one = sheets[place.sheet];
      const name = place.title ?? (this.parts(one.level).length > 1 ? `${LEVELS[one.level]}: ${one.title}` : LEVELS[one.level]);
      const crumb = make("button", "", name);
      crumb.type = "button";
      crumb.addEventListener("click", () => picture.go(trail.slice(0, index + 1)));
      if (index === trail.length - 1) crumb.setAttribute("aria-current", "page");
      return index ? [make("span", "", "›"), crumb] : [crumb];
    });
    document.querySelector(".crumbs").replaceChildren(...crumbs);
    const parts = this.parts(sheet.level);
    const chips = parts.length < 2 ? [] : parts.map((one) => this.chip(one));
    document.querySelector(".sections").replaceChildren(...chips);
    chips[parts.indexOf(sheet)]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  },

  chip(sheet) {
    const chip = make("button", "", sheet.title);
    chip.type = "button";
    chip.setAttribute("aria-pressed", String(sheet === picture.sheet));
    chip.addEventListener("click", () => picture.go([{ sheet: sheet.number }]));
    return chip;
  },

  neighbour(step) {
    const parts = this.parts(picture.sheet.level);
    const next = parts[parts.indexOf(picture.sheet) + step];
    if (next) picture.go([{ sheet: next.number }]);
  },

  // --- looks ---

  theme() {
    const names = Object.keys(THEMES);
    this.root.dataset.theme = names[(names.indexOf(this.root.dataset.theme) + 1) % names.length];
    this.label();
  },

  label() {
    const button = document.getElementById("theme");
    const { theme } = this.root.dataset;
    button.setAttribute("aria-label", `Colours: ${THEMES[theme]}`);
    button.title = `Colours: ${THEMES[theme]} (t)`;
  },

  beside() {
    const shown = this.root.classList.toggle("alone");
    document.getElementById("beside").setAttribute("aria-pressed", String(!shown));
  },

  help() {
    document.getElementById("keys").showModal();
  },

  split(splitter) {
    const set = (width) => {
      const limited = Math.min(Math.max(width, 180), innerWidth - 320);
      this.root.style.setProperty("--beside", `${Math.round(limited)}px`);
    };
    splitter.addEventListener("pointerdown", (event) => splitter.setPointerCapture(event.pointerId));
    splitter.addEventListener("pointermove", (event) => {
      if (splitter.hasPointerCapture(event.pointerId)) set(innerWidth - event.clientX);
    });
    splitter.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: 24, ArrowRight: -24 };
      if (!(event.key in steps)) return;
      set(document.querySelector("aside").offsetWidth + steps[event.key]);
      event.preventDefault();
      event.stopPropagation();
    });
  },

  // On paper the whole picture is shown, whatever part of it is on the screen.
  paper(begins) {
    const { svg, size } = picture.sheet;
    if (begins) {
      svg.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
      picture.sheet.camera.setAttribute("transform", "");
    } else {
      svg.removeAttribute("viewBox");
      camera.set(camera.x, camera.y, camera.k);
    }
  },

  // --- keys ---

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("keys").open) return;
    if (event.target.closest("input")) return;
    const levels = Object.fromEntries(Object.keys(LEVELS).map((level, index) => [index + 1, level]));
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    const actions = {
      "/": () => search.input.focus(),
      "?": () => this.help(),
      "+": () => camera.zoom(1.3),
      "=": () => camera.zoom(1.3),
      "-": () => camera.zoom(1 / 1.3),
      0: () => camera.fit(),
      t: () => this.theme(),
      c: () => this.beside(),
      "[": () => this.neighbour(-1),
      "]": () => this.neighbour(1),
      Backspace: () => picture.back(),
      Escape: () => (picture.held.length ? picture.hold([]) : picture.back()),
    };
    const action = actions[event.key];
    if (action) action();
    else if (event.key in levels && this.parts(levels[event.key]).length) this.level(levels[event.key]);
    else if (event.key in moves && (event.shiftKey || event.target === document.body)) camera.pan(...moves[event.key]);
    else return;
    event.preventDefault();
  },
};

page.setUp();
picture.setUp();
text.setUp();
search.setUp();
