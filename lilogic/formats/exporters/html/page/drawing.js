// The input of networks that read images.

/** A pad to draw on, pictures from files and the clipboard, and examples. */
class ImageInput {
  #base = null;
  #strokes = [];
  #cursor = null;
  #isPenDown = false;

  constructor(network, given, examples, changed) {
    this.encoder = network.encoder;
    this.format = new PictureFormat(this.encoder, given.drawing, examples);
    this.changed = changed;
    const { width, height } = this.format;
    /** Points of strokes are in units of the longer side. */
    this.side = Math.max(width, height);
    this.pad = byId("pad");
    const scale = Math.max(1, Math.floor(448 / this.side));
    [this.pad.width, this.pad.height] = [width * scale, height * scale];
    this.isErasing = false;
    this.isColour = this.format.channels >= 3;
    byId("centre").checked = this.format.isCentred;
    byId("centre-choice").hidden = this.isColour;
    byId("ink-choice").hidden = !this.isColour;
    byId("pen").value = given.drawing.box && this.format.width < 16 ? 5 : 2.6;
    this.#bind();
    bindPasting(network.sampleSize, (raw) => this.use(raw));
    const face = ({ raw }, name) => {
      const canvas = made("canvas", { width: this.format.width, height: this.format.height });
      const shape = [this.format.height, this.format.width, this.format.channels];
      canvas.getContext("2d").putImageData(this.format.shown(raw, shape), 0, 0);
      return [canvas, made("span", {}, name)];
    };
    bindExamples(examples, network.classes, face, (raw) => this.use(raw));
    this.#base = examples[0]?.raw ?? null;
    this.#update();
  }

  /** Show a raw sample, on which can be drawn. */
  use(raw) {
    this.#base = raw;
    this.#strokes = [];
    this.#update();
  }

  /** Whether drawings are scaled and moved. */
  get #isCentred() {
    return !this.#base && !this.isColour && byId("centre").checked;
  }

  /** The pen's width in pixels of the image. */
  get #pen() {
    return (byId("pen").value * this.side) / 28;
  }

  #bind() {
    const { pad } = this;
    const at = ({ clientX, clientY }) => {
      const { left, top, width, height } = pad.getBoundingClientRect();
      const unit = Math.max(width, height);
      return [(clientX - left) / unit, (clientY - top) / unit];
    };
    pad.addEventListener("pointerdown", (event) => {
      if (event.button > 2) return;
      event.preventDefault();
      pad.setPointerCapture(event.pointerId);
      this.#begin(at(event), this.isErasing || event.button === 2 || event.buttons & 32);
    });
    pad.addEventListener("pointermove", (event) => {
      if (!pad.hasPointerCapture(event.pointerId)) return;
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const each of moves.length ? moves : [event]) this.#strokes.at(-1).points.push(at(each));
      this.#update();
    });
    pad.addEventListener("contextmenu", (event) => event.preventDefault());
    pad.addEventListener("keydown", (event) => this.#key(event));
    pad.addEventListener("blur", () => this.#leave());
    byId("clear").addEventListener("click", () => this.use(null));
    byId("undo").addEventListener("click", () => {
      this.#strokes.pop();
      this.#update();
    });
    byId("erase").addEventListener("click", ({ currentTarget }) => {
      this.isErasing = !this.isErasing;
      currentTarget.ariaPressed = this.isErasing;
    });
    for (const id of ["pen", "centre"]) byId(id).addEventListener("input", () => this.#update());
    byId("file").addEventListener("change", ({ target }) => this.#read(target.files[0]));
    document.addEventListener("paste", ({ clipboardData }) => this.#read(clipboardData.files[0]));
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#read(event.dataTransfer.files[0]);
    });
  }

  #begin(point, isErasing) {
    this.#strokes.push({ points: [point], isErasing: Boolean(isErasing), colour: byId("ink").value });
    this.#update();
  }

  /** Arrows move a cross hair, Space puts the pen down and up. */
  #key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    this.#cursor ??= [0.5, 0.5];
    if (step) {
      const bounded = (value) => Math.min(Math.max(value, 0), 1);
      this.#cursor = this.#cursor.map((value, axis) => bounded(value + step[axis] / 28));
      if (this.#isPenDown) this.#strokes.at(-1).points.push(this.#cursor);
    } else {
      this.#isPenDown = !this.#isPenDown;
      if (this.#isPenDown) this.#begin(this.#cursor, this.isErasing);
    }
    this.#update();
  }

  #leave() {
    this.#cursor = null;
    this.#isPenDown = false;
    this.#update();
  }

  async #read(file) {
    if (!file) return;
    const complaint = byId("file-error");
    try {
      const bitmap = await createImageBitmap(file);
      const isInk = !this.isColour && byId("centre").checked;
      this.use(isInk ? this.format.fittedInk(bitmap) : this.format.fitted(bitmap));
      complaint.textContent = "";
    } catch {
      complaint.textContent = `${file.name}: the browser cannot read it as a picture.`;
    }
  }

  /** Make the sample of what was drawn, show it, and tell. */
  #update() {
    const { format } = this;
    if (this.#isCentred) {
      const inked = this.#strokes.filter(({ isErasing }) => !isErasing);
      const bounds = inked.flatMap(({ points }) => points).reduce((all, point) => grown(all, ...point), null);
      const pen = this.#pen;
      this.raw = format.centred(bounds, (context) => this.#draw(context, this.#strokes, pen), pen);
    } else {
      this.raw = this.#base ?? format.blank();
      for (const stroke of this.#strokes) this.raw = this.#painted(this.raw, stroke);
    }
    this.#show();
    byId("undo").disabled = !this.#strokes.length;
    byId("clear").disabled = !this.#strokes.length && !this.#base;
    this.changed();
  }

  /** Values with a stroke on them. */
  #painted(values, stroke) {
    const { format } = this;
    const context = scratch(format.width, format.height);
    context.scale(this.side, this.side);
    this.#draw(context, [{ ...stroke, isErasing: false }], this.#pen);
    const ink = context.getImageData(0, 0, format.width, format.height);
    const grey = stroke.isErasing === format.isLight ? [255, 255, 255] : [0, 0, 0];
    const coloured = [1, 3, 5].map((at) => parseInt(stroke.colour.slice(at, at + 2), 16));
    return format.inked(values, ink, this.isColour && !stroke.isErasing ? coloured : grey);
  }

  /** Lines as the context scales them, by a pen that it does not scale. */
  #draw(context, strokes, pen) {
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = pen;
    for (const { points, isErasing } of strokes) {
      context.globalCompositeOperation = isErasing ? "destination-out" : "source-over";
      context.beginPath();
      context.moveTo(...points[0]);
      for (const point of points) context.lineTo(...point);
      context.save();
      context.resetTransform();
      context.stroke();
      context.restore();
    }
    context.globalCompositeOperation = "source-over";
  }

  #show() {
    const { format, pad } = this;
    const context = pad.getContext("2d");
    const shape = [format.height, format.width, format.channels];
    context.imageSmoothingEnabled = false;
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (this.#isCentred) {
      context.clearRect(0, 0, pad.width, pad.height);
      const unit = Math.max(pad.width, pad.height);
      context.setTransform(unit, 0, 0, unit, 0, 0);
      context.strokeStyle = format.isLight ? "black" : "white";
      this.#draw(context, this.#strokes, (this.#pen * unit) / this.side);
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.globalCompositeOperation = "destination-over";
      context.fillStyle = format.isLight ? "white" : "black";
      context.fillRect(0, 0, pad.width, pad.height);
      context.globalCompositeOperation = "source-over";
    } else {
      const small = scratch(format.width, format.height);
      small.putImageData(format.shown(this.raw, shape), 0, 0);
      context.drawImage(small.canvas, 0, 0, pad.width, pad.height);
    }
    if (this.#cursor) this.#crossHair(context);
    byId("pad-hint").hidden = Boolean(this.#base || this.#strokes.length);
  }

  #crossHair(context) {
    const [x, y] = this.#cursor.map((value) => value * Math.max(this.pad.width, this.pad.height));
    context.strokeStyle = this.#isPenDown ? "#e8590c" : "#4dabf7";
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 9, 0, 7);
    context.stroke();
  }

  /** Show the features that the network compares, and of a gate those that it depends on. */
  showFeatures(features, marked) {
    const [rows, columns] = this.encoder.featureShape;
    const canvas = byId("seen");
    const scale = Math.max(1, Math.floor(140 / Math.max(rows, columns)));
    [canvas.width, canvas.height] = [columns * scale, rows * scale];
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    const small = scratch(columns, rows);
    small.putImageData(this.format.shown(features, this.encoder.featureShape), 0, 0);
    context.drawImage(small.canvas, 0, 0, canvas.width, canvas.height);
    context.fillStyle = "rgb(255 122 26 / 0.75)";
    for (const feature of marked) {
      const [row, column] = this.encoder.place(feature);
      context.fillRect(column * scale, row * scale, scale, scale);
    }
  }
}
