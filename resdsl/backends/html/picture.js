// The picture that is shown, and the way to it.

const picture = {
  sheet: null,
  trail: [], // places: { sheet, runs, title }; the last is shown
  inside: null, // elements of the place that was opened, if not all
  held: [], // elements that are marked until others are
  told: [], // elements whose lines are marked while nothing is below the pointer
  over: null, // the element below the pointer, or with the focus
  quiet: false, // whether what gets the focus says nothing
  focus: null, // the element that Tab leads to
  host: document.getElementById("stage"),
  tip: document.getElementById("tip"),
  details: document.getElementById("details"),

  setUp() {
    for (const sheet of sheets) {
      for (const element of sheet.elements) {
        const { group } = element;
        group.setAttribute("role", "button");
        group.setAttribute("tabindex", "-1");
        group.setAttribute("aria-label", [nameOf(element), element.p, ...element.f.map((row) => row.join(" "))].join(", "));
        if (element.o !== undefined) group.classList.add("opens");
      }
    }
    handleMoves(this.host);
    this.host.addEventListener("click", (event) => this.click(event));
    this.host.addEventListener("pointermove", (event) => this.hover(event));
    this.host.addEventListener("pointerleave", () => this.leave());
    this.host.addEventListener("focusin", (event) => this.focused(event));
    this.host.addEventListener("focusout", () => this.leave());
    this.host.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => {
      if (this.sheet && !camera.moved) this.look();
    }).observe(this.host);
    addEventListener("popstate", (event) => event.state && this.show(event.state));
    this.go([{ sheet: data.start }], { replace: true });
  },

  at(event) {
    const group = event.target.closest?.("[data-e]");
    if (group && this.sheet.host.contains(group)) return this.sheet.every[group.dataset.e];
    const words = this.sheet.level === "overview" && event.target.closest?.("g.node");
    return words ? this.above(words) : null;
  },

  // The box of the overview that stands above its words.
  above(words) {
    const middle = ({ left, right }) => (left + right) / 2;
    const x = middle(words.getBoundingClientRect());
    const far = (element) => Math.abs(middle(element.group.getBoundingClientRect()) - x);
    return this.sheet.elements.reduce((best, one) => (far(one) < far(best) ? one : best));
  },

  // --- places ---

  go(trail, { replace = false } = {}) {
    if (replace) history.replaceState(trail, "");
    else history.pushState(trail, "");
    this.show(trail);
  },

  back() {
    if (this.trail.length > 1) this.go(this.trail.slice(0, -1));
  },

  // Opens an element: its blocks, its operators.
  open(element) {
    if (element.o === undefined) return;
    const opened = [element.sheet.number, element.index];
    this.go([...this.trail, { sheet: element.o, runs: this.steps(element), title: nameOf(element), opened }]);
    this.focusOn(this.held[0] ?? this.focus, { quietly: true });
  },

  // The steps that an element stands for: those of the place that was opened, where others are equal to them.
  steps(element) {
    const place = this.trail[this.trail.length - 1];
    const standing = this.sheet.stands.length > 0 && place.runs;
    if (!standing) return element.n;
    const found = [];
    for (const node of numbers(place.runs)) {
      const [drawn] = this.sheet.drawn([[node, node]]).filter((run) => run[0] !== node || !this.replaced(node));
      if (drawn && overlap(element.n, [drawn])) found.push([node, node]);
    }
    return found.length ? found : element.n;
  },

  replaced(node) {
    return this.sheet.stands.some(([first, last]) => first <= node && node <= last);
  },

  show(trail) {
    this.trail = trail;
    const place = trail[trail.length - 1];
    this.sheet = sheets[place.sheet];
    for (const sheet of sheets) sheet.host.hidden = sheet !== this.sheet;
    const { note } = this.sheet;
    document.getElementById("note").hidden = !note;
    document.getElementById("note").textContent = note;
    this.tip.hidden = true;
    this.over = null;
    this.scope(place.runs);
    camera.show(this.sheet, this.inside && this.union(this.inside));
    this.focusable(this.inside?.[0] ?? this.sheet.elements[0]);
    page.where();
    const opened = place.opened && sheets[place.opened[0]].every[place.opened[1]];
    const one = opened && ["operator", "merge", "fault"].includes(opened.k);
    this.held = one && this.inside ? this.inside.filter((element) => !FRAMES.has(element.k)) : [];
    this.mark(this.held);
    this.tell(opened ? [opened] : []);
  },

  look() {
    if (this.inside) camera.set(...camera.target(this.union(this.inside), 1.8));
    else camera.set(...camera.start());
  },

  // What lies outside of the place is faint.
  scope(runs) {
    const found = runs ? this.sheet.having(runs) : [];
    const elements = this.sheet.elements.filter((element) => !ENDS.has(element.k));
    this.inside = found.length && found.length < elements.length ? found : null;
    this.sheet.svg.classList.toggle("scoped", Boolean(this.inside));
    if (!this.inside) return;
    const boxes = this.inside.map((element) => this.sheet.box(element));
    const frame = this.sheet.box(this.inside[0]);
    const shift = { x: frame.x, y: frame.y };
    const rect = this.inside[0].group.querySelector(".hit");
    shift.x -= Number(rect.getAttribute("x"));
    shift.y -= Number(rect.getAttribute("y"));
    for (const group of this.sheet.svg.querySelectorAll("g.node, g.edge, g.cluster")) {
      const box = group.getBBox();
      const x = box.x + box.width / 2 + shift.x;
      const y = box.y + box.height / 2 + shift.y;
      const within = boxes.some((b) => b.x - 2 <= x && x <= b.x + b.width + 2 && b.y - 2 <= y && y <= b.y + b.height + 2);
      group.classList.toggle("in", within);
    }
    for (const element of this.inside) element.group.classList.add("in");
  },

  union(elements) {
    const boxes = elements.map((element) => this.sheet.box(element));
    const x = Math.min(...boxes.map((box) => box.x));
    const y = Math.min(...boxes.map((box) => box.y));
    const right = Math.max(...boxes.map((box) => box.x + box.width));
    const bottom = Math.max(...boxes.map((box) => box.y + box.height));
    return { x, y, width: right - x, height: bottom - y };
  },

  // --- marks ---

  // Marks elements in the picture, and the lines that they come from.
  mark(elements) {
    for (const group of this.sheet.svg.querySelectorAll(".marked")) group.classList.remove("marked");
    for (const element of elements) element.group.classList.add("marked");
  },

  // For the moment: of a line below the pointer.
  hint(elements) {
    this.mark(elements.length ? elements : this.held);
  },

  hold(elements) {
    this.held = elements;
    this.mark(elements);
    this.tell(elements);
    if (elements.length === 1) camera.reveal(this.sheet.box(elements[0]));
  },

  // Shows their lines and, of a single one, its facts: what is said while nothing is below the pointer.
  tell(elements) {
    this.told = elements;
    text.mark(this.lines(elements), { stay: elements.length > 1, own: true });
    this.details.replaceChildren(...(elements.length === 1 ? this.card(elements[0]) : []));
  },

  lines(elements) {
    const lines = new Map();
    for (const element of elements)
      for (const [key, weight] of linesOf(element)) lines.set(key, Math.max(weight, lines.get(key) ?? 0));
    return lines;
  },

  // What a tooltip says of an element.
  card(element) {
    const heading = make("h2", "", element.t);
    if (element.c > 1) heading.append(" ", make("b", "", `×${element.c}`));
    const rows = make("dl", "");
    const row = (name, ...value) => rows.append(make("dt", "", name), make("dd", "", ...value));
    if (element.q) row("paths", `${element.q[0]} … ${element.q[element.q.length - 1]}`);
    else if (element.p) row("path", element.p);
    for (const [name, value] of element.f) row(name, value);
    if (element.w) row("line", element.w);
    const parts = [heading, rows];
    if (element.o !== undefined) {
      parts.push(make("p", "opens", `Click: ${LEVELS[sheets[element.o].level].toLowerCase()}`));
    }
    return parts;
  },

  // --- pointer ---

  click(event) {
    const element = this.at(event);
    if (!element) {
      this.hold([]);
      return;
    }
    if (element.o !== undefined && !event.ctrlKey && !event.metaKey) this.open(element);
    else this.hold([element]);
  },

  hover(event) {
    const element = event.buttons ? null : this.at(event);
    if (!element) {
      this.leave();
      return;
    }
    if (this.over !== element) this.enter(element);
    this.placeTip(event.clientX, event.clientY);
  },

  enter(element) {
    this.over = element;
    this.mark([element]);
    text.mark(linesOf(element));
    this.tip.replaceChildren(...this.card(element));
    this.tip.hidden = false;
  },

  leave() {
    if (!this.over) return;
    this.over = null;
    this.tip.hidden = true;
    this.mark(this.held);
    text.mark(this.lines(this.told), { stay: true });
  },

  placeTip(x, y) {
    const { offsetWidth, offsetHeight } = this.tip;
    const left = x + 16 + offsetWidth > innerWidth ? x - offsetWidth - 12 : x + 16;
    const top = Math.min(y + 16, innerHeight - offsetHeight - 8);
    this.tip.style.left = `${Math.max(4, left)}px`;
    this.tip.style.top = `${Math.max(4, top)}px`;
  },

  // --- keys ---

  focusable(element) {
    if (!element) return;
    this.focus?.group.setAttribute("tabindex", "-1");
    this.focus = element;
    element.group.setAttribute("tabindex", "0");
  },

  focusOn(element, { quietly = false } = {}) {
    this.focusable(element);
    this.quiet = quietly;
    element.group.focus({ preventScroll: true });
    this.quiet = false;
  },

  focused(event) {
    const element = this.at(event);
    if (this.quiet || !element || !element.group.matches(":focus-visible")) return;
    this.focusable(element);
    camera.reveal(this.sheet.box(element));
    this.enter(element);
    const { right, top } = element.group.getBoundingClientRect();
    this.placeTip(right - 8, top - 8);
  },

  key(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    const element = this.at(event);
    if (way && event.shiftKey) camera.pan(-way[0] * 60, -way[1] * 60);
    else if (way && element) this.step(element, way);
    else if (event.key === "Enter" && element) this.open(element);
    else if (event.key === " " && element) this.hold([element]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  },

  // To the nearest element in a direction; what lies beside the way counts twice as far.
  step(element, [dx, dy]) {
    const middle = (one) => {
      const { x, y, width, height } = this.sheet.box(one);
      return FRAMES.has(one.k) ? { x: x + 10, y: y + 4 } : { x: x + width / 2, y: y + height / 2 };
    };
    const from = middle(element);
    let best = null;
    let least = Infinity;
    for (const other of this.sheet.elements) {
      if (other === element) continue;
      const to = middle(other);
      const along = (to.x - from.x) * dx + (to.y - from.y) * dy;
      const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
      if (along > 1 && along + 2 * aside < least) {
        least = along + 2 * aside;
        best = other;
      }
    }
    if (best) this.focusOn(best);
  },
};
