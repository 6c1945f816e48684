/** The whole way of a code tried out with a test ticket: drawn, read, verified, judged; not logged. */

import { encodeToken, tokenMessage } from '../core/token.js';
import { decide } from '../core/verdict.js';
import { toBase64 } from '../data/base64.js';
import { makeKeyPair, sign } from '../data/ed25519.js';
import { readCode } from './read-code.js';
import { testPicture } from './test-code.js';

/** @typedef {import('../data/ticket-index.js').TicketIndex} TicketIndex */
/** @typedef {import('../../types/records.js').TicketKey} TicketKey */

const NOBODY = 0; // never a ticket's serial
const TIER = 1;

/**
 * A ticket of nobody, signed by a key made for this moment: it must be read letter by letter,
 * be genuine under that key and unknown to the list, and forged under the event's own keys.
 * @param {object} door
 * @param {{readPicture: (picture: ImageData) => Promise<string>}} door.decoder
 * @param {TicketIndex} door.index
 * @param {number} door.now
 * @param {number} door.listAgeS
 * @param {(text: string) => ImageData} [draw]
 * @returns {Promise<string>} '' when all was as it must be, else the step that was not
 */
export async function selfScan({ decoder, index, now, listAgeS }, draw = testPicture) {
  const id = index.header.keys[0]?.id ?? 0;
  const { text, key } = await testToken(index.header.event.number, id);
  if ((await decoder.readPicture(draw(text))) !== text) return 'decoder';
  const genuine = await readCode(text, withKeys(index, [key]));
  if (genuine.token.check !== 'ok') return 'signature';
  const forged = await readCode(text, withKeys(index, index.header.keys));
  if (forged.token.check !== (index.header.keys.length ? 'forged' : 'unknown_key')) return 'keys';
  const { event } = index.header;
  const list = { list: 0, rev: 0, rules: { name: '', tiers: [{ tier: TIER, from: null, until: null }], entry: 'single' } };
  const { token } = genuine;
  const said = decide({
    token, event, ticket: null, list, state: null, now, list_age_s: listAgeS,
  });
  const { verdict, admit } = expected(event, listAgeS);
  return said.verdict === verdict && said.admit === admit ? '' : 'verdict';
}

/**
 * What R27 says of a genuine ticket that is not listed.
 * @param {TicketIndex['header']['event']} event
 * @param {number} age
 */
function expected({ unknown_policy: policy, unknown_max_age_s: most }, age) {
  const accepts = policy === 'accept' || policy === 'accept_and_flag';
  if (accepts && age > most) return { verdict: 'list_too_old', admit: false };
  return { verdict: 'unknown', admit: accepts };
}

/** @param {number} event @param {number} id */
async function testToken(event, id) {
  const body = new Uint8Array(11);
  const view = new DataView(body.buffer);
  body[0] = (1 << 5) | id;
  view.setUint16(1, event >> 8);
  body[3] = event & 255;
  view.setUint32(5, NOBODY);
  body[9] = TIER;
  body[10] = 1;
  const keys = await makeKeyPair();
  const signature = await sign(keys.privateKey, tokenMessage(body));
  const key = { id, public: toBase64(keys.publicKey), compromised: false };
  return { text: encodeToken(body, signature), key };
}

/** The list as reading a code sees it, under other keys. @param {TicketIndex} index @param {TicketKey[]} keys */
function withKeys(index, keys) {
  const header = { ...index.header, keys };
  return /** @type {TicketIndex} */ (/** @type {unknown} */ ({ header, codes: { empty: true } }));
}
