/** What a verdict sounds and feels like; every family has its own pattern. */

import { isOn } from './preferences.js';

/** @typedef {import('./stamp-mark.js').Family} Family */
/** @typedef {{ at: number, for: number, from: number, to: number, wave: OscillatorType }} Tone */

/** Seconds and hertz. @type {Record<Family, Tone[]>} */
const TONES = {
  valid: [
    { at: 0, for: 0.09, from: 784, to: 784, wave: 'triangle' },
    { at: 0.09, for: 0.16, from: 1175, to: 1175, wave: 'triangle' },
  ],
  used: [0, 0.16, 0.32].map((at) => ({ at, for: 0.1, from: 440, to: 440, wave: 'square' })),
  refused: [{ at: 0, for: 0.5, from: 196, to: 131, wave: 'sawtooth' }],
  unknown: [{ at: 0, for: 0.34, from: 494, to: 880, wave: 'triangle' }],
  look: [0, 0.2].map((at) => ({ at, for: 0.12, from: 587, to: 587, wave: 'sine' })),
  left: [
    { at: 0, for: 0.09, from: 988, to: 988, wave: 'triangle' },
    { at: 0.09, for: 0.2, from: 659, to: 659, wave: 'triangle' },
  ],
  undone: [{ at: 0, for: 0.3, from: 523, to: 262, wave: 'sine' }],
};

/** Milliseconds on, off, on. @type {Record<Family, number[]>} */
const BUZZES = {
  valid: [70],
  used: [80, 70, 80, 70, 80],
  refused: [450],
  unknown: [160, 90, 60],
  look: [60, 60, 160],
  left: [40, 60, 40],
  undone: [250],
};

/** @type {AudioContext | null} */
let audio = null;

/** Phones allow sound only after a tap: the first one anywhere opens the audio output. */
export function unlockSoundOnTap() {
  const unlock = () => {
    try {
      audio ??= new AudioContext();
      if (audio.state !== 'running') audio.resume().catch(() => {});
    } catch {
      // No sound on this phone: shape, word and colour say it all.
    }
  };
  document.addEventListener('pointerdown', unlock);
  document.addEventListener('keydown', unlock);
}

/** A question that keeps somebody out falls where one that lets in rises. @type {Tone[]} */
const HELD = [0, 0.3].map((at) => ({ at, for: 0.24, from: 659, to: 330, wave: 'triangle' }));

/**
 * @param {Family} family
 * @param {boolean} admit
 */
export function feel(family, admit) {
  const tones = family === 'unknown' && !admit ? HELD : TONES[family];
  if (isOn('vibration')) navigator.vibrate?.(BUZZES[family]);
  if (isOn('sound') && audio?.state === 'running') tones.forEach((tone) => play(tone));
}

/**
 * @param {Tone} tone
 */
function play(tone) {
  if (!audio) return;
  const start = audio.currentTime + tone.at;
  const end = start + tone.for;
  const source = new OscillatorNode(audio, { type: tone.wave, frequency: tone.from });
  const loudness = new GainNode(audio, { gain: 0 });
  source.frequency.linearRampToValueAtTime(tone.to, end);
  loudness.gain.setValueAtTime(0, start);
  loudness.gain.linearRampToValueAtTime(0.5, start + 0.01);
  loudness.gain.setValueAtTime(0.5, end - 0.03);
  loudness.gain.linearRampToValueAtTime(0, end);
  source.connect(loudness).connect(audio.destination);
  source.start(start);
  source.stop(end);
}
