/** What the address says: a pairing code from a link, or the pairing this window shows. */

/**
 * @param {string} text an address; anything else gives empty strings
 * @returns {{ code: string, id: string }}
 */
export function pairingOf(text) {
  if (!URL.canParse(text)) return { code: '', id: '' };
  const { searchParams } = new URL(text);
  return { code: searchParams.get('pair') ?? '', id: searchParams.get('p') ?? '' };
}

/**
 * Put the pairing into the address, so that a reload and a second window find it. The
 * one-time code leaves it.
 * @param {string} id empty: none
 */
export function showPairing(id) {
  const here = new URL(location.href);
  here.searchParams.delete('pair');
  if (id) here.searchParams.set('p', id);
  else here.searchParams.delete('p');
  history.replaceState(null, '', here);
}
