/** The only file that talks to the server: requests with time limits, and the live socket. */

/** @typedef {{status: number, body: unknown, sent: number, received: number}} Answer */

const SHORT_MS = 10_000;
const LONG_MS = 90_000;
const ZIP_FROM = 2_000;

/** No answer: no network, no server, or too slow. */
export class Unreachable extends Error {
  name = 'Unreachable';
}

/** The server answered and refused. `detail` is in plain words. */
export class Refused extends Error {
  name = 'Refused';
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} detail
   */
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** The language in which the server is to answer; empty: as the browser asks. */
let spoken = '';

/**
 * Have the server answer in a language from now on.
 * @param {string} language
 */
export function askIn(language) {
  spoken = language;
}

/**
 * The texts of a language, from this build's cache; there is no second attempt.
 * @param {string} page where the app lies, with its last slash
 * @param {string} language
 */
export async function loadTexts(page, language) {
  const answer = await fetch(`${page}locales/${language}.json`);
  if (!answer.ok) throw new Unreachable(`no texts: ${answer.status}`);
  return answer.json();
}

export class Transport {
  /** @param {string} root where `/api/tickets` begins, without a slash at the end */
  constructor(root) {
    this.root = root;
  }

  /**
   * @param {string} path below /api/tickets
   * @param {unknown} body
   * @param {{credential?: string | null, long?: boolean, limit?: number, zip?: boolean}} options
   *   `zip` false: this address reads plain bodies alone
   * @returns {Promise<Answer>}
   * @throws {Unreachable | Refused}
   */
  async post(path, body, { credential = null, long = false, limit = 0, zip = true } = {}) {
    const text = JSON.stringify(body);
    /** @type {Record<string, string>} */
    const headers = { 'Content-Type': 'application/json', ...bearer(credential) };
    /** @type {BodyInit} */
    let content = text;
    if (zip && text.length > ZIP_FROM && 'CompressionStream' in globalThis) {
      content = await gzip(text);
      headers['Content-Encoding'] = 'gzip';
    }
    const options = { method: 'POST', headers, body: content };
    return this.#json(await this.#ask(path, options, limit || (long ? LONG_MS : SHORT_MS)));
  }

  /**
   * @param {string} path
   * @returns {Promise<Answer>}
   * @throws {Unreachable | Refused}
   */
  async get(path) {
    return this.#json(await this.#ask(path, {}, SHORT_MS));
  }

  /**
   * Download bytes; the browser unpacks the content encoding.
   * @param {string} path
   * @param {string} credential
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   * @throws {Unreachable | Refused}
   */
  async download(path, credential) {
    const asked = await this.#ask(path, { headers: bearer(credential) }, LONG_MS);
    if (!asked.response.ok) throw await refusal(asked.response);
    try {
      return new Uint8Array(await asked.response.arrayBuffer());
    } catch (error) {
      throw new Unreachable(String(error));
    } finally {
      asked.settle();
    }
  }

  /**
   * Open the live socket; the credential is its first message, never in an address.
   * @param {string} credential
   * @returns {WebSocket}
   */
  openSocket(credential) {
    const address = new URL(`${this.root}/api/tickets/checkin/live`, location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
    socket.addEventListener('open', () => socket.send(JSON.stringify({ credential })));
    return socket;
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   * @param {number} limit ms, over the whole answer
   */
  async #ask(path, options, limit) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), limit);
    const settle = () => clearTimeout(timer);
    const sent = Date.now();
    try {
      const response = await fetch(`${this.root}/api/tickets${path}`, {
        ...options,
        headers: spoken ? { ...options.headers, 'Accept-Language': spoken } : options.headers,
        signal: stop.signal,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
      });
      return { response, sent, received: Date.now(), settle };
    } catch (error) {
      settle();
      throw new Unreachable(String(error));
    }
  }

  /**
   * @param {{response: Response, sent: number, received: number, settle: () => void}} asked
   * @returns {Promise<Answer>}
   */
  async #json({ response, sent, received, settle }) {
    try {
      if (!response.ok) throw await refusal(response);
      return { status: response.status, body: await response.json(), sent, received };
    } catch (error) {
      if (error instanceof Refused) throw error;
      throw new Unreachable(String(error)); // cut off, or a captive portal's page
    } finally {
      settle();
    }
  }
}

/** @param {string | null} credential @returns {Record<string, string>} */
function bearer(credential) {
  return credential ? { Authorization: `Bearer ${credential}` } : {};
}

/** @param {Response} response @returns {Promise<Refused | Unreachable>} */
async function refusal(response) {
  const type = response.headers.get('Content-Type') ?? '';
  if (!type.includes('problem+json')) return new Unreachable(`status ${response.status}`);
  try {
    const problem = await response.json();
    return new Refused(response.status, String(problem.code ?? ''), String(problem.detail ?? ''));
  } catch (error) {
    return new Unreachable(String(error));
  }
}

/** @param {string} text @returns {Promise<ArrayBuffer>} */
function gzip(text) {
  const zipped = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Response(zipped).arrayBuffer();
}
