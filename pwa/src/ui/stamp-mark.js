/** The stamps: one drawn shape per family of verdicts, told apart without any colour. */

import { svg } from './el.js';

/** @typedef {'valid' | 'refused' | 'used' | 'unknown' | 'look' | 'left' | 'undone'} Family */

/**
 * @param {Family} family
 */
export function stampMark(family) {
  return svg(
    'svg',
    { class: `stamp-mark stamp-${family}`, viewBox: '0 0 120 120', 'aria-hidden': 'true', focusable: 'false' },
    SHAPES[family](),
  );
}

/** @type {Record<Family, () => SVGElement[]>} */
const SHAPES = {
  valid: () => [ring(60, 60, 52), ring(60, 60, 43, 'thin'), line('M36 62l17 17 32-37')],
  refused: () => [ring(60, 60, 52), line('M39 39l42 42'), line('M81 39L39 81')],
  used: () => [ring(46, 60, 40), ring(74, 60, 40), line('M60 48v14l9 8', 'mid')],
  unknown: () => [
    svg('circle', { cx: 60, cy: 60, r: 51, class: 'dashed' }),
    line('M45 47c0-20 31-20 31-1 0 13-16 13-16 27', 'mid'),
    svg('circle', { cx: 60, cy: 88, r: 5.5, class: 'dot' }),
  ],
  look: () => [
    line('M8 60c14-26 32-38 52-38s38 12 52 38c-14 26-32 38-52 38S22 86 8 60z'),
    ring(60, 60, 18, 'mid'),
    svg('circle', { cx: 60, cy: 60, r: 6, class: 'dot' }),
  ],
  left: () => [
    line('M66 14H20v92h46'),
    line('M48 60h60'),
    line('M88 38l22 22-22 22'),
  ],
  undone: () => [
    line('M30 40h44a26 26 0 0 1 0 52H44'),
    line('M50 18L28 40l22 22'),
  ],
};

/**
 * @param {number} cx
 * @param {number} cy
 * @param {number} r
 * @param {string} [kind]
 */
function ring(cx, cy, r, kind = 'thick') {
  return svg('circle', { cx, cy, r, class: kind });
}

/**
 * @param {string} d
 * @param {string} [kind]
 */
function line(d, kind = 'thick') {
  return svg('path', { d, class: kind });
}
