/** Opening a camera: the remembered one, else one that looks away from the person; its controls. */

const REMEMBERED = 'handstamp.camera';

/** @typedef {import('../../types/door.js').CameraState} CameraState */
/** @typedef {import('../../types/door.js').CameraInfo} CameraInfo */

/** What browsers know of torch and zoom and the type library does not.
 * @typedef {MediaTrackCapabilities & {torch?: boolean,
 *   zoom?: {min: number, max: number, step: number}}} Capabilities
 * @typedef {MediaTrackSettings & {zoom?: number}} Settings
 */

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
 * @param {MediaStreamTrack} track
 * @param {{torch?: boolean, zoom?: number}} wish
 */
export function control(track, wish) {
  const set = /** @type {MediaTrackConstraintSet} */ (wish);
  return track.applyConstraints({ advanced: [set] });
}
