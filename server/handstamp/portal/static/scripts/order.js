// An order that waits: time left, whether it is paid, slips in an e-mail address. Pages work without it.

const ASK_MS = 2500;
const ASK_LESS_MS = 8000;
const SLOW_AFTER = 8;
const MINUTE_MS = 60_000;

/** @typedef {{shown: string, pending: boolean, unpaid: boolean, left_ms: number}} Standing */

/**
 * @param {string} address
 * @returns {Promise<Standing>}
 */
async function standing(address) {
  const answer = await fetch(address, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(`the order answered ${answer.status}`);
  return answer.json();
}

for (const part of document.querySelectorAll('[data-waits]')) {
  if (part instanceof HTMLElement) void wait(part, 0);
}

/**
 * Ask until there is something else to show, less often when it takes long.
 * @param {HTMLElement} part
 * @param {number} tries
 */
async function wait(part, tries) {
  await new Promise((done) => setTimeout(done, tries < SLOW_AFTER ? ASK_MS : ASK_LESS_MS));
  if (!document.hidden) {
    const found = await standing(part.dataset.waits ?? '').catch(() => null);
    if (found && (found.unpaid || found.shown !== part.dataset.shown)) {
      location.replace(location.pathname);
      return;
    }
    if (tries === SLOW_AFTER) for (const note of part.querySelectorAll('[data-slow]')) note.removeAttribute('hidden');
  }
  void wait(part, document.hidden ? tries : tries + 1);
}

for (const hold of document.querySelectorAll('[data-hold-until]')) {
  if (hold instanceof HTMLElement) countDown(hold);
}

/**
 * Count down by the server's clock: what the reader's own says does not matter.
 * @param {HTMLElement} hold
 */
function countDown(hold) {
  const ends = performance.now() + Number(hold.dataset.holdUntil) - Number(hold.dataset.now);
  for (const plain of hold.querySelectorAll('[data-plain]')) plain.remove();
  let said = -1;
  const tick = () => {
    const left = Math.max(0, ends - performance.now());
    showClock(hold, left);
    const minutes = Math.ceil(left / MINUTE_MS);
    if (minutes !== said && (minutes <= 2 || minutes % 5 === 0)) announce(hold, minutes);
    said = minutes;
    if (left > 0) setTimeout(tick, left % 1000 || 1000);
    else void over(hold);
  };
  tick();
}

/**
 * @param {HTMLElement} hold
 * @param {number} left
 */
function showClock(hold, left) {
  const seconds = Math.ceil(left / 1000);
  const clock = hold.querySelector('[data-clock]');
  if (clock) clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  hold.classList.toggle('short', left > 0 && left <= 2 * MINUTE_MS);
}

/**
 * @param {HTMLElement} hold
 * @param {number} minutes
 */
function announce(hold, minutes) {
  const said = hold.querySelector('[data-hold-said]');
  if (!said || minutes <= 0) return;
  const time = (minutes === 1 ? hold.dataset.sayMinute : hold.dataset.sayMinutes)?.replace('{n}', String(minutes));
  said.textContent = (hold.dataset.sayLeft ?? '').replace('{time}', time ?? '');
}

/**
 * Say that the time is up; reload once the server says so too.
 * @param {HTMLElement} hold
 */
async function over(hold) {
  hold.classList.remove('short');
  hold.classList.add('over');
  for (const name of ['[data-hold-text]', '[data-hold-said]']) {
    const part = hold.querySelector(name);
    if (part) part.textContent = hold.dataset.sayOver ?? '';
  }
  for (;;) {
    await new Promise((done) => setTimeout(done, ASK_MS));
    const found = await standing(hold.dataset.status ?? '').catch(() => null);
    if (found && !found.pending) break;
  }
  location.replace(location.pathname);
}

const field = document.querySelector('input[data-domains]');
if (field instanceof HTMLInputElement) field.addEventListener('change', () => hint(field));

/** @param {HTMLInputElement} field */
function hint(field) {
  document.getElementById('email-meant')?.remove();
  const [name, domain] = field.value.trim().toLowerCase().split('@');
  const known = (field.dataset.domains ?? '').split(' ');
  if (!name || !domain || known.includes(domain) || (field.dataset.right ?? '').split(' ').includes(domain)) return;
  const near = known.find((one) => isSlip(domain, one));
  if (near) offer(field, `${field.value.trim().split('@')[0]}@${near}`);
}

/**
 * Whether one letter is wrong, missing or too many, or two have changed places; as the server asks.
 * @param {string} typed
 * @param {string} known
 */
function isSlip(typed, known) {
  if (Math.abs(typed.length - known.length) > 1 || known.length < 6) return false;
  let start = 0;
  while (start < Math.min(typed.length, known.length) && typed[start] === known[start]) start += 1;
  const [a, b] = [typed.slice(start), known.slice(start)];
  const swapped = a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
  return a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1) || swapped;
}

/**
 * @param {HTMLInputElement} field
 * @param {string} address
 */
function offer(field, address) {
  const line = document.createElement('div');
  line.id = 'email-meant';
  line.className = 'typo';
  line.setAttribute('role', 'status');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'link-button';
  button.textContent = (field.dataset.say ?? '{address}').replace('{address}', address);
  button.addEventListener('click', () => {
    field.value = address;
    line.remove();
    field.focus();
  });
  line.append(button);
  field.parentElement?.append(line);
}
