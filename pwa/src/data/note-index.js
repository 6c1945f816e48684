/** What stewards read before they admit a ticket (R62). */

/** @typedef {import('../../types/protocol.js').Snapshot} Snapshot */
/** @typedef {import('../../types/records.js').TicketRow} TicketRow */

export class NoteIndex {
  /** @param {Snapshot} base */
  constructor({ notes, tickets }) {
    /** @type {Map<number, string>} */
    this.texts = new Map();
    notes.places.forEach((place, at) => this.texts.set(tickets.serials[place], notes.texts[at]));
  }

  /**
   * Take in a row of the feed: its note replaces the one before.
   * @param {TicketRow} row
   */
  apply(row) {
    const [serial] = row;
    if (typeof row[8] === 'string' && row[8]) this.texts.set(serial, row[8]);
    else this.texts.delete(serial);
  }

  /**
   * @param {number} serial
   * @returns {string} empty when there is none
   */
  find(serial) {
    return this.texts.get(serial) ?? '';
  }
}
