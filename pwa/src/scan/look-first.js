/** "Look at this before you admit": what a ticket or its tier asks the person at the door. */

/** @typedef {import('../../types/door.js').Look} Look */
/** @typedef {import('../data/ticket-index.js').TicketIndex} TicketIndex */

/**
 * @param {TicketIndex} index
 * @param {number} tier
 * @param {number} serial
 * @returns {Look | null} null: nothing to look at
 */
export function lookFirst(index, tier, serial) {
  const prompt = index.header.tiers.find((one) => one.tier === tier)?.prompt;
  const texts = [prompt?.text ?? '', index.notes.find(serial)].filter(Boolean);
  const kinds = prompt?.kinds ?? [];
  return texts.length || kinds.length ? { kinds, texts } : null;
}
