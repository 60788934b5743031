// What the page was given.

/** Int32Array of base64 text: differences as zigzag varints, which packed.py writes. */
function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  let count = 0;
  for (const byte of bytes) count += byte < 128;
  const values = new Int32Array(count);
  let last = 0;
  for (let at = 0, place = 0; at < bytes.length; place++) {
    let zigzag = 0;
    // Not by shifts, as differences of 32-bit integers have 33 bits.
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++];
      zigzag += (byte & 127) * unit;
      if (byte < 128) break;
    }
    last += zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2;
    values[place] = last;
  }
  return values;
}

/** Raw samples, each a Float64Array of `size` values, and their classes. */
function unpackedExamples(examples, size) {
  if (!examples) return [];
  const { x, y } = examples;
  const values = Float64Array.from(typeof x === "string" ? unpacked(x) : x, Number);
  return y.map((label, row) => ({ label, raw: values.slice(row * size, (row + 1) * size) }));
}
