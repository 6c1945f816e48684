/** Which part of which frame is looked at: the centre first, every third frame the whole. */

/** @typedef {import('../../types/decoder.js').Part} Part */

const WHOLE_EVERY = 3;
const CENTRE = 0.62;
const LONGEST = 1280;

/**
 * @param {number} turn frames looked at so far
 * @param {number} width of the video
 * @param {number} height
 * @returns {Part} in video pixels
 */
export function partOf(turn, width, height) {
  if (turn % WHOLE_EVERY === WHOLE_EVERY - 1) return { x: 0, y: 0, width, height };
  const side = Math.round(Math.min(width, height, LONGEST) * CENTRE + Math.abs(width - height) / 8);
  const w = Math.min(side, width);
  const h = Math.min(side, height);
  return { x: (width - w) >> 1, y: (height - h) >> 1, width: w, height: h };
}

/**
 * Take the current picture in a form that a worker can have. A VideoFrame is only handed over;
 * the others copy pixels on the page's thread.
 * @param {HTMLVideoElement} video
 * @param {number} turn
 * @returns {Promise<{frame: VideoFrame | ImageBitmap | ImageData, part: Part | null}>}
 */
export async function grab(video, turn) {
  const part = partOf(turn, video.videoWidth, video.videoHeight);
  const { x, y, width, height } = part;
  if (!('OffscreenCanvas' in globalThis)) {
    return { frame: drawn(video, x, y, width, height), part: null };
  }
  if ('VideoFrame' in globalThis) return { frame: new VideoFrame(video), part };
  return { frame: await createImageBitmap(video, x, y, width, height), part: null };
}

/** @type {HTMLCanvasElement | null} */
let canvas = null;

/**
 * Slower, for browsers whose workers have no canvas.
 * @param {HTMLVideoElement} video
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
function drawn(video, x, y, width, height) {
  canvas ??= document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext('2d', { willReadFrequently: true })
  );
  context.drawImage(video, x, y, width, height, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
