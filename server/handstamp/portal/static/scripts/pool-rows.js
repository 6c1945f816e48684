// The first rows of a CSV as they arrive, for a look at them in the browser: no password is shown.

const HEADERS = ['Event,Variant,Email,Password', 'Event,Variant,Email,Password,Code'];
const QUOTE = '"';

/** @typedef {{line: number, cells: string[]}} Row */
/** @typedef {{known: boolean, withCode: boolean, rows: Row[]}} Look */

/**
 * Read the first rows below the header; the last one only once its line has ended.
 * @param {Uint8Array} start the file's first bytes
 * @param {boolean} whole whether these are all of them
 * @param {number} most
 * @returns {Look}
 */
export function lookAt(start, whole, most) {
  const rows = split(decode(start, whole), whole, most + 1);
  const header = rows.shift()?.cells.join(',') ?? '';
  return { known: HEADERS.includes(header), withCode: header === HEADERS[1], rows };
}

/**
 * @param {Uint8Array} bytes
 * @param {boolean} whole
 */
function decode(bytes, whole) {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes, { stream: !whole });
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes, { stream: !whole });
  if (second === 0 && first !== 0) return new TextDecoder('utf-16le').decode(bytes, { stream: !whole });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/**
 * @param {string} text
 * @param {boolean} whole
 * @param {number} most
 */
function split(text, whole, most) {
  /** @type {Row[]} */
  const rows = [];
  let [line, at] = [1, 0];
  while (at < text.length && rows.length < most) {
    const found = oneRow(text, at);
    if (!found.ended && !whole) break;
    if (found.cells.some((cell) => cell.trim())) rows.push({ line, cells: found.cells });
    line += found.lines;
    at = found.next;
  }
  return rows;
}

/**
 * @param {string} text
 * @param {number} from
 */
function oneRow(text, from) {
  /** @type {string[]} */
  const cells = [];
  let [cell, quoted, lines, at] = ['', false, 1, from];
  for (; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (quoted) {
      if (letter === QUOTE && text[at + 1] === QUOTE) at += 1;
      else if (letter === QUOTE) quoted = false;
      if (letter === '\n') lines += 1;
      if (quoted) cell += letter;
    } else if (letter === QUOTE && !cell) quoted = true;
    else if (letter === ',') [cell] = ['', cells.push(cell)];
    else if (letter === '\n' || letter === '\r') break;
    else cell += letter;
  }
  const ended = at < text.length;
  if (text[at] === '\r' && text[at + 1] === '\n') at += 1;
  return { cells: [...cells, cell], ended, lines, next: at + 1 };
}
