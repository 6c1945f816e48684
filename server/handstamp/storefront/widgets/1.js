// The widget, version 1: "Buy tickets" on a page of another site; nothing at all when we are away.
// A version that was released never changes, so that sites may pin it by its hash.

(() => {
  const PATIENCE_MS = 8000;
  const STYLE = `
    :host { display: block; }
    [part~="list"] { list-style: none; margin: 0; padding: 0; }
    [part~="item"] { margin: 0 0 .75em; display: flex; flex-wrap: wrap; gap: .25em 1em; align-items: center; }
    [part~="when"] { opacity: .8; }
    [part~="button"] { display: inline-block; box-sizing: border-box; max-width: 100%; min-height: 2.75em;
      padding: .7em 1.2em; border-radius: var(--handstamp-radius, .5em); line-height: 1.35; font-weight: 600;
      text-decoration: none; overflow-wrap: anywhere;
      background: var(--handstamp-color, var(--own-color, #4a2fae)); color: var(--handstamp-ink, var(--own-ink, #fff)); }
    [part~="button"]:hover { text-decoration: underline; }
    [part~="button"]:focus-visible { outline: 3px solid currentColor; outline-offset: 2px;
      box-shadow: 0 0 0 2px var(--handstamp-color, var(--own-color, #4a2fae)); }
    [part~="note"] { color: inherit; }
    .for-readers { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (forced-colors: active) { [part~="button"] { border: 1px solid; } }
  `;

  const script = document.currentScript;
  if (!(script instanceof HTMLScriptElement)) return;
  const { event, organizer, label, into } = script.dataset;
  const base = script.src.split('/tickets/widget')[0];
  if (!event && !organizer) return;

  /**
   * @typedef {object} Offer
   * @property {string} path
   * @property {string} title
   * @property {string} when
   * @property {string} label
   * @property {boolean} buyable
   * @property {string} color
   * @property {string} ink
   */

  /** @returns {Promise<Offer[]>} */
  async function ask() {
    const query = new URLSearchParams(event ? { event } : { organizer: organizer ?? '' });
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
    try {
      const answer = await fetch(`${base}/api/tickets/widget?${query}`, {
        credentials: 'omit',
        signal: stop.signal,
      });
      return answer.ok ? (await answer.json()).offers : [];
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {string} tag
   * @param {string} part
   * @param {string} [text]
   */
  function make(tag, part, text = '') {
    const element = document.createElement(tag);
    element.setAttribute('part', part);
    element.textContent = text;
    return element;
  }

  /** @param {Offer} offer @param {boolean} alone */
  function link(offer, alone) {
    const anchor = make('a', offer.buyable ? 'button' : 'note', (offer.buyable && label) || offer.label);
    const rest = document.createElement('span');
    rest.className = 'for-readers';
    rest.textContent = `– ${offer.title}`;
    anchor.append(rest);
    anchor.setAttribute('href', base + offer.path);
    anchor.setAttribute('target', '_top');
    if (alone) return anchor;
    const item = make('li', 'item');
    item.append(make('span', 'title', offer.title), make('span', 'when', offer.when), anchor);
    return item;
  }

  /** @param {Offer[]} offers */
  function show(offers) {
    if (!offers.length) return;
    const host = document.createElement('div');
    host.className = 'handstamp-widget';
    const root = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    const { color, ink } = offers[0];
    const own = color ? `:host { --own-color: ${color}; --own-ink: ${ink}; }` : '';
    sheet.replaceSync(STYLE + own);
    root.adoptedStyleSheets = [sheet];
    const list = event ? root : make('ul', 'list');
    list.append(...offers.map((offer) => link(offer, Boolean(event))));
    if (list !== root) root.append(list);
    const place = into ? document.getElementById(into) : null;
    if (place) place.append(host);
    else if (!into && script?.parentElement && script.parentElement !== document.head) script.after(host);
  }

  const ready = new Promise((resolve) => {
    if (document.readyState !== 'loading') resolve(undefined);
    else document.addEventListener('DOMContentLoaded', resolve, { once: true });
  });
  Promise.all([ask(), ready]).then(([offers]) => show(offers)).catch(() => undefined);
})();
