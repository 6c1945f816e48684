/** Reads QR codes out of frames, away from the page's thread. */

import { prepareZXingModule, readBarcodes } from '../../vendor/zxing-wasm/reader/index.js';

/** @typedef {import('../../types/decoder.js').FrameJob} FrameJob */

/** @type {import('../../vendor/zxing-wasm/bindings/readerOptions.js').ReaderOptions} */
const OPTIONS = {
  formats: ['QRCode'],
  maxNumberOfSymbols: 1,
  tryHarder: true,
  tryInvert: true,
  tryDownscale: true,
};

const wasm = new URL('../../vendor/zxing-wasm/reader/zxing_reader.wasm', import.meta.url).href;
prepareZXingModule({ overrides: { locateFile: () => wasm } });

/** @type {OffscreenCanvas | null} */
let canvas = null;

self.addEventListener('message', async (/** @type {MessageEvent<FrameJob>} */ event) => {
  const { id, frame, part } = event.data;
  try {
    const [found] = await readBarcodes(pixels(frame, part), OPTIONS);
    self.postMessage({ id, text: found?.isValid ? found.text : '' });
  } catch (error) {
    self.postMessage({ id, text: '', error: String(error) });
  }
});

// The first code must not wait for the machine code to be made.
readBarcodes(new ImageData(64, 64), OPTIONS).then(
  () => self.postMessage({ id: 0, text: '' }),
  (error) => self.postMessage({ id: 0, text: '', error: String(error) }),
);

/**
 * @param {FrameJob['frame']} frame
 * @param {FrameJob['part']} part
 * @returns {ImageData}
 */
function pixels(frame, part) {
  if (frame instanceof ImageData) return frame;
  const { x, y, width, height } = part ?? whole(/** @type {ImageBitmap} */ (frame));
  if (!canvas || canvas.width !== width || canvas.height !== height) {
    canvas = new OffscreenCanvas(width, height);
  }
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext('2d', { willReadFrequently: true })
  );
  context.drawImage(frame, x, y, width, height, 0, 0, width, height);
  frame.close();
  return context.getImageData(0, 0, width, height);
}

/** @param {ImageBitmap} frame */
function whole({ width, height }) {
  return { x: 0, y: 0, width, height };
}
