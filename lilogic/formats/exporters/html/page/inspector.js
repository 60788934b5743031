// What is to be said of one node.

/** What a node is called: its condition, or its gate's number. */
function named(network, node) {
  if (node >= network.nInputs) return `Gate ${node - network.nInputs}`;
  return network.encoder ? network.encoder.condition(node) : `x${node}`;
}

/** The card of a node: its function, its truth table, and its wires, which can be followed. */
class Inspector {
  #node = null;

  /** `pick` is called with the node of a wire that was clicked, or null to look at none. */
  constructor(network, pick) {
    this.network = network;
    this.pick = pick;
    byId("close-node").addEventListener("click", () => pick(null));
  }

  /** Show a node, as it is now; null for none. */
  show(node) {
    byId("node").hidden = node === null;
    byId("node-hint").hidden = node !== null;
    if (node === null) {
      this.#node = null;
      return;
    }
    if (node !== this.#node) this.#describe(node);
    this.#node = node;
    this.#update(node);
  }

  #describe(node) {
    const { network } = this;
    const gate = node - network.nInputs;
    const isGate = gate >= 0;
    byId("node-name").textContent = named(network, node);
    byId("node-kind").textContent = isGate
      ? `level ${network.level[node]}, node ${node}`
      : `input bit ${node}`;
    byId("node-function").textContent = isGate ? SYMBOLS[network.op[gate]] : named(network, node);
    byId("truth").replaceChildren(...(isGate ? this.#table(network.op[gate]) : []));
    byId("truth").closest("table").hidden = !isGate;
    byId("reads").replaceChildren(...(isGate ? this.#wires(gate) : []));
    const readers = [...network.readers(node)].filter((each) => network.used[each]);
    byId("readers").replaceChildren(...this.#links(readers, 24), ...this.#classes(node));
    const cone = network.cone(node);
    const bits = [...cone].filter((each) => each < network.nInputs).length;
    byId("cone").textContent = isGate
      ? `It depends on ${cone.size - bits} gate${cone.size - bits === 1 ? "" : "s"}, itself included, and ${bits} input bit${bits === 1 ? "" : "s"}.`
      : "";
  }

  /** What changes with the sample. */
  #update(node) {
    const { network } = this;
    const { values } = network;
    byId("node-value").textContent = values[node];
    byId("node-value").className = `value ${values[node] ? "one" : "zero"}`;
    for (const chip of document.querySelectorAll("#node [data-node]")) {
      chip.dataset.value = values[chip.dataset.node];
    }
    const gate = node - network.nInputs;
    if (gate < 0) return;
    const now = 2 * values[network.a[gate]] + values[network.b[gate]];
    [...byId("truth").children].forEach((row, place) => row.classList.toggle("now", place === now));
  }

  #table(op) {
    return [0, 1, 2, 3].map((place) => {
      const cells = [place >> 1, place & 1, output(op, place >> 1, place & 1)];
      return made("tr", {}, ...cells.map((cell) => made("td", {}, String(cell))));
    });
  }

  #wires(gate) {
    const { network } = this;
    const wire = (pin, node, isRead) => {
      const note = isRead ? "" : " (ignored)";
      return made("li", {}, made("b", {}, pin), " ", this.#chip(node), note);
    };
    const op = network.op[gate];
    return [wire("a", network.a[gate], readsA(op)), wire("b", network.b[gate], readsB(op))];
  }

  #links(nodes, most) {
    const links = nodes.slice(0, most).map((node) => made("li", {}, this.#chip(node)));
    const rest = nodes.length - most;
    return rest > 0 ? [...links, made("li", {}, `and ${rest} more`)] : links;
  }

  #classes(node) {
    const { network } = this;
    return network.counting(node).map((number) => {
      const times = network.heads[number].filter((each) => each === node).length;
      return made("li", { className: "class" }, `score of ${network.classes[number]}${times > 1 ? ` ×${times}` : ""}`);
    });
  }

  #chip(node) {
    const chip = made("button", { type: "button", className: "chip" }, named(this.network, node));
    chip.dataset.node = node;
    chip.addEventListener("click", () => this.pick(node));
    return chip;
  }
}
