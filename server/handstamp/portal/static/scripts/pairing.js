// The page with a pairing code: asks every two seconds whether a phone has used it.

const ASK_EVERY_MS = 2000;
const box = document.getElementById('pairing');
const state = document.getElementById('pairing-state');

/** @param {HTMLElement} asked */
async function ask(asked) {
  const body = new URLSearchParams({
    code: asked.dataset.code ?? '',
    csrf_token: asked.dataset.token ?? '',
  });
  const answer = await fetch(asked.dataset.check ?? '', { method: 'POST', body });
  if (!answer.ok) return false;
  const { paired } = await answer.json();
  return Boolean(paired);
}

/** @param {HTMLElement} shown */
function celebrate(shown) {
  shown.classList.add('good');
  shown.querySelector('[data-waiting]')?.setAttribute('hidden', '');
  shown.querySelector('[data-paired]')?.removeAttribute('hidden');
}

/** @param {HTMLElement} asked */
async function watch(asked) {
  const paired = !document.hidden && (await ask(asked).catch(() => false));
  if (paired && state) celebrate(state);
  else setTimeout(() => void watch(asked), ASK_EVERY_MS);
}

if (box) void watch(box);
