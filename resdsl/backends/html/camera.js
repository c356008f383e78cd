// Pan and zoom of the picture that is shown.

const CLOSEST = 8;
const FARTHEST = 0.05;
const NATURAL = 1.5; // a picture that fits is no larger than this

const camera = {
  x: 0,
  y: 0,
  k: 1,
  sheet: null,
  moved: false, // by hand, since all was shown
  frame: 0,

  room() {
    const { clientWidth, clientHeight } = document.getElementById("stage");
    return { width: clientWidth, height: clientHeight };
  },

  set(x, y, k) {
    Object.assign(this, { x, y, k });
    this.sheet.camera.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${k.toFixed(4)})`);
    document.getElementById("scale").textContent = `${Math.round(k * 75)} %`; // a point is 4/3 pixels
  },

  glide(x, y, k) {
    cancelAnimationFrame(this.frame);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.set(x, y, k);
      return;
    }
    const from = { x: this.x, y: this.y, k: this.k };
    const began = performance.now();
    const step = (now) => {
      const part = Math.min(1, Math.max(0, (now - began) / 220));
      const eased = 1 - (1 - part) ** 3;
      const at = (name, to) => from[name] + (to - from[name]) * eased;
      this.set(at("x", x), at("y", y), at("k", k));
      if (part < 1) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  },

  // All of a box in the middle of the window.
  target(box, most = NATURAL) {
    const { width, height } = this.room();
    const margin = Math.min(width, height) * 0.04;
    const fitting = Math.min((width - 2 * margin) / box.width, (height - 2 * margin) / box.height);
    const k = Math.min(Math.max(fitting, FARTHEST), most);
    return [width / 2 - (box.x + box.width / 2) * k, height / 2 - (box.y + box.height / 2) * k, k];
  },

  all() {
    return { x: 0, y: 0, width: this.sheet.size[0], height: this.sheet.size[1] };
  },

  // A picture that would be too small to read is shown from its top, as wide as the window.
  start() {
    const box = this.all();
    const [x, y, k] = this.target(box);
    const wide = Math.min((this.room().width * 0.96) / box.width, 1);
    if (k >= 0.55 || wide <= k) return [x, y, k];
    return [(this.room().width - box.width * wide) / 2, 8, wide];
  },

  show(sheet, box) {
    cancelAnimationFrame(this.frame);
    this.sheet = sheet;
    this.moved = false;
    this.set(...this.start());
    if (box) this.glide(...this.target(box, 1.8));
  },

  fit() {
    this.moved = false;
    this.glide(...this.target(this.all()));
  },

  // Brings a box into the window, no more than necessary.
  reveal(box) {
    const { width, height } = this.room();
    const edge = 24;
    const shift = (at, size, room) =>
      size > room - 2 * edge ? edge - at : at < edge ? edge - at : Math.min(0, room - edge - (at + size));
    const left = this.x + box.x * this.k;
    const top = this.y + box.y * this.k;
    const dx = shift(left, box.width * this.k, width);
    const dy = shift(top, box.height * this.k, height);
    if (dx || dy) this.glide(this.x + dx, this.y + dy, this.k);
  },

  zoom(factor, x, y) {
    cancelAnimationFrame(this.frame);
    const { width, height } = this.room();
    const px = x ?? width / 2;
    const py = y ?? height / 2;
    const k = Math.min(Math.max(this.k * factor, FARTHEST), CLOSEST);
    this.moved = true;
    this.set(px - ((px - this.x) * k) / this.k, py - ((py - this.y) * k) / this.k, k);
  },

  pan(dx, dy) {
    cancelAnimationFrame(this.frame);
    this.moved = true;
    this.set(this.x + dx, this.y + dy, this.k);
  },
};

// Wheel, drag with one pointer, pinch with two.
function handleMoves(host) {
  const pointers = new Map();
  let dragged = false;
  const place = (event) => {
    const { left, top } = host.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  host.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const { x, y } = place(event);
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        const across = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
        camera.pan(-across * lines, 0);
      } else {
        camera.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), x, y);
      }
    },
    { passive: false },
  );
  host.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, place(event));
    dragged = pointers.size > 1;
  });
  host.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    if (!dragged && Math.hypot(now.x - before.x, now.y - before.y) < 4) return;
    if (!dragged) host.setPointerCapture(event.pointerId);
    dragged = true;
    host.classList.add("dragging");
    if (pointers.size === 1) {
      camera.pan(now.x - before.x, now.y - before.y);
    } else {
      const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      const factor = Math.hypot(now.x - other.x, now.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y);
      camera.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
      if (Number.isFinite(factor) && factor > 0) camera.zoom(factor, (now.x + other.x) / 2, (now.y + other.y) / 2);
    }
    pointers.set(event.pointerId, now);
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    if (!pointers.size) host.classList.remove("dragging");
  };
  host.addEventListener("pointerup", release);
  host.addEventListener("pointercancel", release);
  // The click that ends a drag is none.
  host.addEventListener(
    "click",
    (event) => {
      if (dragged) event.stopPropagation();
      dragged = false;
    },
    true,
  );
}
