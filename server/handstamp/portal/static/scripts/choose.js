// Choosing rows to decide: all of a page, how many and for how much, and the question in a dialog.

const form = document.querySelector('form[data-choose]');
if (form instanceof HTMLFormElement) watch(form);

/** @param {HTMLFormElement} form */
function watch(form) {
  const boxes = [...form.querySelectorAll('input[name="id"]')].filter((box) => box instanceof HTMLInputElement);
  const all = form.querySelector('[data-all-box]');
  const everything = form.querySelector('[data-everything]');
  form.querySelector('[data-all]')?.toggleAttribute('hidden', boxes.length === 0);
  if (all instanceof HTMLInputElement) {
    all.addEventListener('change', () => {
      for (const box of boxes) box.checked = all.checked;
    });
  }
  form.addEventListener('change', () => tell(form, boxes, all, everything));
  form.addEventListener('submit', (event) => {
    if (event.submitter?.hasAttribute('data-plain')) return;
    event.preventDefault();
    if (event.submitter instanceof HTMLButtonElement) void ask(form, event.submitter);
  });
  tell(form, boxes, all, everything);
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement[]} boxes
 * @param {Element | null} all
 * @param {Element | null} everything
 */
function tell(form, boxes, all, everything) {
  const chosen = boxes.filter((box) => box.checked);
  const whole = everything instanceof HTMLInputElement && everything.checked;
  for (const box of boxes) box.disabled = whole;
  if (all instanceof HTMLInputElement) {
    all.checked = chosen.length > 0 && chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    all.disabled = whole;
  }
  const said = form.querySelector('[data-chosen]');
  if (said) said.textContent = whole ? '' : inWords(form, chosen);
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement[]} chosen
 */
function inWords(form, chosen) {
  if (!chosen.length) return form.dataset.sayNone ?? '';
  const minor = chosen.reduce((sum, box) => sum + Number(box.dataset.sum), 0);
  const currency = form.dataset.currency ?? 'CAD';
  const format = new Intl.NumberFormat(document.documentElement.lang, { style: 'currency', currency });
  const sum = format.format(minor / 10 ** Number(form.dataset.digits));
  const text = (chosen.length === 1 ? form.dataset.sayOne : form.dataset.saySome) ?? '';
  return text.replace('{n}', String(chosen.length)).replace('{sum}', sum);
}

/**
 * Have the server ask, with its own sums, and show its question in the dialog.
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 */
async function ask(form, button) {
  const dialog = document.getElementById('sure');
  const answer = await fetch(form.action, { method: 'POST', body: new FormData(form, button) }).catch(() => null);
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null;
  const question = page?.querySelector('[data-ask]');
  if (!(dialog instanceof HTMLDialogElement) || !question) {
    location.reload();
    return;
  }
  dialog.replaceChildren(document.importNode(question, true));
  dialog.querySelector('[data-closes]')?.addEventListener('click', (event) => event.preventDefault());
  dialog.showModal();
  dialog.addEventListener('close', () => button.focus(), { once: true });
}
