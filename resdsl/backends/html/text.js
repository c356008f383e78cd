// The spec's text: files as tabs, lines that are marked, lines that are clicked.

const text = {
  file: -1,
  line: 0, // where the keys are
  hosts: [...document.querySelectorAll(".file")],
  tabs: [],
  listing: document.getElementById("listing"),

  setUp() {
    const bar = document.querySelector(".files");
    for (const [number, name] of data.files.entries()) {
      const tab = make("button", "", name);
      tab.type = "button";
      tab.setAttribute("role", "tab");
      tab.addEventListener("click", () => this.open(number));
      this.tabs.push(tab);
      bar.append(tab);
    }
    this.listing.addEventListener("click", (event) => {
      const line = event.target.closest(".line");
      if (line && !String(getSelection())) this.choose(this.file, Number(line.dataset.line));
    });
    this.listing.addEventListener("pointerover", (event) => {
      const line = event.target.closest(".line");
      if (line) picture.hint(elementsAt(picture.sheet, this.file, Number(line.dataset.line)));
    });
    this.listing.addEventListener("pointerleave", () => picture.hint([]));
    this.listing.addEventListener("keydown", (event) => this.key(event));
    this.open(data.home[0]);
    this.reveal(data.home[1], "start");
  },

  open(number) {
    if (number === this.file) return;
    this.file = number;
    this.line = 0;
    for (const [index, host] of this.hosts.entries()) {
      host.hidden = index !== number;
      this.tabs[index].setAttribute("aria-selected", String(index === number));
    }
  },

  row(file, line) {
    return document.getElementById(`s${file}-${line}`);
  },

  reveal(line, block = "nearest") {
    const row = this.row(this.file, line);
    if (!row) return;
    const { listing } = this;
    const top = row.getBoundingClientRect().top - listing.getBoundingClientRect().top + listing.scrollTop;
    const margin = listing.clientHeight * 0.2;
    if (block === "start") listing.scrollTop = line < 12 ? 0 : top - 2 * row.offsetHeight;
    else if (top < listing.scrollTop + margin || top > listing.scrollTop + listing.clientHeight - margin)
      listing.scrollTop = top - listing.clientHeight * 0.35;
  },

  // Marks lines, given as "file:line" with a weight, and shows the first that matters: in the file that is open, if it
  // has any, or with `own` in the one that says it. With `stay` nothing moves.
  mark(lines, { stay = false, own = false } = {}) {
    for (const row of this.listing.querySelectorAll(".said, .near")) row.classList.remove("said", "near");
    const files = new Map();
    for (const [key, weight] of lines) {
      const [file, line] = key.split(":").map(Number);
      this.row(file, line)?.classList.add(weight === 2 ? "said" : "near");
      const known = files.get(file);
      if (!known || weight > known.weight || (weight === known.weight && line < known.line))
        files.set(file, { weight, line });
    }
    for (const [index, tab] of this.tabs.entries()) tab.classList.toggle("marked", files.has(index));
    if (stay || !files.size) return;
    const here = files.get(this.file);
    if (!here || (own && here.weight < 2)) this.open([...files].sort((a, b) => b[1].weight - a[1].weight)[0][0]);
    this.reveal(files.get(this.file).line);
  },

  // A line that is clicked: what it makes is marked, in this picture or in the next that shows any of it.
  choose(file, line) {
    for (const row of this.listing.querySelectorAll(".here")) row.classList.remove("here");
    this.line = line;
    const row = this.row(file, line);
    row?.classList.add("here");
    if (row) this.listing.setAttribute("aria-activedescendant", row.id);
    const order = [picture.sheet, ...sheets.filter((sheet) => sheet !== picture.sheet)];
    const sheet = order.find((one) => elementsAt(one, file, line).length);
    if (!sheet) {
      picture.hold([]);
      return;
    }
    if (sheet !== picture.sheet) picture.go([{ sheet: sheet.number }]);
    picture.hold(elementsAt(sheet, file, line));
  },

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity };
    const last = this.hosts[this.file].childElementCount;
    if (event.key in steps) {
      const from = this.line || (event.key === "ArrowUp" ? last + 1 : 0);
      const to = Math.min(Math.max(from + steps[event.key], 1), last);
      for (const row of this.listing.querySelectorAll(".here")) row.classList.remove("here");
      this.line = to;
      const row = this.row(this.file, to);
      row.classList.add("here");
      this.listing.setAttribute("aria-activedescendant", row.id);
      this.reveal(to);
      picture.hint(elementsAt(picture.sheet, this.file, to));
    } else if (event.key === "Enter" && this.line) {
      this.choose(this.file, this.line);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  },
};
