// Notes for the door in a snapshot. Twin: server/handstamp/checkin/prompt_columns.py.
// Vectors: shared/vectors/wire. They stand behind the codes (R62).

import { readNumbers, readTerms } from './columns.js';

/** @import { Reader } from './layout.js' */
/** @import { Notes } from '../../types/protocol.js' */

/**
 * Reads what follows the codes; RangeError when it is cut short or does not fit the tickets.
 * @param {Reader} from
 * @param {number} tickets how many there are
 * @returns {Notes}
 */
export function readNotes(from, tickets) {
  if (from.atEnd()) return { places: new Int32Array(0), texts: [] };
  const steps = readNumbers(from);
  const terms = readTerms(from);
  const texts = Array.from(terms.places, (term) => terms.dictionary[term]);
  if (texts.length !== steps.length) throw new RangeError('columns do not fit each other');
  const places = new Int32Array(steps.length);
  let place = 0;
  for (let at = 0; at < steps.length; at += 1) {
    place += steps[at];
    if (place >= tickets || (at && !steps[at]) || !texts[at]) {
      throw new RangeError('a ticket has one note, which is not empty');
    }
    places[at] = place;
  }
  return { places, texts };
}
