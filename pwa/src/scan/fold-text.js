/** Texts as searching compares them: no case, no accents, one form for letters NFD leaves alone. */

/** @type {Record<string, string>} */
const LETTERS = {
  ł: 'l', ß: 'ss', ø: 'o', đ: 'd', ð: 'd', þ: 'th', æ: 'ae', œ: 'oe', ı: 'i', ħ: 'h', ŋ: 'n',
  ŧ: 't', ĸ: 'k', ƒ: 'f', ə: 'e', ς: 'σ',
};
const SPECIAL = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');
const PLAIN = /^[\x20-\x7e]*$/;
const NO_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** @param {string} text @returns {string} words with one space between them */
export function foldText(text) {
  const lower = text.toLowerCase();
  const bare = PLAIN.test(lower)
    ? lower
    : lower
        .normalize('NFKD')
        .replace(/\p{M}+/gu, '')
        .replace(SPECIAL, (letter) => LETTERS[letter]);
  return bare
    .replace(/['’ʼ`´]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Scripts written without spaces, where two letters say much. @param {string} text */
export function isDense(text) {
  return NO_SPACES.test(text);
}

/** Letters and digits as a person counts them. @param {string} text */
export function letterCount(text) {
  return [...text.normalize('NFC').matchAll(/[\p{L}\p{N}]/gu)].length;
}
