// Images: drawings that become samples, samples that become pictures, and files of the user's.

/** A canvas to compute on, not to show, and its context. */
function scratch(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  return canvas.getContext("2d", { willReadFrequently: true });
}

/** Pictures as samples of a network: its size, channels, white and ground. */
class PictureFormat {
  /** Of the encoder and what is known of the data set's drawings. */
  constructor(encoder, drawing, examples) {
    [this.height, this.width] = encoder.shape;
    this.channels = encoder.channels;
    const highest = examples.reduce((most, { raw }) => raw.reduce((x, y) => Math.max(x, y), most), 0);
    this.white = drawing.white ?? (encoder.dtype === "uint8" && highest < 17 ? highest || 255 : 255);
    this.isLight = drawing.ground === "light";
    const most = Math.round((5 / 7) * Math.max(this.width, this.height));
    /** Height and width of the box that a drawing is scaled to: filled, unless it is square. */
    this.box = drawing.box ?? [most, most];
    this.isCentred = drawing.box !== null && this.channels === 1;
    this.isInteger = !encoder.scaling;
  }

  get ground() {
    return this.isLight ? this.white : 0;
  }

  blank() {
    return new Float64Array(this.height * this.width * this.channels).fill(this.ground);
  }

  /** ImageData that shows values [rows, columns, channels]. */
  shown(values, [rows, columns, channels]) {
    const image = new ImageData(columns, rows);
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      for (let colour = 0; colour < 3; colour++) {
        const channel = channels >= 3 ? colour : 0;
        image.data[4 * pixel + colour] = (255 * values[pixel * channels + channel]) / this.white;
      }
      image.data[4 * pixel + 3] = 255;
    }
    return image;
  }

  /** `base` with ink on it: a colour [red, green, blue] where ImageData is opaque. */
  inked(base, ink, colour) {
    const made = base.slice();
    for (let pixel = 0; pixel < this.height * this.width; pixel++) {
      const share = ink.data[4 * pixel + 3] / 255;
      if (!share) continue;
      for (let channel = 0; channel < this.channels; channel++) {
        const at = pixel * this.channels + channel;
        const value = (this.white * colour[channel % 3]) / 255;
        const mixed = base[at] + (value - base[at]) * share;
        made[at] = this.isInteger ? Math.round(mixed) : mixed;
      }
    }
    return made;
  }

  /** A sample of ImageData of its size: grey by luminance where it has one channel. */
  sample(image) {
    const made = this.blank();
    for (let pixel = 0; pixel < this.height * this.width; pixel++) {
      const [red, green, blue] = image.data.subarray(4 * pixel, 4 * pixel + 3);
      const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
      const values = this.channels < 3 ? [grey, grey] : [red, green, blue];
      for (let channel = 0; channel < this.channels; channel++) {
        const value = ((values[channel] ?? 255) * this.white) / 255;
        made[pixel * this.channels + channel] = this.isInteger ? Math.round(value) : value;
      }
    }
    return made;
  }

  /** A sample of a picture, of which the middle is cut out. */
  fitted(bitmap) {
    const context = scratch(this.width, this.height);
    context.imageSmoothingQuality = "high";
    const scale = Math.max(this.width / bitmap.width, this.height / bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    context.fillStyle = this.isLight ? "white" : "black";
    context.fillRect(0, 0, this.width, this.height);
    context.drawImage(bitmap, (this.width - width) / 2, (this.height - height) / 2, width, height);
    const image = context.getImageData(0, 0, this.width, this.height);
    if (this.channels === 1 && borderIsLight(image) !== this.isLight) inverted(image);
    return this.sample(image);
  }

  /** A sample of the ink on a picture, scaled to the box and centred as drawings are. */
  fittedInk(bitmap) {
    const scale = Math.min(1, 400 / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.ceil(side * scale));
    const context = scratch(width, height);
    context.fillStyle = this.isLight ? "white" : "black";
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0, width, height);
    const image = context.getImageData(0, 0, width, height);
    if (borderIsLight(image)) inverted(image);
    let bounds = null;
    for (let pixel = 0; pixel < width * height; pixel++) {
      const level = Math.max(...image.data.subarray(4 * pixel, 4 * pixel + 3));
      image.data[4 * pixel + 3] = level < 64 ? 0 : level;
      if (level < 128) continue;
      bounds = grown(bounds, pixel % width, Math.floor(pixel / width));
      bounds = grown(bounds, (pixel % width) + 1, Math.floor(pixel / width) + 1);
    }
    context.putImageData(image, 0, 0);
    return this.centred(bounds, (to) => to.drawImage(context.canvas, 0, 0), 0);
  }

  /**
   * A sample of ink within bounds [left, top, right, bottom]: scaled to the box, and moved so that
   * its centre of mass, as far as there is room, is the middle of the image.
   *
   * @param draw draws the ink on a context, in the unit of the bounds
   * @param pen how thick its lines are, in pixels of the image
   */
  centred(bounds, draw, pen) {
    if (!bounds) return this.blank();
    const [left, top, right, bottom] = bounds;
    const [tall, wide] = [bottom - top, right - left];
    const [down, across] = this.#scales(tall, wide, pen);
    let [x, y] = [this.width / 2, this.height / 2];
    let ink;
    for (let pass = 0; pass < 2; pass++) {
      const context = scratch(this.width, this.height);
      context.imageSmoothingQuality = "high";
      context.setTransform(
        across, 0, 0, down, x - (across * (left + right)) / 2, y - (down * (top + bottom)) / 2,
      );
      draw(context);
      ink = context.getImageData(0, 0, this.width, this.height);
      if (pass) break;
      const middle = centreOfMass(ink);
      if (middle) [x, y] = this.#within(x, y, middle, across * wide + pen, down * tall + pen);
    }
    return this.inked(this.blank(), ink, this.isLight ? [0, 0, 0] : [255, 255, 255]);
  }

  /** By how much to scale ink of a height and width, down and across. */
  #scales(tall, wide, pen) {
    const [rows, columns] = this.box;
    // Dots and other specks do not fill the box.
    const most = 10 * Math.max(rows, columns);
    const down = Math.min((rows - pen) / tall, most);
    const across = Math.min((columns - pen) / wide, most);
    if (rows !== columns) return [down, Math.min(across, 2 * down)];
    return [Math.min(down, across), Math.min(down, across)];
  }

  /** The middle of a box such that its centre of mass is the image's, and no ink leaves it. */
  #within(x, y, [massX, massY], width, height) {
    const place = (at, mass, size, side) => {
      const free = Math.max(0, (side - size) / 2);
      return side / 2 + Math.min(Math.max(at - mass, -free), free);
    };
    return [place(x, massX, width, this.width), place(y, massY, height, this.height)];
  }
}

/** Bounds that contain a point, too. */
function grown(bounds, x, y) {
  if (!bounds) return [x, y, x, y];
  const [left, top, right, bottom] = bounds;
  return [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
}

/** [x, y] of what is opaque, or null for nothing. */
function centreOfMass({ data, width, height }) {
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let pixel = 0; pixel < width * height; pixel++) {
    const mass = data[4 * pixel + 3];
    sum += mass;
    sumX += mass * ((pixel % width) + 0.5);
    sumY += mass * (Math.floor(pixel / width) + 0.5);
  }
  return sum ? [sumX / sum, sumY / sum] : null;
}

/** Whether most pixels at the border of an image are light. */
function borderIsLight({ data, width, height }) {
  let [light, all] = [0, 0];
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    if (x && y && x < width - 1 && y < height - 1) continue;
    const [red, green, blue] = data.subarray(4 * pixel, 4 * pixel + 3);
    light += red + green + blue > 382;
    all++;
  }
  return light > all / 2;
}

/** Swap dark and light. */
function inverted(image) {
  for (let at = 0; at < image.data.length; at++) {
    if (at % 4 < 3) image.data[at] = 255 - image.data[at];
  }
}
