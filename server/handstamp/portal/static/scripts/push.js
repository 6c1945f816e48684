// Notices that a ticket has come: turned on and off for this browser. Pages work without it.

const SCOPE = location.pathname.slice(0, location.pathname.indexOf('/tickets/me/')) + '/tickets/me/';
const API = SCOPE.replace(/tickets\/me\/$/, 'api/tickets/me/');
const KEY = `${API}push-key`;
const HERE = `${API}push-subscriptions`;
const WORKER = `${SCOPE}push-worker.js`;

const part = document.querySelector('[data-push]');
const can = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
if (part instanceof HTMLElement && can) void begin(part);

/** @param {HTMLElement} part */
async function begin(part) {
  const known = await navigator.serviceWorker.getRegistration(SCOPE);
  const mine = await known?.pushManager.getSubscription().catch(() => null);
  part.hidden = false;
  show(part, Boolean(mine), '');
  part.querySelector('[data-push-on]')?.addEventListener('click', () => void act(part, turnOn));
  part.querySelector('[data-push-off]')?.addEventListener('click', () => void act(part, turnOff));
}

/**
 * @param {HTMLElement} part
 * @param {boolean} on
 * @param {string} said
 */
function show(part, on, said) {
  part.querySelector('[data-push-on]')?.toggleAttribute('hidden', on);
  part.querySelector('[data-push-off]')?.toggleAttribute('hidden', !on);
  const words = part.querySelector('[data-push-said]');
  if (words) words.textContent = said;
}

/**
 * @param {HTMLElement} part
 * @param {(part: HTMLElement) => Promise<void>} turn
 */
async function act(part, turn) {
  try {
    await turn(part);
  } catch {
    const words = part.querySelector('[data-push-said]');
    if (words) words.textContent = part.dataset.sayFailed ?? '';
  }
}

/** @param {HTMLElement} part */
async function turnOn(part) {
  if ((await Notification.requestPermission()) !== 'granted') {
    show(part, false, part.dataset.sayBlocked ?? '');
    return;
  }
  const answer = await fetch(KEY);
  if (!answer.ok) throw new Error(`the key answered ${answer.status}`);
  const { key } = await answer.json();
  await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
  const worker = await navigator.serviceWorker.ready;
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = made.toJSON();
  await send('POST', { endpoint, keys });
  show(part, true, part.dataset.sayOn ?? '');
}

/** @param {HTMLElement} part */
async function turnOff(part) {
  const worker = await navigator.serviceWorker.getRegistration(SCOPE);
  const mine = await worker?.pushManager.getSubscription();
  if (mine) {
    await send('DELETE', { endpoint: mine.endpoint });
    await mine.unsubscribe();
  }
  show(part, false, part.dataset.sayOff ?? '');
}

/**
 * @param {string} method
 * @param {object} body
 */
async function send(method, body) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(HERE, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`subscribing answered ${answer.status}`);
}
