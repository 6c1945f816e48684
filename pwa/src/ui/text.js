/** Every visible string of the app passes through here: catalogue, plurals, pseudo-locale. */

/** @typedef {Record<string, string | number>} Vars */
/** @typedef {Record<string, string | Record<string, string>>} Catalogue */

export const PSEUDO = 'qps';
export const PSEUDO_RTL = 'qpr';

let language = 'en';
/** @type {Catalogue} */
let catalogue = {};
let plurals = new Intl.PluralRules('en');

/**
 * Choose the language. English needs no catalogue, its texts are the keys; the pseudo-locale
 * `qps` lengthens and brackets them, so that tests see text that went round the catalogue; `qpr`
 * does so from right to left.
 * @param {string} wanted
 * @param {Catalogue} [entries] English text to text, or to its forms by plural category
 */
export function useLanguage(wanted, entries = {}) {
  language = wanted;
  catalogue = entries;
  plurals = new Intl.PluralRules(formatLocale());
}

/** The locale for `Intl`; the pseudo-locale formats as English. */
export function formatLocale() {
  return isPseudo() ? 'en' : language;
}

/**
 * The text in the chosen language; `{name}` is filled from `vars`.
 * @param {string} text
 * @param {Vars} [vars]
 */
export function t(text, vars = {}) {
  const found = catalogue[text];
  return finish(typeof found === 'string' && found ? found : text, vars);
}

/**
 * The form of a text that fits the count `n`, which fills `{n}`.
 * @param {number} n
 * @param {string} one English, for 1
 * @param {string} other English, for all else; the key in the catalogue
 * @param {Vars} [vars]
 */
export function tn(n, one, other, vars = {}) {
  const forms = catalogue[other];
  const category = plurals.select(n);
  const english = category === 'one' ? one : other;
  const text = typeof forms === 'object' ? (forms[category] ?? forms['other']) : undefined;
  return finish(text || english, { n, ...vars });
}

/**
 * @param {string} text
 * @param {Vars} vars
 */
function finish(text, vars) {
  const shown = isPseudo() ? pseudo(text) : text;
  return shown.replace(/\{(\w+)\}/g, (whole, name) => String(vars[name] ?? whole));
}

function isPseudo() {
  return language === PSEUDO || language === PSEUDO_RTL;
}

const ACCENTS = new Map(
  [...'aeiouycnsAEIOUYCNS'].map((letter, i) => [letter, [...'áéíöüýçñšÁÉÍÖÜÝÇÑŠ'][i] ?? letter]),
);

/**
 * Accents, a third more length, and brackets; placeholders stay.
 * @param {string} text
 */
function pseudo(text) {
  const accented = text.replace(/\{\w+\}|./gsu, (part) => ACCENTS.get(part) ?? part);
  return `⟦${accented}${'~'.repeat(Math.ceil(text.length / 3))}⟧`;
}
