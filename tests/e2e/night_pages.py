"""Scripts of the long night: a clock that is moved, and counts of what the page does and keeps."""

# Date alone is moved: `performance.now()` goes on, as on a phone that slept.
MOVED_CLOCK = """
(() => {
  const Real = Date;
  window.movedMs = 0;
  const now = () => Real.now() + window.movedMs;
  window.Date = class extends Real {
    constructor(...parts) { if (parts.length) super(...parts); else super(now()); }
    static now() { return now(); }
  };
})();
"""

# Calls to the disk and to the cipher, and bytes put, by name.
COUNTED_WORK = """
(() => {
  const work = window.work = {calls: {}, bytes: 0};
  const sizeOf = (value) => {
    if (typeof value === 'string') return value.length;
    if (value instanceof ArrayBuffer) return value.byteLength;
    if (ArrayBuffer.isView(value)) return value.byteLength;
    if (!value || typeof value !== 'object' || value instanceof CryptoKey) return 8;
    return Object.values(value).reduce((sum, one) => sum + sizeOf(one), 0);
  };
  const count = (owner, kind, names) => {
    for (const name of names) {
      const plain = owner[name];
      owner[name] = function (...given) {
        const where = kind || this.name;
        work.calls[`${where}.${name}`] = (work.calls[`${where}.${name}`] ?? 0) + 1;
        if (name === 'put' || name === 'add') work.bytes += sizeOf(given[0]);
        return plain.apply(this, given);
      };
    }
  };
  count(IDBObjectStore.prototype, '',
    ['get', 'getKey', 'getAll', 'put', 'add', 'delete', 'openCursor', 'openKeyCursor', 'count']);
  count(SubtleCrypto.prototype, 'crypto', ['digest', 'sign', 'verify', 'encrypt', 'decrypt']);
  window.startCounting = () => { work.calls = {}; work.bytes = 0; };
})();
"""

SCANS = """
async (app, texts) => {
  const verdicts = {};
  for (const text of texts) {
    const light = await app.door.scanText(text, 'wedge');
    app.door.painted(light);
    verdicts[light.verdict] = (verdicts[light.verdict] ?? 0) + 1;
  }
  return verdicts;
}
"""

# The app goes to the background and comes back, as its pages hear of it.
HIDDEN = """
(app, hidden) => {
  Object.defineProperty(document, 'visibilityState',
    {configurable: true, get: () => hidden ? 'hidden' : 'visible'});
  Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event('visibilitychange'));
}
"""

LOSE_CAMERA = """
(app) => {
  const [track] = document.querySelector('.scan-video').srcObject.getVideoTracks();
  track.stop();
  track.dispatchEvent(new Event('ended'));
}
"""

OPEN_CAMERA = """
(app) => app.scanner.start(document.querySelector('.scan-video'), app.door)
"""
