// Answers one JSON line with one JSON line: the JavaScript twins, as the contract tests ask them.

import { webcrypto } from 'node:crypto';
import { createInterface } from 'node:readline';
import { deviceHex, serialLetters, serialOf } from '../../pwa/src/core/ids.js';
import { foreignCodeDigest } from '../../pwa/src/core/foreign-code.js';
import { factOfRow, fold } from '../../pwa/src/core/fold.js';
import { openSealedList } from '../../pwa/src/core/sealed-list.js';
import { voidsOf } from '../../pwa/src/core/voids.js';
import { InsideCount } from '../../pwa/src/core/inside-count.js';
import { lastOwn, mayUndo } from '../../pwa/src/core/may-undo.js';
import { strict } from '../../pwa/src/core/signing.js';
import { encodeToken, parseToken, tokenDigest, verifyToken } from '../../pwa/src/core/token.js';
import { grants } from '../../pwa/src/core/undo.js';
import { CODES, decide, decideExit, flagBits } from '../../pwa/src/core/verdict.js';
import * as wire from '../../pwa/src/core/wire.js';
import * as noble from '../../pwa/vendor/noble-ed25519/index.js';

const bytes = (base64) => new Uint8Array(Buffer.from(base64, 'base64'));
const fromHex = (hex) => new Uint8Array(Buffer.from(hex, 'hex'));
const base64 = (data) => Buffer.from(data).toString('base64');
const hex = (data) => Buffer.from(data).toString('hex');

const ENGINES = {
  noble: (key, signature, message) =>
    noble.verifyAsync(signature, message, key, { zip215: false }).catch(() => false),
  webcrypto: async (key, signature, message) => {
    const { subtle } = webcrypto;
    const imported = await subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
    return subtle.verify('Ed25519', imported, signature, message);
  },
};

const keyTable = (keys) =>
  new Map(keys.map((key) => [key.id, { public: bytes(key.public), compromised: key.compromised }]));

const factOf = (fact) => ({
  ...fact,
  previous: bytes(fact.previous),
  digest: bytes(fact.digest),
  extra: bytes(fact.extra),
});

const factJson = (fact) => ({
  ...fact,
  previous: base64(fact.previous),
  digest: base64(fact.digest),
  extra: base64(fact.extra),
});

async function readToken({ text, keys, engine }) {
  const { check, token, compromised } = await verifyToken(text, keyTable(keys), ENGINES[engine]);
  if (token === null || token.version !== 1) return { check, token: null, compromised };
  const { keyId, event, serial, tier, epoch } = token;
  return { check, token: { key_id: keyId, event, serial, tier, epoch }, compromised };
}

const OPS = {
  async encodeToken({ body, signature }) {
    const text = encodeToken(fromHex(body), bytes(signature));
    return { text, digest: hex(await tokenDigest(parseToken(text).signature)) };
  },
  readToken,
  async countAccepted({ texts, keys, engine }) {
    let accepted = 0;
    for (const text of texts) if ((await readToken({ text, keys, engine })).check === 'ok') accepted += 1;
    return accepted;
  },
  verify: async ({ public: key, signature, message, engine }) =>
    await strict(ENGINES[engine])(bytes(key), bytes(signature), bytes(message)),
  serialLetters: ({ serial }) => serialLetters(serial),
  async foreignCodeDigest({ event, text }) {
    const digest = await foreignCodeDigest(event, text);
    return digest && hex(digest);
  },
  deviceHex: ({ device }) => deviceHex(device),
  serialOf: ({ letters }) => serialOf(letters),
  async encodeFact({ fact }) {
    const laidOut = wire.encodeFact(factOf(fact));
    const hash = await wire.factHash(laidOut);
    return { bytes: hex(laidOut), hash: hex(hash), tag: wire.tagOf(hash) };
  },
  decodeFact: ({ bytes: laidOut }) => factJson(wire.decodeFact(fromHex(laidOut))),
  rowOf: ({ fact, tag, stamp, scanned, backed, after_end: afterEnd }) =>
    wire.rowOf(factOf(fact), tag, { stamp, scanned, backed, afterEnd }),
  headMessage: ({ device, number, hash }) => hex(wire.headMessage(device, number, fromHex(hash))),
  async openEnvelope({ bytes: data, server_key: key }) {
    return base64(await wire.openEnvelope(bytes(data), bytes(key), ENGINES.noble));
  },
  async openSealedList({ sealed, key, device }) {
    const { subtle } = webcrypto;
    const imported = await subtle.importKey('raw', bytes(key), 'AES-GCM', false, ['decrypt']);
    return base64(await openSealedList(bytes(sealed), imported, device));
  },
  decodeSnapshot({ payload }) {
    const { header, tickets, facts, codes, notes } = wire.decodeSnapshot(bytes(payload));
    const { serials, tiers, statuses, epochs, names, emails, orders } = tickets;
    const rows = names.map((name, at) => [
      serials[at], tiers[at], statuses[at], epochs[at], name, emails[at], orders[at],
    ]);
    codes.digests.forEach((digest, at) => rows[codes.places[at]].push(base64(fromHex(digest))));
    notes.texts.forEach((note, at) => {
      const row = rows[notes.places[at]];
      row.push(...(row.length === 7 ? [null, note] : [note]));
    });
    return { header, tickets: rows, facts: Array.from({ length: facts.count }, (_, at) => facts.row(at)) };
  },
  fold: (input) => fold(input),
  foldRows: ({ rows, epoch, rules, voids }) =>
    fold({ facts: rows.map(factOfRow), epoch, rules, voids }),
  voidsOf: ({ rows }) => voidsOf(rows),
  grants: ({ fact, target, supervisor, undo_s: undoS }) =>
    grants({ fact, target, supervisor, undoS }),
  lastOwn: (known) => lastOwn(known),
  mayUndo: (asked) => mayUndo(asked),
  insideCounts({ steps, list }) {
    const count = new InsideCount();
    return steps.map(([serial, state]) => (count.set(serial, state), count.of(list)));
  },
  foldAll: ({ inputs }) => inputs.map((input) => fold(input)),
  decide: (input) => decide(input),
  decideAll: ({ inputs }) => inputs.map((input) => decide(input)),
  decideExit: (input) => decideExit(input),
  decideExitAll: ({ inputs }) => inputs.map((input) => decideExit(input)),
  /** How often the fold looked at times and numbers: its work, whatever the machine. */
  foldWork({ input }) {
    let looks = 0;
    const facts = input.facts.map(({ time, number, ...fact }) =>
      Object.defineProperties(fact, {
        time: { get: () => ((looks += 1), time) },
        number: { get: () => ((looks += 1), number) },
      }),
    );
    fold({ ...input, facts });
    return looks;
  },
  codes: () => CODES,
  flagBits: ({ flags }) => flagBits(flags),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { op, input } = JSON.parse(line);
  let answer;
  try {
    answer = { value: await OPS[op](input) };
  } catch (error) {
    answer = { refused: `${error.name}: ${error.message}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
