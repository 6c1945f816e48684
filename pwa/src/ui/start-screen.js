/** The first start: pair this phone by QR, by code or by a link. */

import { button, data, field } from './controls.js';
import { el, fill } from './el.js';
import { isInstalled, platform } from './install-help.js';
import { stampMark } from './stamp-mark.js';
import { t } from './text.js';

/**
 * @param {{ code: string, pairings: boolean }} given a code that came in a link; whether
 *   other events are paired
 * @param {{ pair: (code: string) => Promise<void>, scan: () => void, install: () => void, pairings: () => void }} ways
 */
export function startScreen(given, ways) {
  const trouble = el('div', { class: 'trouble', role: 'alert' });
  const code = field(t('Pairing code'), {
    value: given.code, autocomplete: 'one-time-code', autocapitalize: 'characters', spellcheck: 'false', required: true,
    class: 'input code-input', enterkeyhint: 'go',
  }, t('The organizer’s device page shows it.'));
  const submit = button(t('Pair this phone'), () => undefined, { kind: 'primary', type: 'submit' });

  /**
   * @param {Event} event
   */
  async function send(event) {
    event.preventDefault();
    submit.disabled = true;
    fill(trouble);
    try {
      await ways.pair(code.input.value);
    } catch (error) {
      fill(trouble, pairTrouble(error));
    }
    submit.disabled = false;
  }

  return {
    node: el(
      'main',
      { class: 'plain-screen start-screen' },
      el('header', { class: 'start-head' }, stampMark('valid'), el('h1', { translate: 'no' }, 'Handstamp'), el('p', { class: 'muted' }, t('Check-in that works with no signal'))),
      el(
        'form',
        { class: 'stack grow', onsubmit: send },
        installFirst(ways.install),
        el('div', { class: 'push' }),
        trouble,
        !given.code && button(t('Scan the pairing code'), ways.scan, { kind: 'primary', icon: 'scan' }),
        !given.code && el('p', { class: 'or', 'aria-hidden': 'true' }, el('span', {}, t('or'))),
        code.node,
        given.code ? submit : secondary(submit),
        given.pairings && button(t('Events on this phone'), ways.pairings, { kind: 'quiet' }),
      ),
    ),
    trouble: (/** @type {unknown} */ error) => fill(trouble, pairTrouble(error)),
  };
}

/**
 * @param {HTMLButtonElement} submit
 */
function secondary(submit) {
  submit.classList.remove('primary');
  return submit;
}

/**
 * @param {unknown} error
 */
export function pairTrouble(error) {
  return [
    el('p', {}, el('strong', {}, t('This phone was not paired.'))),
    el('p', {}, data(error instanceof Error ? error.message : String(error))),
  ];
}

/**
 * On an iPhone the installed app starts with empty storage, so a code used here is lost there.
 * @param {() => void} install
 */
function installFirst(install) {
  if (isInstalled()) return null;
  const words = platform() === 'ios'
    ? t('On an iPhone, put the app on the home screen first and pair there.')
    : t('Works best installed on the home screen.');
  return el('div', { class: 'aside' }, el('p', {}, words), button(t('How to install'), install, { icon: 'install' }));
}
