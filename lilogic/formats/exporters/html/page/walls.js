// Input bits and gates as walls of small lights, a wall for each level, and the wires between them.

const GAP = 12;
const TALL = 400;

/** Nodes in rows and columns on a canvas. */
class Wall {
  /**
   * @param title what stands above it
   * @param picked called with a node that was clicked
   */
  constructor(title, picked) {
    this.canvas = made("canvas", { tabIndex: 0, role: "application" });
    this.count = made("span", { className: "count", title: "Those that are 1, of all" });
    this.element = made("figure", { className: "wall" }, made("figcaption", {}, made("b", {}, title), " ", this.count), this.canvas);
    this.title = title;
    this.focused = null;
    this.canvas.addEventListener("click", (event) => {
      const node = this.#nodeAt(event);
      if (node >= 0) picked((this.focused = node));
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const node = this.#nodeAt(event);
      this.canvas.title = node >= 0 ? this.named(node) : "";
      this.canvas.style.cursor = node >= 0 ? "pointer" : "";
    });
    this.canvas.addEventListener("keydown", (event) => this.#key(event, picked));
  }

  /** Lay out: `places` has a node, or -1, for each place, row after row, of lights of some pixels. */
  lay(places, columns, wide, tall = wide) {
    this.places = places.length ? places : [-1];
    this.columns = columns;
    this.rows = Math.ceil(this.places.length / columns);
    [this.wide, this.tall] = [wide, tall];
    this.at = new Map();
    this.places.forEach((node, place) => node >= 0 && this.at.set(node, place));
    this.image = new ImageData(columns, this.rows);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.small = scratch(columns, this.rows);
    this.ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(columns * wide * this.ratio);
    this.canvas.height = Math.round(this.rows * tall * this.ratio);
    this.canvas.style.width = `${columns * wide}px`;
    this.canvas.style.height = `${this.rows * tall}px`;
    this.canvas.ariaLabel = `${this.title}, ${this.at.size} nodes. Arrow keys choose one, Enter shows it.`;
  }

  /** Show each node in the colour, a pixel, that `colour` gives it. */
  paint(colour, paper) {
    const { places, pixels } = this;
    for (let place = 0; place < places.length; place++) {
      pixels[place] = places[place] < 0 ? 0 : colour(places[place]);
    }
    this.small.putImageData(this.image, 0, 0);
    const context = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, width, height);
    context.drawImage(this.small.canvas, 0, 0, width, height);
    const least = Math.min(this.wide, this.tall);
    if (least < 4) return;
    context.fillStyle = paper;
    const line = Math.max(1, Math.round(least * this.ratio * 0.14));
    for (let column = 1; column <= this.columns; column++) {
      context.fillRect(Math.round(column * this.wide * this.ratio) - line, 0, line, height);
    }
    for (let row = 1; row <= this.rows; row++) {
      context.fillRect(0, Math.round(row * this.tall * this.ratio) - line, width, line);
    }
  }

  /** The middle of a node, in pixels of the window. */
  middle(node) {
    const place = this.at.get(node);
    const { left, top } = this.canvas.getBoundingClientRect();
    return [
      left + ((place % this.columns) + 0.5) * this.wide,
      top + (Math.floor(place / this.columns) + 0.5) * this.tall,
    ];
  }

  #nodeAt({ offsetX, offsetY }) {
    const [column, row] = [Math.floor(offsetX / this.wide), Math.floor(offsetY / this.tall)];
    if (column < 0 || row < 0 || column >= this.columns) return -1;
    return this.places[row * this.columns + column] ?? -1;
  }

  /** Arrows go to the next node in a direction, Enter picks it. */
  #key(event, picked) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns }[event.key];
    if (!step && event.key !== "Enter") return;
    event.preventDefault();
    const start = this.at.get(this.focused);
    let place = start === undefined ? this.places.findIndex((node) => node >= 0) : start + (step ?? 0);
    while (place >= 0 && place < this.places.length && this.places[place] < 0) place += step ?? 1;
    if (this.places[place] >= 0) picked((this.focused = this.places[place]));
  }
}

/** All walls of a network, and the wires of the node that is looked at. */
class Walls {
  /** `picked` is called with a node that was clicked; `named` says what a node is called. */
  constructor(network, picked, named) {
    this.network = network;
    this.favours = network.favours();
    this.levels = network.level.reduce((most, level) => Math.max(most, level), 0);
    const nodes = [...Array(network.nNodes).keys()].filter((node) => network.used[node]);
    /** Nodes of each level that a score depends on: those of one class beside each other. */
    this.byLevel = Array.from({ length: this.levels + 1 }, () => []);
    for (const node of nodes) this.byLevel[network.level[node]].push(node);
    for (const level of this.byLevel.slice(1)) level.sort((x, y) => this.favours[x] - this.favours[y] || x - y);
    this.walls = this.byLevel.map((_, level) => {
      const wall = new Wall(level ? `Level ${level}` : "Input bits", picked);
      wall.named = named;
      byId("walls").append(wall.element);
      return wall;
    });
  }

  /** Give lights the size and the order that fit the room. */
  lay() {
    const room = byId("walls").clientWidth;
    const isWide = room >= 440;
    const gates = this.byLevel.slice(1);
    const count = gates.reduce((sum, level) => sum + level.length, 0);
    const bits = this.#layBits(isWide ? Math.min(280, room * 0.36) : Math.min(room, 300));
    const free = isWide ? room - bits - gates.length * GAP : room;
    const fitting = Math.floor(Math.sqrt((free * TALL * 0.9) / Math.max(1, count)));
    let size = Math.min(Math.max(fitting, 2), 20);
    const rows = () => Math.max(1, Math.floor(TALL / size));
    const width = () => gates.reduce((sum, level) => sum + Math.ceil(level.length / rows()) * size, 0);
    while (isWide && size > 2 && width() > free) size--;
    gates.forEach((level, number) => {
      if (isWide) {
        const tall = Math.min(rows(), Math.max(1, level.length));
        const columns = Math.ceil(level.length / tall) || 1;
        const places = Array.from({ length: tall * columns }, (_, at) => level[(at % columns) * tall + Math.floor(at / columns)] ?? -1);
        this.walls[number + 1].lay(places, columns, size);
      } else {
        const columns = Math.min(Math.floor(room / size), Math.max(1, level.length));
        this.walls[number + 1].lay(level, columns, size);
      }
    });
  }

  /** Show all: `shown(node)` says whether a node's value is known yet. */
  paint(palette, shown, marked) {
    const { network, favours } = this;
    const shades = (share) => ({
      on: [-1, ...network.classes.keys()].map((number) => palette.pixel(palette.ofClass(number), share)),
      off: palette.pixel(palette.off, share),
      unknown: palette.pixel(palette.unknown, share),
    });
    const [plain, faded] = [shades(0), shades(0.72)];
    const paper = Palette.css(palette.paper);
    const isBit = (node) => node < network.nInputs;
    const colour = (node) => {
      const shade = marked && !marked.has(node) ? faded : plain;
      if (!shown(node)) return shade.unknown;
      return network.values[node] ? shade.on[isBit(node) ? 0 : favours[node] + 1] : shade.off;
    };
    this.walls.forEach((wall, level) => {
      wall.paint(colour, paper);
      const nodes = this.byLevel[level];
      let [ones, known] = [0, 0];
      for (const node of nodes) {
        ones += network.values[node];
        known += shown(node);
      }
      const count = nodes.length.toLocaleString("en");
      wall.count.textContent = known ? `${ones.toLocaleString("en")} of ${count}` : count;
    });
  }

  /** The wall of a node. */
  of(node) {
    return this.walls[this.network.level[node]];
  }

  /** Bits where their pixels are, several of a pixel beside each other; else a row a feature. */
  #layBits(width) {
    const [nodes, { encoder }] = [this.byLevel[0], this.network];
    const wall = this.walls[0];
    if (!encoder) {
      const columns = Math.max(1, Math.ceil(Math.sqrt(nodes.length)));
      wall.lay(nodes, columns, Math.min(Math.max(Math.floor(width / columns), 1), 18));
    } else if (encoder.isImage) {
      const [rows, columns, channels] = encoder.featureShape;
      const groups = this.#groups((feature) => Math.floor(feature / channels));
      const most = Math.max(1, ...[...groups.values()].map((bits) => bits.length));
      const across = Math.ceil(Math.sqrt(most));
      const down = Math.ceil(most / across);
      const places = Array(rows * down * columns * across).fill(-1);
      for (const [pixel, bits] of groups) {
        const [row, column] = [Math.floor(pixel / columns), pixel % columns];
        bits.forEach((bit, number) => {
          const line = row * down + Math.floor(number / across);
          places[(line * columns + column) * across + (number % across)] = bit;
        });
      }
      const pixel = Math.max(across, Math.floor(width / columns));
      wall.lay(places, columns * across, pixel / across, pixel / down);
    } else {
      const groups = [...this.#groups((feature) => feature).values()];
      const most = Math.max(1, ...groups.map((bits) => bits.length));
      const places = groups.flatMap((bits) => [...bits, ...Array(most - bits.length).fill(-1)]);
      wall.lay(places, most, Math.min(Math.max(Math.floor(Math.min(width / most, TALL / groups.length)), 2), 18));
    }
    return wall.columns * wall.wide;
  }

  /** Used bits by what `key` makes of their feature, of rising thresholds. */
  #groups(key) {
    const { feature, threshold } = this.network.encoder;
    const groups = new Map();
    for (const bit of [...this.byLevel[0]].sort((x, y) => feature[x] - feature[y] || threshold[x] - threshold[y])) {
      const name = key(feature[bit]);
      groups.set(name, [...(groups.get(name) ?? []), bit]);
    }
    return groups;
  }
}

/** Draw the wires of a node: what it reads, what reads it, and the classes that count it. */
function drawWires(walls, lanes, node) {
  const overlay = byId("wires");
  overlay.replaceChildren();
  if (node === null) return;
  const { network } = walls;
  const origin = byId("flow").getBoundingClientRect();
  const place = (each) => {
    const [x, y] = walls.of(each).middle(each);
    return [x - origin.left, y - origin.top];
  };
  const here = place(node);
  const wire = (from, to, value) => overlay.append(curve(from, to, value));
  for (const each of network.reads(node)) wire(place(each), here, network.values[each]);
  const value = network.values[node];
  for (const each of [...network.readers(node)].filter((gate) => network.used[gate]).slice(0, MOST_WIRES)) wire(here, place(each), value);
  for (const number of network.counting(node)) {
    const { left, top, height } = lanes[number].getBoundingClientRect();
    wire(here, [left - origin.left, top - origin.top + height / 2], value);
  }
  overlay.append(ring(here, walls.of(node).wide));
}

/** Wires that are drawn from a node at most. */
const MOST_WIRES = 120;

function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function curve([x, y], [u, v], value) {
  const isAcross = Math.abs(u - x) >= Math.abs(v - y);
  const [dx, dy] = isAcross ? [(u - x) / 2, 0] : [0, (v - y) / 2];
  const d = `M${x} ${y}C${x + dx} ${y + dy} ${u - dx} ${v - dy} ${u} ${v}`;
  return svg("path", { d, class: value ? "one" : "zero" });
}

function ring([x, y], size) {
  return svg("circle", { cx: x, cy: y, r: Math.max(6, size * 0.8) });
}
