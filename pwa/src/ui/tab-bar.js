/** The bar under the thumb: scan, search, log, settings. */

import { el } from './el.js';
import { icon } from './icons.js';
import { t } from './text.js';

/** @typedef {'scan' | 'search' | 'log' | 'settings'} Tab */

/**
 * @param {(tab: Tab) => void} choose
 */
export function tabBar(choose) {
  /** @type {[Tab, string][]} */
  const names = [['scan', t('Scan')], ['search', t('Search')], ['log', t('Log')], ['settings', t('Settings')]];
  const tabs = names.map(([tab, name]) => ({
    tab,
    button: el('button', { type: 'button', class: 'tab', onclick: () => choose(tab) }, icon(tab), el('span', {}, name)),
  }));
  const node = el('nav', { class: 'tab-bar', 'aria-label': t('Screens') }, tabs.map((one) => one.button));

  /**
   * @param {Tab} current
   */
  function mark(current) {
    for (const { tab, button } of tabs) {
      if (tab === current) button.setAttribute('aria-current', 'page');
      else button.removeAttribute('aria-current');
    }
  }

  return { node, mark };
}
