/** Draws the one QR symbol a ticket has (version 5, level M, letters and digits), to test reading. */

const SIZE = 37;
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const MOST = 122;
/** Version 5-M: two blocks of 43 data and 24 check bytes. */
const BLOCKS = 2;
const DATA = 43;
const CHECK = 24;
/** Format bits of level M with mask 0 (ISO 18004, table C.1). */
const FORMAT = 0b101010000010010;

/**
 * @param {string} text at most 122 letters of QR's alphanumeric set
 * @returns {boolean[][]} rows of modules, true is dark
 * @throws {RangeError} it does not fit
 */
export function testCode(text) {
  const bits = interleaved(dataBytes(text));
  const { dark, fixed } = ground();
  let next = 0;
  for (let right = SIZE - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < SIZE; step++) {
      const upwards = ((right + 1) & 2) === 0;
      const y = upwards ? SIZE - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (fixed[y][x]) continue;
        const bit = next < bits.length * 8 && ((bits[next >> 3] >> (7 - (next & 7))) & 1) === 1;
        dark[y][x] = bit !== ((x + y) % 2 === 0);
        next += 1;
      }
    }
  }
  return dark;
}

/**
 * The same as a picture, black on white with its quiet zone.
 * @param {string} text
 * @param {number} scale pixels per module
 * @returns {ImageData}
 */
export function testPicture(text, scale = 6) {
  const rows = testCode(text);
  const side = (SIZE + 8) * scale;
  const picture = new ImageData(side, side);
  const pixels = new Uint32Array(picture.data.buffer).fill(0xffffffff);
  for (let y = 0; y < SIZE * scale; y++) {
    for (let x = 0; x < SIZE * scale; x++) {
      if (!rows[Math.floor(y / scale)][Math.floor(x / scale)]) continue;
      pixels[(y + 4 * scale) * side + x + 4 * scale] = 0xff000000;
    }
  }
  return picture;
}

/** @param {string} text */
function dataBytes(text) {
  const values = [...text].map((letter) => LETTERS.indexOf(letter));
  if (values.length > MOST || values.includes(-1)) throw new RangeError('not for this symbol');
  let bits = '0010' + values.length.toString(2).padStart(9, '0');
  for (let at = 0; at < values.length; at += 2) {
    const pair = at + 1 < values.length;
    const value = pair ? values[at] * 45 + values[at + 1] : values[at];
    bits += value.toString(2).padStart(pair ? 11 : 6, '0');
  }
  bits = (bits + '0000').slice(0, BLOCKS * DATA * 8);
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
  const bytes = Array.from({ length: bits.length / 8 }, (_, at) => parseInt(bits.slice(at * 8, at * 8 + 8), 2));
  for (let pad = 0xec; bytes.length < BLOCKS * DATA; pad ^= 0xec ^ 0x11) bytes.push(pad);
  return bytes;
}

/** @param {number[]} data */
function interleaved(data) {
  const blocks = Array.from({ length: BLOCKS }, (_, at) => data.slice(at * DATA, (at + 1) * DATA));
  const checks = blocks.map(checkBytes);
  /** @param {number[][]} parts @param {number} length */
  const weave = (parts, length) => {
    return Array.from({ length }, (_, at) => parts.map((part) => part[at])).flat();
  };
  return [...weave(blocks, DATA), ...weave(checks, CHECK)];
}

/** Reed and Solomon over GF(256) with 0x11d. @param {number[]} block */
function checkBytes(block) {
  /** @param {number} a @param {number} b */
  const times = (a, b) => {
    let product = 0;
    for (let bit = 7; bit >= 0; bit--) {
      product = (product << 1) ^ ((product >> 7) * 0x11d);
      product ^= ((b >> bit) & 1) * a;
    }
    return product;
  };
  /** @type {number[]} */
  let generator = [1];
  for (let i = 0, root = 1; i < CHECK; i++, root = times(root, 2)) {
    const raised = [...generator, 0];
    generator.forEach((factor, at) => (raised[at + 1] ^= times(factor, root)));
    generator = raised;
  }
  const rest = [...block, ...Array(CHECK).fill(0)];
  for (let at = 0; at < block.length; at++) {
    const lead = rest[at];
    generator.forEach((factor, i) => (rest[at + i] ^= times(factor, lead)));
  }
  return rest.slice(block.length);
}

/** Everything that is not data: finders, timing, the alignment mark, format bits. */
function ground() {
  const dark = Array.from({ length: SIZE }, () => Array(SIZE).fill(false));
  const fixed = Array.from({ length: SIZE }, () => Array(SIZE).fill(false));
  /** @param {number} x @param {number} y @param {boolean} on */
  const set = (x, y, on) => {
    if (x < 0 || y < 0 || x >= SIZE || y >= SIZE) return;
    dark[y][x] = on;
    fixed[y][x] = true;
  };
  for (let i = 0; i < SIZE; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  for (const [cx, cy] of [[3, 3], [SIZE - 4, 3], [3, SIZE - 4]]) {
    for (let y = -4; y <= 4; y++) {
      for (let x = -4; x <= 4; x++) {
        const ring = Math.max(Math.abs(x), Math.abs(y));
        set(cx + x, cy + y, ring !== 2 && ring !== 4);
      }
    }
  }
  for (let y = -2; y <= 2; y++) {
    for (let x = -2; x <= 2; x++) {
      set(30 + x, 30 + y, Math.max(Math.abs(x), Math.abs(y)) !== 1);
    }
  }
  for (let i = 0; i < 15; i++) {
    const on = ((FORMAT >> i) & 1) === 1;
    const along = i < 6 ? i : i < 8 ? i + 1 : SIZE - 15 + i;
    set(8, along, on);
    const back = i < 8 ? SIZE - 1 - i : i < 9 ? 15 - i : 14 - i;
    set(back, 8, on);
  }
  set(8, SIZE - 8, true);
  return { dark, fixed };
}
