// Colours of classes and of what canvases show; everything else is in style.css.

/** [red, green, blue] of 0 to 255 of a colour in OKLCH: lightness, chroma, hue in degrees. */
function oklch(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((value) => {
    const bounded = Math.min(Math.max(value, 0), 1);
    const encoded = bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * bounded ** (1 / 2.4) - 0.055;
    return Math.round(255 * encoded);
  });
}

/** The colours of a light or a dark page, for a number of classes. */
class Palette {
  constructor(isDark, classes) {
    this.paper = isDark ? [23, 27, 36] : [255, 255, 255];
    const shade = (hue) => oklch(isDark ? 0.78 : 0.62, 0.15, hue);
    const hues = Array.from({ length: classes }, (_, number) => 25 + (360 * number) / classes);
    this.classes = hues.map(shade);
    this.shared = isDark ? [226, 230, 238] : [52, 60, 74];
    this.off = isDark ? [40, 46, 59] : [231, 235, 241];
    this.unknown = isDark ? [29, 34, 44] : [245, 247, 250];
  }

  /** Of a gate that mostly counts for one class, or with -1 for several. */
  ofClass(number) {
    return number < 0 ? this.shared : this.classes[number];
  }

  /** A colour for CSS. */
  static css([red, green, blue]) {
    return `rgb(${red} ${green} ${blue})`;
  }

  /** A pixel of an ImageData seen as 32-bit words, opaque; `share` of it is paper. */
  pixel(colour, share = 0) {
    const [red, green, blue] = colour.map((each, i) => each + (this.paper[i] - each) * share);
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
}
