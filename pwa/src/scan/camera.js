/** The camera as the door uses it: one long-lived stream, every new code given to a reader. */

import {
  capabilitiesOf, control, listCameras, openCamera, rememberCamera, rememberedCamera,
  restoreControls, stateOfError,
} from './camera-stream.js';
import { CodeInView } from './code-in-view.js';
import { Decoder } from './decoder.js';

/** @typedef {import('../../types/door.js').Scanner} Scanner */
/** @typedef {import('../../types/door.js').CodeReader} CodeReader */
/** @typedef {import('../../types/door.js').CameraState} CameraState */
/** @typedef {import('../../types/door.js').CameraInfo} CameraInfo */

const LINGER_MS = 8_000;
const PATIENCE_MS = 1_000;

/** @implements {Scanner} */
export class Camera extends EventTarget {
  constructor() {
    super();
    /** @type {CameraState} */
    this.state = 'off';
    /** @type {CameraInfo[]} */
    this.cameras = [];
    this.torch = false;
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {HTMLVideoElement | null} */
    this.video = null;
    /** @type {CodeReader | null} */
    this.reader = null;
    /** @type {Decoder | null} */
    this.decoder = null;
    this.inView = new CodeInView();
    this.looking = false;
    /** Codes are seen and not given: a question is open. */
    this.held = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.closing = undefined;
    /** Grows with every start, so that an overtaken one stops. */
    this.turn = 0;
    globalThis.document?.addEventListener('visibilitychange', () => this.#seenAgain());
  }

  get cameraId() {
    return this.#track?.getSettings().deviceId ?? '';
  }

  get hasTorch() {
    return this.#track ? capabilitiesOf(this.#track).torch === true : false;
  }

  get zoom() {
    const track = this.#track;
    const range = track ? capabilitiesOf(track).zoom : undefined;
    if (!track || !range || range.max <= range.min) return null;
    const { zoom } = /** @type {import('./camera-stream.js').Settings} */ (track.getSettings());
    return { min: range.min, max: range.max, step: range.step || 0.1, value: zoom ?? range.min };
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {CodeReader} reader
   */
  async start(video, reader) {
    clearTimeout(this.closing);
    if (this.video && this.video !== video) this.video.srcObject = null;
    this.video = video;
    this.reader = reader;
    this.decoder ??= new Decoder();
    const turn = ++this.turn;
    if (!navigator.mediaDevices?.getUserMedia) {
      this.#set(globalThis.isSecureContext ? 'none' : 'insecure');
      return;
    }
    if (this.#track?.readyState !== 'live' && !(await this.#open(turn))) return;
    await this.#play(video, turn);
  }

  pause() {
    this.reader = null;
  }

  /**
   * Give no code while a question is open. What is in view then stays the same code, so that
   * an answer does not scan it again.
   * @param {boolean} on
   */
  hold(on) {
    this.held = on;
  }

  /** The picture goes now, the camera itself a little later: the next screen may want it. */
  stop() {
    this.turn += 1;
    this.reader = null;
    if (this.video) this.video.srcObject = null;
    this.video = null;
    clearTimeout(this.closing);
    this.closing = setTimeout(() => this.#close(), LINGER_MS);
    this.#set('off');
  }

  /** @param {string} id */
  async useCamera(id) {
    rememberCamera(id);
    this.#close();
    if (this.video && this.reader) await this.start(this.video, this.reader);
  }

  /** @param {boolean} on */
  async setTorch(on) {
    if (this.#track && (await control(this.#track, { torch: on }))) this.torch = on;
    this.dispatchEvent(new Event('state'));
  }

  /** @param {number} value */
  async setZoom(value) {
    if (this.#track) await control(this.#track, { zoom: value });
    this.dispatchEvent(new Event('state'));
  }

  get #track() {
    return this.stream?.getVideoTracks()[0];
  }

  /** @param {number} turn @returns {Promise<boolean>} */
  async #open(turn) {
    this.#close();
    this.#set('starting');
    let stream;
    try {
      stream = await openCamera(rememberedCamera());
    } catch (error) {
      if (turn === this.turn) this.#set(stateOfError(error));
      return false;
    }
    if (turn !== this.turn) {
      for (const track of stream.getTracks()) track.stop();
      return false;
    }
    this.stream = stream;
    this.torch = false;
    this.#track?.addEventListener('ended', () => this.#lost(stream));
    if (this.#track) this.torch = (await restoreControls(this.#track)).torch ?? false;
    this.cameras = await listCameras();
    this.dispatchEvent(new Event('cameras'));
    return turn === this.turn;
  }

  /** @param {HTMLVideoElement} video @param {number} turn */
  async #play(video, turn) {
    if (video.srcObject !== this.stream) video.srcObject = this.stream;
    try {
      await video.play();
    } catch (error) {
      // The element left the page, or this browser wants a tap first.
      if (turn === this.turn) this.#set(video.isConnected ? 'interrupted' : 'off');
      return;
    }
    if (turn !== this.turn) return;
    this.inView.forget();
    this.#set('running');
    this.#watch(video, turn);
  }

  /** @param {HTMLVideoElement} video @param {number} turn */
  #watch(video, turn) {
    const next = () => {
      if (turn !== this.turn || video !== this.video) return;
      if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(each);
      else requestAnimationFrame(each);
    };
    const each = () => {
      next();
      void this.#look(video);
    };
    next();
  }

  /** @param {HTMLVideoElement} video */
  async #look(video) {
    const { decoder, reader } = this;
    if (this.looking || !decoder || !reader || video.videoWidth === 0) return;
    this.looking = true;
    const frame = performance.now();
    try {
      const text = await decoder.read(video);
      const decoded = performance.now();
      if (text === '' || this.reader !== reader || this.#waits(text)) return;
      if (!this.inView.shown(text, decoded) || this.held) return;
      await this.#give(reader, text, { frame, decoded });
    } catch {
      // A frame that could not be grabbed: the next one comes.
    } finally {
      this.looking = false;
    }
  }

  /** The next guest's code waits for the answer. @param {string} text */
  #waits(text) {
    return this.held && text !== this.inView.text;
  }

  /**
   * No frame is looked at while a decision is made, which needs the thread more; a decision
   * that hangs does not freeze the camera.
   * @param {CodeReader} reader
   * @param {string} text
   * @param {{frame: number, decoded: number}} marks
   */
  async #give(reader, text, marks) {
    // A refusal to scan shows in the door's status.
    const decided = reader.scanText(text, 'scan', marks).catch(() => this.inView.forget());
    await Promise.race([decided, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
  }

  /** @param {MediaStream} stream */
  #lost(stream) {
    if (stream !== this.stream) return;
    this.stream = null;
    if (!this.video) return;
    this.#set('interrupted');
    if (globalThis.document?.visibilityState === 'visible') void this.#resume();
  }

  /** After the background the picture may be black or gone. */
  #seenAgain() {
    if (globalThis.document.visibilityState !== 'visible' || !this.video || !this.reader) return;
    const track = this.#track;
    const well = track?.readyState === 'live' && !track.muted && !this.video.paused;
    if (!well) void this.#resume();
  }

  async #resume() {
    const { video, reader } = this;
    if (!video || !reader) return;
    this.#close();
    await this.start(video, reader);
    if (this.state === 'blocked') this.#set('interrupted');
  }

  #close() {
    const { stream } = this;
    this.stream = null;
    for (const track of stream?.getTracks() ?? []) track.stop();
  }

  /** @param {CameraState} state */
  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}
