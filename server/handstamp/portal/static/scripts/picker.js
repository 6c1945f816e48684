// Choosing tickets: steppers, a total that follows, and what is left while the page can be seen.
// The form works without it: numbers are typed, and a button works out the total.

/** @typedef {{id: string, remaining: number | null, can_buy: number, state: string}} TierLeft */

const EVERY_MS = 10_000;
const LOST_MS = 60_000;

for (const form of document.querySelectorAll('form[data-picker]')) {
  if (form instanceof HTMLFormElement) begin(form);
}

/** @param {HTMLFormElement} form */
function begin(form) {
  for (const plain of form.querySelectorAll('[data-plain]')) plain.remove();
  for (const stepper of form.querySelectorAll('[data-stepper]')) {
    stepper.classList.remove('plain');
    for (const button of stepper.querySelectorAll('button')) button.hidden = false;
  }
  form.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-step]') : null;
    if (button instanceof HTMLButtonElement) step(button);
  });
  form.addEventListener('input', () => show(form));
  form.addEventListener('change', () => {
    for (const field of fields(form)) field.value = String(number(field));
    show(form);
  });
  show(form);
  window.addEventListener('pageshow', () => show(form));
  if (form.querySelector('[role="alert"], [aria-invalid]')) form.scrollIntoView({ block: 'center' });
  if (form.dataset.watch) setTimeout(() => void watch(form), EVERY_MS);
}

/** @param {HTMLFormElement} form */
function fields(form) {
  return [...form.querySelectorAll('[data-stepper] input')].filter((field) => field instanceof HTMLInputElement);
}

/**
 * The number in a field, within what may be bought.
 * @param {HTMLInputElement} field
 */
function number(field) {
  const typed = Number.parseInt(field.value, 10);
  return Number.isNaN(typed) ? 0 : Math.min(Math.max(typed, 0), Number(field.max));
}

/** @param {HTMLButtonElement} button */
function step(button) {
  const field = button.parentElement?.querySelector('input');
  if (!field) return;
  field.value = String(Math.min(Math.max(number(field) + Number(button.dataset.step), 0), Number(field.max)));
  if (field.form) show(field.form);
}

/** @param {HTMLFormElement} form */
function show(form) {
  let total = 0;
  let count = 0;
  for (const field of fields(form)) {
    const chosen = number(field);
    total += chosen * Number(field.dataset.price);
    count += chosen;
    field.closest('[data-tier]')?.classList.toggle('chosen', chosen > 0);
    for (const button of field.parentElement?.querySelectorAll('button') ?? []) {
      button.disabled = button.dataset.step === '1' ? chosen >= Number(field.max) : chosen <= 0;
    }
  }
  const output = form.querySelector('[data-total]');
  const said = money(total, form.dataset.currency ?? 'CAD', Number(form.dataset.digits));
  if (output && output.textContent !== said) output.textContent = said;
  const chosen = fields(form).map(number).join();
  form.dataset.first ??= chosen;
  for (const quote of form.querySelectorAll('[data-quote]')) quote.toggleAttribute('hidden', chosen !== form.dataset.first);
  const hold = form.querySelector('[data-hold]');
  if (hold instanceof HTMLButtonElement) hold.toggleAttribute('data-idle', count === 0);
}

/**
 * @param {number} minor
 * @param {string} currency
 * @param {number} digits
 */
function money(minor, currency, digits) {
  const written = new Intl.NumberFormat(document.documentElement.lang, { style: 'currency', currency, minimumFractionDigits: digits });
  return written.format(minor / 10 ** digits);
}

/** @param {HTMLFormElement} form */
async function watch(form) {
  let wait = EVERY_MS;
  if (!document.hidden) wait = await look(form).then(() => EVERY_MS, () => LOST_MS);
  setTimeout(() => void watch(form), wait);
}

/** @param {HTMLFormElement} form */
async function look(form) {
  const answer = await fetch(form.dataset.watch ?? '', { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(`availability answered ${answer.status}`);
  /** @type {{tiers: TierLeft[]}} */
  const found = await answer.json();
  for (const tier of found.tiers) tell(form, tier);
  show(form);
}

/**
 * Follow what is left of a tier; nothing that somebody chose is taken away silently.
 * @param {HTMLFormElement} form
 * @param {TierLeft} tier
 */
function tell(form, tier) {
  const row = form.querySelector(`[data-tier="${CSS.escape(tier.id)}"]`);
  const field = row?.querySelector('input');
  const note = row?.querySelector('[data-note]');
  if (!field || !(note instanceof HTMLElement)) return;
  const left = tier.remaining === null ? null : tier.remaining + Number(field.dataset.own);
  const most = left === null ? Number(field.dataset.limit) : Math.min(Number(field.dataset.limit), left);
  const gone = tier.state !== 'on_sale' && tier.state !== 'few_left' && !Number(field.dataset.own);
  field.max = String(gone ? 0 : most);
  const few = tier.state === 'few_left' || gone;
  note.dataset.first ??= note.classList.contains('few') ? '' : (note.textContent ?? '');
  const said = gone ? (form.dataset.saySold ?? '') : few && left !== null ? leftText(form, left) : note.dataset.first;
  if (note.textContent !== said) note.textContent = said;
  note.classList.toggle('few', few);
  if (Number(field.value) > Number(field.max)) field.value = field.max;
}

/**
 * @param {HTMLFormElement} form
 * @param {number} left
 */
function leftText(form, left) {
  const text = left === 1 ? form.dataset.sayOne : form.dataset.sayLeft;
  return (text ?? '').replace('{n}', String(left));
}
