/** The first start: pair this phone by QR, by code or by a link. */

import { button, field } from './controls.js';
import { el, fill } from './el.js';
import { isInstalled, platform } from './install-help.js';
import { languageChoice } from './language.js';
import { stampMark } from './stamp-mark.js';
import { t } from './text.js';
import { troubleWords } from './trouble.js';

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
  const submit = button(given.code ? t('Pair this phone') : t('Pair'), () => undefined, given.code ? { kind: 'primary', type: 'submit' } : { type: 'submit' });

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
      el(
        'header',
        { class: 'start-head' },
        stampMark('valid'),
        el('h1', { translate: 'no' }, 'Handstamp'),
        el('p', { class: 'muted' }, t('Check-in that works with no signal')),
      ),
      el(
        'form',
        { class: 'stack grow', onsubmit: send },
        !isInstalled() && platform() === 'ios' && el('p', { class: 'aside' }, t('On an iPhone, put this app on the home screen first and pair there: the installed app starts empty.')),
        el('div', { class: 'push' }),
        trouble,
        el('div', { class: 'code-row' }, code.node, submit),
        !given.code && el('p', { class: 'or', 'aria-hidden': 'true' }, el('span', {}, t('or'))),
        el(
          'div',
          { class: 'foot' },
          !given.code && button(t('Scan pairing code'), ways.scan, { kind: 'primary', icon: 'scan' }),
          el(
            'div',
            { class: 'start-ways' },
            languageChoice(),
            !isInstalled() && button(t('How to install'), ways.install, { kind: 'quiet', icon: 'install' }),
            given.pairings && button(t('Events on this phone'), ways.pairings, { kind: 'quiet' }),
          ),
        ),
      ),
    ),
    trouble: (/** @type {unknown} */ error) => fill(trouble, pairTrouble(error)),
  };
}

/**
 * @param {unknown} error
 */
function pairTrouble(error) {
  return [
    el('p', {}, el('strong', {}, t('This phone was not paired.'))),
    el('p', {}, troubleWords(error)),
  ];
}
