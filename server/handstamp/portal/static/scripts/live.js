// A part of a page that stays current: fetched anew every few seconds while it can be seen.

const RETRY_MS = 5000;

/** @param {HTMLElement} part */
async function refresh(part) {
  const answer = await fetch(part.dataset.live ?? '', { headers: { Accept: 'text/html' } });
  if (!answer.ok || answer.redirected) throw new Error(`the board answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').body;
  if (fresh.innerHTML === part.innerHTML) return;
  const focused = document.activeElement?.id;
  const open = [...part.querySelectorAll('details[open][id]')].map((one) => one.id);
  part.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.toggleAttribute('open', true);
  if (focused) document.getElementById(focused)?.focus();
}

/**
 * @param {HTMLElement} part
 * @param {boolean} lost
 */
function say(part, lost) {
  for (const note of document.querySelectorAll('[data-live-lost]')) note.toggleAttribute('hidden', !lost);
  part.toggleAttribute('data-stale', lost);
}

/** @param {HTMLElement} part */
async function keep(part) {
  let lost = false;
  if (!document.hidden) {
    lost = await refresh(part).then(() => false, () => true);
    say(part, lost);
  }
  setTimeout(() => void keep(part), lost ? RETRY_MS : Number(part.dataset.every ?? 2000));
}

for (const part of document.querySelectorAll('[data-live]')) {
  if (part instanceof HTMLElement) setTimeout(() => void keep(part), Number(part.dataset.every ?? 2000));
}
