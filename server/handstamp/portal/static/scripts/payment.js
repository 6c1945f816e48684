// Stripe's payment form on our page: mounted, confirmed, and what went wrong said beside it.

/**
 * The part of Stripe.js that this page uses.
 * @typedef {{type: string, error?: {message?: string}}} Outcome
 * @typedef {{confirm: () => Promise<Outcome>}} Actions
 * @typedef {{mount: (place: Element) => void, on: (name: string, listener: () => void) => unknown}} PaymentElement
 * @typedef {{createPaymentElement: () => PaymentElement, loadActions: () => Promise<{type: string, actions?: Actions, error?: {message?: string}}>}} Checkout
 * @typedef {{initCheckoutElementsSdk: (options: object) => Checkout}} StripeJs
 * @typedef {(key: string, options?: {stripeAccount: string}) => StripeJs} MakeStripe
 */

const part = document.querySelector('[data-payment]');
if (part instanceof HTMLElement) void begin(part);

/** @param {HTMLElement} part */
async function begin(part) {
  const button = part.querySelector('[data-payment-button]');
  const place = part.querySelector('[data-payment-form]');
  const make = /** @type {{Stripe?: MakeStripe}} */ (/** @type {unknown} */ (window)).Stripe;
  if (!(button instanceof HTMLButtonElement) || !place) return;
  if (!make) return say(part, part.dataset.failed ?? '');
  const account = part.dataset.account;
  const stripe = make(part.dataset.key ?? '', account ? { stripeAccount: account } : undefined);
  const night = matchMedia('(prefers-color-scheme: dark)').matches;
  const checkout = stripe.initCheckoutElementsSdk({
    clientSecret: part.dataset.secret,
    elementsOptions: { appearance: { theme: night ? 'night' : 'stripe' } },
  });
  const element = checkout.createPaymentElement();
  element.mount(place);
  element.on('ready', () => place.removeAttribute('aria-busy'));
  const loaded = await checkout.loadActions();
  const actions = loaded.actions;
  if (!actions) return say(part, loaded.error?.message ?? part.dataset.failed ?? '');
  button.disabled = false;
  button.addEventListener('click', () => void pay(part, button, actions));
}

/**
 * Stripe leads to the order's page when it is paid; otherwise say why it is not.
 * @param {HTMLElement} part
 * @param {HTMLButtonElement} button
 * @param {Actions} actions
 */
async function pay(part, button, actions) {
  button.disabled = true;
  say(part, '');
  const outcome = await actions.confirm().catch(() => ({ type: 'error', error: { message: part.dataset.failed } }));
  if (outcome.type !== 'error') return;
  say(part, outcome.error?.message ?? part.dataset.failed ?? '');
  button.disabled = false;
}

/**
 * @param {HTMLElement} part
 * @param {string} message
 */
function say(part, message) {
  const note = part.querySelector('[data-payment-error]');
  const text = note?.querySelector('p');
  if (!note || !text) return;
  text.textContent = message;
  note.toggleAttribute('hidden', !message);
}
