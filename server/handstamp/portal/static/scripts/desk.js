// Comfort on every organizer page: dialogs, copying, narrowing a list. Pages work without it.

/** Open dialogs from their buttons, close them, and give the focus back. */
document.addEventListener('click', (event) => {
  const target = event.target instanceof Element ? event.target.closest('[data-opens], [data-closes], [data-copies], [data-prints]') : null;
  if (!(target instanceof HTMLElement)) return;
  if (target.dataset.opens) openDialog(target.dataset.opens);
  if (target.hasAttribute('data-closes')) target.closest('dialog')?.close();
  if (target.dataset.copies) void copy(target, target.dataset.copies);
  if (target.hasAttribute('data-prints')) window.print();
});

/** @param {string} id */
function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
}

/**
 * @param {HTMLElement} button
 * @param {string} id
 */
async function copy(button, id) {
  const text = document.getElementById(id)?.textContent ?? '';
  await navigator.clipboard.writeText(text.trim());
  button.textContent = button.dataset.done ?? button.textContent;
}

/** A form is sent once, however often its button is pressed. */
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== 'post' || form.hasAttribute('data-stays')) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'yes';
});
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) form.removeAttribute('data-sent');
});

for (const field of document.querySelectorAll('input[data-narrows]')) {
  if (!(field instanceof HTMLInputElement)) continue;
  field.addEventListener('input', () => narrow(field));
}

/** @param {HTMLInputElement} field */
function narrow(field) {
  const wanted = field.value.trim().toLocaleLowerCase();
  const rows = document.querySelectorAll(`#${field.dataset.narrows} tbody tr`);
  for (const row of rows) {
    row.toggleAttribute('hidden', !(row.textContent ?? '').toLocaleLowerCase().includes(wanted));
  }
}

for (const tab of document.querySelectorAll('.side-tabs [aria-current]')) {
  tab.scrollIntoView({ block: 'nearest', inline: 'center' });
}

const remembered = document.cookie.includes('hs_zone=');
if (!remembered) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const ours = location.pathname.slice(0, location.pathname.indexOf('/tickets')) + '/tickets';
  document.cookie = `hs_zone=${zone};path=${ours};max-age=31536000;samesite=lax`;
}
