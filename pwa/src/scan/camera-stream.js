/** Opening a camera: the remembered one, else one that looks away from the person; its controls. */

const REMEMBERED = 'handstamp.camera';
const CONTROLS = 'handstamp.camera.';

/** @typedef {import('../../types/door.js').CameraState} CameraState */
/** @typedef {import('../../types/door.js').CameraInfo} CameraInfo */

/** What browsers know of torch and zoom and the type library does not.
 * @typedef {MediaTrackCapabilities & {torch?: boolean,
 *   zoom?: {min: number, max: number, step: number}}} Capabilities
 * @typedef {MediaTrackSettings & {zoom?: number}} Settings
 */

/** @typedef {{torch?: boolean, zoom?: number}} Wish */

/** @returns {string} the id of the camera used last; '' = none */
export function rememberedCamera() {
  return localStorage.getItem(REMEMBERED) ?? '';
}

/** @param {string} id */
export function rememberCamera(id) {
  localStorage.setItem(REMEMBERED, id);
}

/**
 * @param {string} id '' = any that looks away
 * @returns {Promise<MediaStream>}
 * @throws {DOMException}
 */
export async function openCamera(id) {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  if (id) {
    try {
      const video = { ...size, deviceId: { exact: id } };
      return await navigator.mediaDevices.getUserMedia({ video, audio: false });
    } catch (error) {
      const gone = error instanceof DOMException && /Overconstrained|NotFound/.test(error.name);
      if (!gone) throw error;
    }
  }
  const video = { ...size, facingMode: { ideal: 'environment' } };
  return navigator.mediaDevices.getUserMedia({ video, audio: false });
}

/** @param {unknown} error @returns {CameraState} */
export function stateOfError(error) {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'blocked';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none';
  return 'busy';
}

/** @returns {Promise<CameraInfo[]>} labels are empty before permission */
export async function listCameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId !== '')
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** @param {MediaStreamTrack} track @returns {Capabilities} */
export function capabilitiesOf(track) {
  return track.getCapabilities?.() ?? {};
}

/**
 * Set torch or zoom, and remember it for this camera; a camera may refuse.
 * @param {MediaStreamTrack} track
 * @param {Wish} wish
 * @returns {Promise<boolean>} whether it was done
 */
export async function control(track, wish) {
  if (!(await apply(track, wish))) return false;
  const id = track.getSettings().deviceId ?? '';
  localStorage.setItem(CONTROLS + id, JSON.stringify({ ...rememberedControls(id), ...wish }));
  return true;
}

/**
 * Set what this camera was set to the last time, as far as it still can.
 * @param {MediaStreamTrack} track
 * @returns {Promise<Wish>} what was done
 */
export async function restoreControls(track) {
  const { torch, zoom } = rememberedControls(track.getSettings().deviceId ?? '');
  const can = capabilitiesOf(track);
  /** @type {Wish} */
  const done = {};
  if (torch === true && can.torch === true && (await apply(track, { torch }))) done.torch = true;
  if (zoom !== undefined && can.zoom && zoom >= can.zoom.min && zoom <= can.zoom.max) {
    if (await apply(track, { zoom })) done.zoom = zoom;
  }
  return done;
}

/** @param {MediaStreamTrack} track @param {Wish} wish */
async function apply(track, wish) {
  const set = /** @type {MediaTrackConstraintSet} */ (wish);
  try {
    await track.applyConstraints({ advanced: [set] });
    return true;
  } catch {
    return false; // it was offered and yet refused: scanning goes on without
  }
}

/** @param {string} id @returns {Wish} */
function rememberedControls(id) {
  try {
    return JSON.parse(localStorage.getItem(CONTROLS + id) ?? '{}');
  } catch {
    return {};
  }
}
