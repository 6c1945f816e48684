/** The app's shell on the phone: one cache per build, swapped by a tap; it never touches data. */

/* global HANDSTAMP_BUILD */
importScripts('precache.js');

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const PREFIX = 'handstamp-shell-';
const BUILD = /** @type {{id: string, files: Record<string, string>}} */ (
  /** @type {{HANDSTAMP_BUILD?: unknown}} */ (/** @type {unknown} */ (self)).HANDSTAMP_BUILD
);
const CACHE = PREFIX + BUILD.id;
const SCOPE = new URL('./', worker.location.href);
const PAGE = 'index.html';
const AT_ONCE = 6;

worker.addEventListener('install', (event) => event.waitUntil(fill()));

worker.addEventListener('activate', (event) => event.waitUntil(dropOthers()));

worker.addEventListener('message', (event) => {
  if (event.data?.type === 'swap') event.waitUntil(worker.skipWaiting());
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const ours = url.origin === SCOPE.origin && url.pathname.startsWith(SCOPE.pathname);
  if (request.method === 'GET' && ours) event.respondWith(answer(request, url));
});

/** Put every file of this build in its cache, each checked against its hash. */
async function fill() {
  const cache = await caches.open(CACHE);
  const waiting = Object.entries(BUILD.files);
  const take = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [path, hash] = next;
      const request = new Request(new URL(path, SCOPE), {
        cache: 'no-cache',
        integrity: `sha256-${btoa(String.fromCharCode(...bytesOf(hash)))}`,
      });
      const response = await fetch(request);
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      await cache.put(new URL(path, SCOPE), response);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  const listing = new Response(`self.HANDSTAMP_BUILD = ${JSON.stringify(BUILD)};\n`, {
    headers: { 'Content-Type': 'text/javascript' },
  });
  await cache.put(new URL('precache.js', SCOPE), listing);
}

async function dropOthers() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
}

/**
 * From this build's cache first; every page address under the scope is the one page.
 * @param {Request} request
 * @param {URL} url
 */
async function answer(request, url) {
  const cache = await caches.open(CACHE);
  const wanted = request.mode === 'navigate' ? new URL(PAGE, SCOPE) : new URL(url.pathname, url);
  return (await cache.match(wanted)) ?? fetch(request);
}

/** @param {string} hex */
function bytesOf(hex) {
  return (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
}
