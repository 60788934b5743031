// The page: what is chosen, and what is shown of it in the next frame.

/** Milliseconds that a level is shown while the pipeline runs. */
const PACE = 650;

/** The classes' scores as bars: sums that grow together, then a tournament. */
class Race {
  constructor(network, palette) {
    this.network = network;
    const low = Math.min(0, ...network.offset);
    const high = Math.max(1, ...network.heads.map((head, number) => network.offset[number] + head.length));
    this.share = (score) => Math.max(0, (score - low) / (high - low));
    this.lanes = network.classes.map((name) => {
      const [bar, score] = [made("i", {}), made("output", { className: "score" })];
      const label = made("span", { className: "name", title: name }, name);
      return made("li", {}, label, made("div", { className: "bar" }, bar), score);
    });
    byId("lanes").append(...this.lanes);
    this.recolour(palette);
  }

  /** By how much the winner is ahead, in words. */
  #margin() {
    const { scores, winner } = this.network;
    const others = [...scores].filter((_, number) => number !== winner);
    if (!others.length) return "";
    const ahead = scores[winner] - Math.max(...others);
    return ahead ? `${ahead} ahead` : "a tie, which the first class wins";
  }

  recolour(palette) {
    this.lanes.forEach((lane, number) => lane.style.setProperty("--class", Palette.css(palette.classes[number])));
  }

  /** Show scores as far as the pipeline is: `counted` of `levels`, after so many `rounds` of all. */
  paint({ counted, levels, rounds, allRounds }) {
    const { scores, winner } = this.network;
    const isCounted = counted === levels;
    const alive = Pipeline.alive(scores, isCounted ? rounds : 0);
    const isOver = isCounted && rounds === allRounds;
    const pieces = isCounted ? 1 : 2 ** (levels - counted);
    this.lanes.forEach((lane, number) => {
      const [, bar, score] = lane.children;
      const share = counted || isCounted ? this.share(scores[number]) : 0;
      bar.firstChild.style.transform = `scaleX(${share})`;
      bar.style.setProperty("--pieces", Math.min(pieces, 32));
      bar.classList.toggle("parts", pieces > 1 && counted > 0);
      const text = isCounted ? String(scores[number]) : "";
      if (score.textContent !== text) score.textContent = text;
      lane.classList.toggle("out", !isOver && isCounted && rounds > 0 && !alive.includes(number));
      lane.classList.toggle("winner", isOver && number === winner);
    });
    const verdict = isOver ? this.network.classes[winner] : "…";
    if (byId("verdict").textContent !== verdict) byId("verdict").textContent = verdict;
    byId("margin").textContent = isOver ? this.#margin() : "";
  }
}

/** The strip of levels with registers between them, and what they mean for time. */
class Stepper {
  #timer = null;

  constructor(pipeline, changed) {
    this.pipeline = pipeline;
    this.changed = changed;
    this.last = pipeline.levels.length;
    this.step = this.last;
    const slider = byId("step");
    slider.max = this.last;
    this.marks = pipeline.levels.map(({ part }, number) => {
      const mark = made("i", { className: part, title: pipeline.described(number + 1) });
      mark.addEventListener("click", () => this.go(number + 1));
      return mark;
    });
    byId("strip").append(...this.marks);
    byId("levels-per-stage").max = this.last;
    slider.addEventListener("input", () => this.go(Number(slider.value)));
    byId("first").addEventListener("click", () => this.go(0));
    byId("back").addEventListener("click", () => this.go(this.step - 1));
    byId("forward").addEventListener("click", () => this.go(this.step + 1));
    byId("play").addEventListener("click", () => (this.#timer ? this.#pause() : this.#play()));
    for (const id of ["levels-per-stage", "clock"]) byId(id).addEventListener("input", () => this.show());
    this.show();
  }

  /** Registers stand after so many levels. */
  get levelsPerStage() {
    const asked = byId("levels-per-stage").valueAsNumber;
    return Number.isFinite(asked) ? Math.max(0, Math.round(asked)) : 2;
  }

  go(step, isPlaying = false) {
    if (!isPlaying) this.#pause();
    this.step = Math.min(Math.max(step, 0), this.last);
    this.show();
    this.changed();
  }

  #play() {
    byId("play").ariaLabel = byId("play").title = "Pause";
    byId("play").classList.add("playing");
    this.#timer = setInterval(() => {
      if (this.step === this.last) this.#pause();
      else this.go(this.step + 1, true);
    }, PACE);
    this.go(this.step === this.last ? 0 : this.step + 1, true);
  }

  #pause() {
    clearInterval(this.#timer);
    this.#timer = null;
    byId("play").ariaLabel = byId("play").title = "Play";
    byId("play").classList.remove("playing");
  }

  show() {
    const { pipeline, step, levelsPerStage: every } = this;
    byId("step").value = step;
    byId("step").ariaValueText = pipeline.described(step);
    byId("step-text").textContent = pipeline.described(step);
    this.marks.forEach((mark, number) => {
      mark.classList.toggle("done", number < step);
      mark.classList.toggle("register", every > 0 && ((number + 1) % every === 0 || number + 1 === this.last));
    });
    const mhz = byId("clock").valueAsNumber;
    const cycles = pipeline.cycles(every);
    const isClock = mhz > 0;
    const now = every ? Math.ceil(step / every) : 0;
    byId("cycle").textContent = every ? `cycle ${now} of ${cycles}` : "no registers";
    byId("latency").textContent = every
      ? `${cycles} cycle${cycles === 1 ? "" : "s"}${isClock ? ` = ${spelled((1000 * cycles) / mhz)} ns` : ""}`
      : "combinational";
    byId("rate").textContent = every && isClock ? `a new sample every ${spelled(1000 / mhz)} ns` : "";
  }
}

/** All parts of the page. */
class App {
  #isDirty = false;
  #node = null;
  #cone = null;

  constructor(given) {
    this.network = new Network(given);
    this.pipeline = new Pipeline(given.parts);
    this.#bindTheme();
    const { network } = this;
    const examples = unpackedExamples(given.examples, network.sampleSize);
    byId("examples-choice").hidden = !examples.length;
    this.walls = new Walls(network, (node) => this.#clicked(node), (node) => named(network, node));
    this.race = new Race(network, this.palette);
    this.stepper = new Stepper(this.pipeline, () => this.refresh());
    this.inspector = new Inspector(network, (node) => this.pick(node));
    const kinds = { image: ImageInput, table: TableInput, bits: BitsInput };
    this.input = new kinds[document.body.dataset.input](network, given, examples, () => this.refresh());
    this.walls.lay();
    let width = byId("walls").clientWidth;
    new ResizeObserver(() => {
      // What is laid out changes the height, too, which is of no interest.
      if (byId("walls").clientWidth === width) return;
      width = byId("walls").clientWidth;
      this.walls.lay();
      this.refresh();
    }).observe(byId("walls"));
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.pick(null));
    this.refresh();
  }

  /** Look at a node, or with null at none. */
  pick(node) {
    this.#node = node;
    this.#cone = node === null ? null : this.network.cone(node);
    this.#marked = null;
    this.refresh();
  }
  #marked = null;

  /** Compute and paint all in the next frame. */
  refresh() {
    if (this.#isDirty) return;
    this.#isDirty = true;
    requestAnimationFrame(() => {
      this.#isDirty = false;
      this.#paint();
    });
  }

  #clicked(node) {
    if (this.input instanceof BitsInput && node < this.network.nInputs) this.input.flip(node);
    this.pick(node);
  }

  #paint() {
    const { network, pipeline, walls, stepper, palette } = this;
    if (!this.input) return;
    network.run(this.input.raw);
    const { step } = stepper;
    const hasBits = pipeline.passed("encoder", step) === pipeline.parts.encoder && (step > 0 || !network.encoder);
    const level = pipeline.passed("gates", step);
    const { hardwareLevel, nInputs } = network;
    const shown = (node) => (node < nInputs ? hasBits : hardwareLevel[node] <= level && step > 0);
    walls.paint(palette, shown, this.#near());
    this.race.paint({
      counted: level < pipeline.parts.gates ? 0 : pipeline.passed("popcount", step),
      levels: pipeline.parts.popcount,
      rounds: pipeline.passed("argmax", step),
      allRounds: pipeline.parts.argmax,
    });
    const bits = [...(this.#cone ?? [])].filter((node) => node < nInputs);
    this.input.showFeatures(network.features, this.#featuresOf(bits));
    this.inspector.show(this.#node);
    drawWires(walls, this.race.lanes, this.#node);
    this.#say(step === stepper.last);
  }

  /** The nodes that are shown at full strength beside the one that is looked at; null for all. */
  #near() {
    if (this.#node === null) return null;
    return (this.#marked ??= new Set([...this.#cone, ...this.network.readers(this.#node)]));
  }

  #featuresOf(bits) {
    const { encoder } = this.network;
    if (!encoder) return [];
    return new Set(bits.flatMap((bit) => [encoder.feature[bit], encoder.minus[bit]].filter((each) => each < encoder.nFeatures)));
  }

  /** Tell those who hear the page who has won, once what is drawn rests. */
  #say(isDone) {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => {
      const { network } = this;
      byId("spoken").textContent = isDone ? `${network.classes[network.winner]}, score ${network.scores[network.winner]}` : "";
    }, 500);
  }

  #bindTheme() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const button = byId("theme");
    const apply = (theme) => {
      document.documentElement.dataset.theme = theme;
      button.ariaLabel = button.title = theme === "dark" ? "Light page" : "Dark page";
      this.palette = new Palette(theme === "dark", this.network.classes.length);
      this.race?.recolour(this.palette);
      if (this.race) this.refresh();
    };
    button.addEventListener("click", () => apply(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
    dark.addEventListener("change", () => apply(dark.matches ? "dark" : "light"));
    apply(dark.matches ? "dark" : "light");
  }
}

/**
 * For the console and for tests: the page, and the scores of a raw sample in C order.
 *
 * lilogic.scores(Array(784).fill(0))
 */
const app = new App(JSON.parse(byId("given").textContent));
window.lilogic = {
  app,
  scores(raw) {
    app.network.run(Float64Array.from(raw, Number));
    return [...app.network.scores];
  },
};
