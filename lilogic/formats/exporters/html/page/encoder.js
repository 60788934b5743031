// From a raw sample to its input bits, exactly as lilogic.data does it.

/** Scaling, or crop and resize, and then comparisons; see docs/reference/lgn.md. */
class Encoder {
  /** Of the page's `encoder`. */
  constructor(described) {
    this.shape = described.shape;
    this.dtype = described.dtype;
    this.isImage = this.shape.length > 1;
    this.size = this.shape.reduce((product, side) => product * side, 1);
    this.channels = this.shape[2] ?? 1;
    this.crop = described.crop;
    this.resize = described.resize;
    this.scaling = described.scaling;
    this.rank = described.rank;
    this.names = described.names;
    this.feature = unpacked(described.feature);
    this.threshold = unpacked(described.threshold);
    const [height, width] = this.resize ?? this.crop?.slice(2) ?? this.shape;
    this.featureShape = this.isImage ? [height, width, this.channels] : this.shape;
    this.nFeatures = this.isImage ? height * width * this.channels : this.size;
    /** Behind the last feature is one that is always 0, which is subtracted where nothing is. */
    this.minus = described.minus
      ? unpacked(described.minus)
      : new Int32Array(this.feature.length).fill(this.nFeatures);
  }

  /** Float64Array of integers, of a raw sample in C order. */
  features(raw) {
    if (this.scaling) return this.#scaled(raw);
    let [height, width] = this.shape;
    let values = raw;
    if (this.crop) {
      const [top, left, rows, columns] = this.crop;
      values = this.#cropped(raw, width, top, left, rows, columns);
      [height, width] = [rows, columns];
    }
    return this.resize ? this.#resized(values, height, width, ...this.resize) : values;
  }

  /** Write the input bits of features to the first places of `values`. */
  encode(features, values) {
    const { feature, minus, threshold, nFeatures } = this;
    const base = this.rank === null ? 0 : Float64Array.from(features).sort()[this.rank];
    for (let bit = 0; bit < feature.length; bit++) {
      const other = minus[bit] === nFeatures ? 0 : features[minus[bit]];
      values[bit] = features[feature[bit]] - other > threshold[bit] + base ? 1 : 0;
    }
  }

  /** What a bit asks, such as `(3, 4) > 63`, and `alcohol > 12.6` of real values. */
  condition(bit) {
    const { feature, minus, threshold, scaling, rank } = this;
    let text = this.featureName(feature[bit]);
    if (minus[bit] !== this.nFeatures) text += ` − ${this.featureName(minus[bit])}`;
    if (rank === null) return `${text} > ${spelled(this.level(bit))}`;
    const share = rank / Math.max(1, this.nFeatures - 1);
    const more = threshold[bit] ? ` ${threshold[bit] < 0 ? "−" : "+"} ${Math.abs(threshold[bit])}` : "";
    return `${text} > Q(${Number(share.toPrecision(2))})${more}`;
  }

  /** The value, in the sample's own unit, that a bit compares with. */
  level(bit) {
    if (!this.scaling) return this.threshold[bit];
    const { offset, scale } = this.scaling;
    return offset[this.feature[bit]] + this.threshold[bit] / scale[this.feature[bit]];
  }

  /** A name from the data, or the place in the image: row, column and channel of many. */
  featureName(feature) {
    if (this.names.length === this.nFeatures) return this.names[feature];
    if (!this.isImage) return `x[${feature}]`;
    const [row, column, channel] = this.place(feature);
    return this.channels > 1 ? `(${row}, ${column}, ${channel})` : `(${row}, ${column})`;
  }

  /** Row, column and channel of a feature of an image. */
  place(feature) {
    const [, width, channels] = this.featureShape;
    const pixel = Math.floor(feature / channels);
    return [Math.floor(pixel / width), pixel % width, feature % channels];
  }

  #scaled(raw) {
    const { offset, scale, bits } = this.scaling;
    return Float64Array.from(raw, (value, feature) => {
      const steps = Math.ceil((value - offset[feature]) * scale[feature]);
      return Number.isNaN(steps) ? 0 : Math.min(Math.max(steps, 0), 2 ** bits[feature] - 1);
    });
  }

  #cropped(raw, width, top, left, rows, columns) {
    const run = columns * this.channels;
    const values = new Float64Array(rows * run);
    for (let row = 0; row < rows; row++) {
      const from = ((top + row) * width + left) * this.channels;
      values.set(raw.subarray(from, from + run), row * run);
    }
    return values;
  }

  /** Means by area in exact integers, halves rounded up. */
  #resized(values, height, width, rows, columns) {
    const { channels } = this;
    const down = overlaps(height, rows);
    const across = overlaps(width, columns);
    const area = height * width;
    const made = new Float64Array(rows * columns * channels);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let channel = 0; channel < channels; channel++) {
          let total = 0;
          for (const [i, high] of down[row]) {
            for (const [j, wide] of across[column]) {
              total += high * wide * values[(i * width + j) * channels + channel];
            }
          }
          const place = (row * columns + column) * channels + channel;
          made[place] = Math.floor((2 * total + area) / (2 * area));
        }
      }
    }
    return made;
  }
}

/** For each of `parts` equal parts of a side, the values under it and by how much it covers them. */
function overlaps(size, parts) {
  return Array.from({ length: parts }, (_, part) => {
    const covered = [];
    for (let at = Math.floor((part * size) / parts); at * parts < (part + 1) * size; at++) {
      const share = Math.min((part + 1) * size, (at + 1) * parts) - Math.max(part * size, at * parts);
      covered.push([at, share]);
    }
    return covered;
  });
}

/** A number for people: six digits. */
function spelled(number) {
  return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(6)));
}
