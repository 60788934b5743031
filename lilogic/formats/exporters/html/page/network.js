// The gates, evaluated one by one: the same scores as lilogic.infer.golden, bit for bit.

/** The sixteen functions; f(a, b) is bit 3 - 2a - b of a function's number. */
const SYMBOLS = [
  "0", "a ∧ b", "a ∧ ¬b", "a", "¬a ∧ b", "b", "a ⊕ b", "a ∨ b",
  "¬(a ∨ b)", "¬(a ⊕ b)", "¬b", "a ∨ ¬b", "¬a", "¬a ∨ b", "¬(a ∧ b)", "1",
];

/** A function's output. */
const output = (op, a, b) => (op >> (3 - 2 * a - b)) & 1;
const readsA = (op) => (op >> 2 & 3) !== (op & 3);
const readsB = (op) => (op >> 1 & 5) !== (op & 5);

/** A gate graph and the values of its nodes: input bits first, then gates, each after its wires. */
class Network {
  /** Of all that the page was given. */
  constructor(given) {
    this.name = given.name;
    this.classes = given.classes;
    this.nInputs = given.inputs;
    this.op = unpacked(given.op);
    this.a = unpacked(given.a);
    this.b = unpacked(given.b);
    this.offset = unpacked(given.offset);
    const nodes = unpacked(given.heads);
    const ends = unpacked(given.head_ends);
    /** For each class, the nodes that it counts; one listed twice counts twice. */
    this.heads = this.classes.map((_, number) => nodes.subarray(ends[number - 1] ?? 0, ends[number]));
    this.nNodes = this.nInputs + this.op.length;
    this.encoder = given.encoder && new Encoder(given.encoder);
    /** Of each node, the level of hardware that makes it, 0 for input bits. */
    this.hardwareLevel = new Int32Array(this.nNodes);
    this.hardwareLevel.set(unpacked(given.level), this.nInputs);
    /** Of each node, 0 for input bits, else one more than the highest that it reads. */
    this.level = this.#levels();
    this.used = this.#used();
    this.values = new Uint8Array(this.nNodes);
    this.scores = new Int32Array(this.classes.length);
    this.features = new Float64Array(0);
  }

  get nGates() {
    return this.op.length;
  }

  /** How many values a raw sample has. */
  get sampleSize() {
    return this.encoder?.size ?? this.nInputs;
  }

  /** Set `features`, `values` and `scores` for a raw sample in C order. */
  run(raw) {
    const { values } = this;
    if (this.encoder) {
      this.features = this.encoder.features(raw);
      this.encoder.encode(this.features, values);
    } else {
      for (let bit = 0; bit < this.nInputs; bit++) values[bit] = raw[bit];
    }
    const { op, a, b, nInputs } = this;
    for (let gate = 0; gate < op.length; gate++) {
      values[nInputs + gate] = (op[gate] >> (3 - 2 * values[a[gate]] - values[b[gate]])) & 1;
    }
    this.heads.forEach((head, number) => {
      let score = this.offset[number];
      for (const node of head) score += values[node];
      this.scores[number] = score;
    });
  }

  /** The first class with the highest score. */
  get winner() {
    return this.scores.indexOf(Math.max(...this.scores));
  }

  /** The nodes that a node's function depends on: none to two. */
  reads(node) {
    const gate = node - this.nInputs;
    if (gate < 0) return [];
    const wires = [];
    if (readsA(this.op[gate])) wires.push(this.a[gate]);
    if (readsB(this.op[gate]) && !wires.includes(this.b[gate])) wires.push(this.b[gate]);
    return wires;
  }

  /** The gates that depend on a node. */
  readers(node) {
    const { ends, gates } = (this.#readers ??= this.#listed());
    return gates.subarray(ends[node], ends[node + 1]);
  }
  #readers;

  /** The classes that count a node. */
  counting(node) {
    return [...this.classes.keys()].filter((number) => this.heads[number].includes(node));
  }

  /** All that a node depends on, and itself. */
  cone(node) {
    const found = new Set([node]);
    // Whatever is added while this runs is visited, too.
    for (const each of found) for (const wire of this.reads(each)) found.add(wire);
    return found;
  }

  /**
   * For each node, the class to whose score most paths lead, or -1 where no class has more than
   * the others together.
   */
  favours() {
    const count = this.classes.length;
    const paths = new Float32Array(this.nNodes * count);
    this.heads.forEach((head, number) => head.forEach((node) => paths[node * count + number]++));
    for (let node = this.nNodes - 1; node >= this.nInputs; node--) {
      for (const wire of this.reads(node)) {
        for (let k = 0; k < count; k++) paths[wire * count + k] += paths[node * count + k];
      }
    }
    return Int16Array.from({ length: this.nNodes }, (_, node) => {
      const row = paths.subarray(node * count, (node + 1) * count);
      const best = row.indexOf(Math.max(...row));
      return 2 * row[best] > row.reduce((sum, each) => sum + each, 0) ? best : -1;
    });
  }

  #levels() {
    const level = new Int32Array(this.nNodes);
    for (let node = this.nInputs; node < this.nNodes; node++) {
      level[node] = 1 + Math.max(0, ...this.reads(node).map((wire) => level[wire]));
    }
    return level;
  }

  /** For each node, whether a score depends on it. */
  #used() {
    const used = new Uint8Array(this.nNodes);
    for (const head of this.heads) for (const node of head) used[node] = 1;
    for (let node = this.nNodes - 1; node >= this.nInputs; node--) {
      if (used[node]) for (const wire of this.reads(node)) used[wire] = 1;
    }
    return used;
  }

  /** Readers of all nodes in one array, and where those of each begin. */
  #listed() {
    const ends = new Int32Array(this.nNodes + 2);
    const wires = (visit) => {
      for (let node = this.nInputs; node < this.nNodes; node++) {
        for (const wire of this.reads(node)) visit(wire, node);
      }
    };
    wires((wire) => ends[wire + 2]++);
    for (let node = 0; node <= this.nNodes; node++) ends[node + 1] += ends[node];
    const gates = new Int32Array(ends[this.nNodes + 1]);
    wires((wire, node) => (gates[ends[wire + 1]++] = node));
    return { ends, gates };
  }
}
