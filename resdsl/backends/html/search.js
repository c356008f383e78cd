// Search by name, operator and path.

const search = {
  input: document.getElementById("search"),
  list: document.getElementById("found"),
  results: [],
  at: -1,

  setUp() {
    // What is drawn several times is found once, and each operator by itself too.
    const seen = new Set();
    this.entries = [];
    const overview = (sheet) => sheet.level === "overview";
    for (const sheet of [...sheets.filter((one) => !overview(one)), ...sheets.filter(overview)]) {
      for (const element of sheet.elements) {
        if (ENDS.has(element.k) || element.k === "shortcut") continue;
        const key = `${sheet.level === "ops"} ${element.t} ${element.p}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const operators = element.f.filter(([name]) => name === "does").map(([, value]) => value);
        const words = [element.t, element.p, ...(element.q ?? []), ...operators].join("\n").toLowerCase();
        this.entries.push({ element, words });
      }
    }
    this.input.addEventListener("input", () => this.find());
    this.input.addEventListener("focus", () => this.find());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 120));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) this.take(Number(item.dataset.place));
    });
  },

  find() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = words.length ? this.entries.filter((entry) => words.every((word) => entry.words.includes(word))) : [];
    // By name before by operator, of those found by operator the smallest first.
    const rank = ({ element }) => {
      const names = [element.p.toLowerCase(), element.t.toLowerCase()];
      if (names.includes(words.join(" "))) return 0;
      if (names.some((name) => name.startsWith(words[0]))) return 1;
      return names.some((name) => name.includes(words[0])) ? 2 : 3 + [...numbers(element.n)].length;
    };
    this.results = fits
      .map((entry, order) => ({ ...entry, order, rank: rank(entry) }))
      .sort((a, b) => a.rank - b.rank || a.order - b.order);
    this.draw(words.length > 0);
  },

  draw(asked) {
    const items = this.results.slice(0, 40).map(({ element }, place) => {
      const level = LEVELS[element.sheet.level].toLowerCase();
      const item = make("li", "", make("b", "", nameOf(element)), make("span", "", element.p), make("i", "", level));
      item.id = `found-${place}`;
      item.dataset.place = String(place);
      item.setAttribute("role", "option");
      return item;
    });
    if (asked && !items.length) items.push(make("li", "none", "Nothing of this name"));
    if (this.results.length > items.length) items.push(make("li", "none", `and ${this.results.length - items.length} more`));
    this.list.replaceChildren(...items);
    this.list.hidden = !items.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.choose(this.results.length ? 0 : -1);
  },

  choose(place) {
    this.at = place;
    for (const [index, item] of [...this.list.children].entries()) {
      item.setAttribute("aria-selected", String(index === place));
      if (index === place) item.scrollIntoView({ block: "nearest" });
    }
    this.input.setAttribute("aria-activedescendant", place < 0 ? "" : `found-${place}`);
  },

  take(place) {
    const { element } = this.results[place];
    const { sheet } = element;
    this.input.value = "";
    this.close();
    if (sheet !== picture.sheet) picture.go([{ sheet: sheet.number }]);
    picture.focusOn(element);
    picture.hold([element]);
    if (camera.k < 0.9) camera.glide(...camera.target(sheet.box(element), 1.2));
  },

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  },

  key(event) {
    const shown = Math.min(this.results.length, 40);
    if (event.key === "ArrowDown" && shown) this.choose((this.at + 1) % shown);
    else if (event.key === "ArrowUp" && shown) this.choose((this.at - 1 + shown) % shown);
    else if (event.key === "Enter" && this.at >= 0) this.take(this.at);
    else if (event.key === "Escape") {
      this.input.value = "";
      this.close();
      this.input.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  },
};
