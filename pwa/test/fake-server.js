/** A server for tests behind the transport's interface: keeps logs as bytes, can lose answers. */

import { decodeFact, factHash, headMessage, tagOf } from '../src/core/wire.js';
import { fromBase64, toBase64 } from '../src/data/base64.js';
import { verify } from '../src/data/ed25519.js';
import { RELEASE } from './lists.js';
import { Refused, Unreachable } from '../src/sync/transport.js';

const NONE = new Uint8Array(32);

export class FakeServer {
  constructor(publicKey) {
    this.publicKey = publicKey;
    this.now = 2_000_000;
    /** @type {{hash: Uint8Array, stamp: number}[]} */
    this.log = [];
    this.standing = 'active';
    this.known = true;
    this.changes = [];
    this.reset = false;
    this.loseAnswers = 0;
    this.down = false;
    this.requests = [];
    this.snapshot = null;
    this.sealed = null;
    this.release = RELEASE;
    this.downloads = [];
  }

  async post(_path, body, { credential }) {
    if (this.down) throw new Unreachable('down');
    this.requests.push({ ...structuredClone(body), credential });
    if (!this.known && body.certificates.length > 0) this.known = true;
    if (!this.known && credential) throw new Refused(401, 'not_paired', 'Pair this device first.');
    const acks = [];
    for (const part of body.logs) acks.push(await this.#take(part));
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      throw new Unreachable('lost');
    }
    const open = this.standing === 'active' && body.cursor !== null;
    const reset = open && this.reset;
    const changes = open && !reset ? (this.changes.shift() ?? null) : null;
    const answer = {
      protocol: 1, server_time: this.now, standing: this.standing, acks, reset, changes,
      release: this.standing === 'active' ? this.release : null,
    };
    return { status: 200, body: answer, sent: 1_000, received: 1_000 };
  }

  async download(path) {
    this.downloads.push(path);
    if (path.endsWith('/sealed')) return this.sealed;
    this.reset = false;
    return this.snapshot;
  }

  async #take(part) {
    const ack = (more = {}) => ({
      device: part.device, to: this.log.length, hash: toBase64(this.log.at(-1)?.hash ?? NONE),
      stamps: [], fork: false, ...more,
    });
    if (!this.known) return ack({ error: 'unknown_device' });
    if (part.facts.length === 0 || part.from > this.log.length + 1) return ack();
    const stamps = [];
    for (const [place, text] of part.facts.entries()) {
      const bytes = fromBase64(text);
      const hash = await factHash(bytes);
      const number = part.from + place;
      const { number: written } = decodeFact(bytes);
      if (written !== number) return ack({ error: 'broken_chain' });
      const held = this.log[number - 1];
      if (held && tagOf(held.hash) !== tagOf(hash)) return ack({ fork: true });
      if (!held) this.log.push({ hash, stamp: this.now });
      stamps.push([number, tagOf(hash), this.log[number - 1].stamp]);
    }
    const last = this.log[part.from + part.facts.length - 2].hash;
    const message = headMessage(part.device, part.from + part.facts.length - 1, last);
    if (!(await verify(this.publicKey, fromBase64(part.signature), message))) {
      return ack({ error: 'bad_signature' });
    }
    return ack({ stamps });
  }
}
