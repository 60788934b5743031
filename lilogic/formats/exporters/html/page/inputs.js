// Where samples come from. Each kind of input has `raw`, and calls `changed` when that is new.

const byId = (id) => document.getElementById(id);

/** An element with properties and children. */
function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Numbers of pasted text: a row of a table, a list, or nested lists. */
function pastedNumbers(text, size) {
  const words = text.split(/[\s,;[\]()]+/).filter(Boolean);
  const numbers = words.map((word) => (word === "?" || /^nan$/i.test(word) ? NaN : Number(word)));
  const wrong = words.find((word, place) => Number.isNaN(numbers[place]) && !/^(\?|nan)$/i.test(word));
  if (wrong) throw new Error(`“${wrong}” is no number.`);
  if (numbers.length !== size) throw new Error(`There are ${numbers.length} numbers, but a sample has ${size}.`);
  return Float64Array.from(numbers);
}

/** Let the page's text area set samples. */
function bindPasting(size, use) {
  byId("use-numbers").addEventListener("click", () => {
    const complaint = byId("numbers-error");
    try {
      use(pastedNumbers(byId("numbers").value, size));
      complaint.textContent = "";
    } catch (error) {
      complaint.textContent = error.message;
    }
  });
}

/** Buttons for the examples, with the faces that `face` makes. */
function bindExamples(examples, classes, face, use) {
  examples.forEach((example, number) => {
    const name = classes[example.label];
    const label = `Sample ${number + 1}, of class ${name}`;
    const button = made("button", { type: "button", title: label, ariaLabel: label }, ...face(example, name));
    button.addEventListener("click", () => use(example.raw));
    byId("examples").append(button);
  });
}

/** Sliders, a row for each feature of a table. */
class TableInput {
  constructor(network, given, examples, changed) {
    this.encoder = network.encoder;
    this.changed = changed;
    this.raw = (examples[0]?.raw ?? this.#middle(network)).slice();
    const used = new Set();
    for (let bit = 0; bit < network.nInputs; bit++) {
      if (!network.used[bit]) continue;
      used.add(this.encoder.feature[bit]).add(this.encoder.minus[bit]);
    }
    this.rows = Array.from(this.raw, (_, feature) => this.#row(network, feature, examples, used));
    bindPasting(network.sampleSize, (raw) => this.use(raw));
    bindExamples(examples, network.classes, (_, name) => [made("span", {}, name)], (raw) => this.use(raw));
    this.#show();
  }

  /** Show a raw sample. */
  use(raw) {
    this.raw = raw.slice();
    this.#show();
    this.changed();
  }

  #show() {
    this.rows.forEach(({ slider, number }, feature) => {
      const value = this.raw[feature];
      number.value = Number.isNaN(value) ? "" : value;
      slider.value = value;
    });
  }

  /** The thresholds that used bits compare a feature with. */
  #levels(network, feature) {
    const bits = [...this.encoder.feature.keys()];
    return bits
      .filter((bit) => this.encoder.feature[bit] === feature && network.used[bit])
      .map((bit) => this.encoder.level(bit));
  }

  #middle(network) {
    return Float64Array.from({ length: this.encoder.size }, (_, feature) => {
      const levels = this.#levels(network, feature).sort((x, y) => x - y);
      return levels[levels.length >> 1] ?? 0;
    });
  }

  #row(network, feature, examples, used) {
    const levels = this.#levels(network, feature);
    const known = [...levels, ...examples.map(({ raw }) => raw[feature])].filter(Number.isFinite);
    let [low, high] = [Math.min(...known), Math.max(...known)];
    if (!known.length) [low, high] = [0, 1];
    const margin = (high - low || Math.abs(high) || 1) * 0.1;
    const isReal = Boolean(this.encoder.scaling);
    if (levels.length) [low, high] = [Math.min(low, Math.min(...levels) - margin), Math.max(high, Math.max(...levels) + margin)];
    if (!isReal) [low, high] = [Math.floor(low), Math.ceil(high)];
    const name = this.encoder.featureName(feature);
    const slider = made("input", { type: "range", min: low, max: high, step: isReal ? (high - low) / 1000 : 1, ariaLabel: name });
    const number = made("input", { type: "number", step: "any", ariaLabel: `${name}, exact value` });
    const ticks = levels.map((level) => {
      const at = (100 * (level - low)) / (high - low);
      return `linear-gradient(90deg, transparent calc(${at}% - 1px), var(--tick) 0 ${at}%, transparent 0)`;
    });
    const scale = made("div", { className: "ticks", ariaHidden: true });
    scale.style.background = ticks.join(",");
    const isUsed = used.has(feature);
    const set = (text) => {
      this.raw[feature] = text === "" ? NaN : isReal ? Number(text) : Math.round(Number(text));
      this.changed();
    };
    slider.addEventListener("input", () => {
      // The scale says to a thousandth, so more digits mean nothing.
      number.value = Number(Number(slider.value).toPrecision(5));
      set(number.value);
    });
    number.addEventListener("input", () => {
      slider.value = number.value;
      set(number.value);
    });
    const label = made("span", { className: "name", title: name }, name);
    const row = made("div", { className: "feature" }, label, number, made("div", { className: "track" }, slider, scale));
    if (!isUsed) {
      row.classList.add("unread");
      row.title = "No gate depends on it";
    }
    byId("features").append(row);
    return { slider, number };
  }

  showFeatures() {}
}

/** Input bits as they are, for networks that have no encoder. */
class BitsInput {
  constructor(network, given, examples, changed) {
    this.changed = changed;
    this.raw = (examples[0]?.raw ?? new Float64Array(network.nInputs)).slice();
    const fill = (value) => this.use(Float64Array.from({ length: network.nInputs }, value));
    byId("zeros").addEventListener("click", () => fill(() => 0));
    byId("ones").addEventListener("click", () => fill(() => 1));
    byId("random").addEventListener("click", () => fill(() => Math.round(Math.random())));
    bindPasting(network.nInputs, (raw) => {
      if (raw.some((value) => value !== 0 && value !== 1)) throw new Error("Bits are 0 or 1.");
      this.use(raw);
    });
    bindExamples(examples, network.classes, (_, name) => [made("span", {}, name)], (raw) => this.use(raw));
  }

  use(raw) {
    this.raw = raw.slice();
    this.changed();
  }

  /** Change one bit. */
  flip(bit) {
    this.raw[bit] = 1 - this.raw[bit];
    this.changed();
  }

  showFeatures() {}
}
