// Uploading tickets from elsewhere: dropped, looked at while it is read, checked, put right, committed.
// The file stays in this page; it is sent once to be checked and once to be stored.

import { lookAt } from './pool-rows.js';

const START_BYTES = 65_536;

const form = document.querySelector('form[data-pool-form]');
if (form instanceof HTMLFormElement) begin(form);

/** The file's bytes, read once: what was checked is what is stored. @type {File | null} */
let held = null;

/** @param {HTMLFormElement} chooser */
function begin(chooser) {
  const field = chooser.querySelector('input[type="file"]');
  const drop = chooser.querySelector('.drop');
  if (!(field instanceof HTMLInputElement) || !drop) return;
  field.addEventListener('change', () => void take(chooser, field.files?.[0]));
  chooser.addEventListener('submit', (event) => {
    event.preventDefault();
    void take(chooser, field.files?.[0]);
  });
  for (const kind of ['dragenter', 'dragover']) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
  }
  for (const kind of ['dragover', 'drop']) {
    document.addEventListener(kind, (event) => event.preventDefault()); // else a miss leaves the page
  }
  for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    if (!(event instanceof DragEvent) || !event.dataTransfer?.files.length) return;
    field.files = event.dataTransfer.files;
    void take(chooser, field.files[0]);
  });
}

/**
 * @param {HTMLFormElement} chooser
 * @param {File | undefined} file
 */
async function take(chooser, file) {
  if (!file) return;
  wrong(chooser, '');
  document.querySelector('[data-report]')?.replaceChildren();
  preview(chooser, null);
  if (file.size > Number(chooser.dataset.most)) {
    wrong(chooser, chooser.dataset.sayLarge);
    return;
  }
  held = await read(chooser, file).catch(() => null);
  if (!held) wrong(chooser, chooser.dataset.sayUnreadable);
  else await send(chooser, chooser, chooser.querySelector('button'));
}

/**
 * Read the file bit by bit, and show its first rows as soon as they are there.
 * @param {HTMLFormElement} chooser
 * @param {File} file
 */
async function read(chooser, file) {
  const reader = file.stream().getReader();
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  let [size, shown] = [0, false];
  for (;;) {
    const { done, value } = await reader.read();
    if (value) {
      parts.push(value);
      size += value.length;
    }
    if (!shown && (done || size >= START_BYTES)) {
      shown = true;
      const start = new Uint8Array(await new Blob(parts).slice(0, START_BYTES).arrayBuffer());
      preview(chooser, lookAt(start, done && size <= START_BYTES, Number(chooser.dataset.rows)));
    }
    if (done) return new File(parts, file.name, { type: 'text/csv' });
  }
}

/**
 * @param {HTMLFormElement} chooser
 * @param {import('./pool-rows.js').Look | null} look
 */
function preview(chooser, look) {
  const section = document.querySelector('[data-preview]');
  section?.toggleAttribute('hidden', !look?.known || !look.rows.length);
  section?.querySelector('[data-code-head]')?.toggleAttribute('hidden', !look?.withCode);
  const rows = look?.known ? look.rows.map((row) => tableRow(chooser, row, look.withCode ? 5 : 4)) : [];
  section?.querySelector('tbody')?.replaceChildren(...rows);
}

/**
 * A row with its password and code hidden; of one with too many cells nothing is shown.
 * @param {HTMLFormElement} chooser
 * @param {import('./pool-rows.js').Row} row
 * @param {number} width
 */
function tableRow(chooser, row, width) {
  const shown = document.createElement('tr');
  shown.insertCell().textContent = String(row.line);
  if (row.cells.length !== width) {
    const cell = shown.insertCell();
    cell.colSpan = width;
    cell.textContent = chooser.dataset.sayHiddenRow ?? '';
    return shown;
  }
  row.cells.forEach((text, place) => {
    shown.insertCell().textContent = place > 2 && text ? (chooser.dataset.mask ?? '') : text;
  });
  return shown;
}

/**
 * @param {HTMLFormElement} chooser
 * @param {HTMLFormElement} from the form whose fields go with the file
 * @param {HTMLElement | null} button
 */
async function send(chooser, from, button) {
  if (!held || document.querySelector('form[data-busy]')) return;
  wrong(chooser, '');
  const data = new FormData(from, button);
  data.set('file', held, held.name);
  busy(from, true);
  const answer = await post(chooser, data);
  busy(from, false);
  progress(chooser, null);
  if (!answer) {
    wrong(chooser, chooser.dataset.sayLost);
    button?.focus();
    return;
  }
  if (new URL(answer.responseURL).pathname !== new URL(chooser.action).pathname) {
    location.assign(answer.responseURL);
    return;
  }
  show(chooser, new DOMParser().parseFromString(answer.responseText, 'text/html'));
}

/**
 * What is decided while an answer is on its way would be lost with the old report.
 * @param {HTMLFormElement} from
 * @param {boolean} now
 */
function busy(from, now) {
  from.toggleAttribute('data-busy', now);
  for (const part of document.querySelectorAll('.drop, [data-report]')) part.toggleAttribute('inert', now);
}

/**
 * @param {HTMLFormElement} chooser
 * @param {FormData} data
 * @returns {Promise<XMLHttpRequest | null>}
 */
function post(chooser, data) {
  const request = new XMLHttpRequest();
  const after = data.get('do') === 'commit' ? chooser.dataset.sayStoring : chooser.dataset.sayChecking;
  return new Promise((done) => {
    request.upload.addEventListener('progress', (event) => progress(chooser, event.loaded / event.total, after));
    request.upload.addEventListener('load', () => progress(chooser, 1, after));
    request.addEventListener('load', () => done(request));
    request.addEventListener('error', () => done(null));
    request.open('POST', chooser.action);
    progress(chooser, 0);
    request.send(data);
  });
}

/**
 * @param {HTMLFormElement} chooser
 * @param {number | null} part of what is sent; null when nothing is on its way
 * @param {string} [after] what is said when all of it is sent
 */
function progress(chooser, part, after = '') {
  const line = chooser.querySelector('[data-sending]');
  const bar = line?.querySelector('progress');
  const said = line?.querySelector('[data-sent]');
  line?.toggleAttribute('hidden', part === null);
  if (!bar || !said || part === null) return;
  const percent = Math.floor(part * 100);
  if (part < 1) bar.value = percent;
  else bar.removeAttribute('value');
  said.textContent = part < 1 ? (chooser.dataset.saySending ?? '').replace('{part}', `${percent} %`) : after;
}

/**
 * Put the server's report, or what it says is wrong, into this page.
 * @param {HTMLFormElement} chooser
 * @param {Document} page
 */
function show(chooser, page) {
  const report = page.querySelector('[data-report]');
  const said = page.querySelector('[data-wrong]:not([hidden])')?.textContent?.trim();
  if (!report) {
    wrong(chooser, page.querySelector('h1 + p')?.textContent ?? chooser.dataset.sayFailed);
    return;
  }
  preview(chooser, null);
  document.querySelector('[data-report]')?.replaceWith(document.importNode(report, true));
  wrong(chooser, said);
  chooser.querySelector('.drop')?.classList.toggle('small-drop', report.childElementCount > 0);
  for (const help of document.querySelectorAll('.import-help')) help.toggleAttribute('hidden', report.childElementCount > 0);
  for (const again of document.querySelectorAll('[data-again]')) again.remove();
  const next = document.querySelector('form[data-report-form]');
  if (!(next instanceof HTMLFormElement)) return;
  next.addEventListener('submit', (event) => {
    event.preventDefault();
    void send(chooser, next, event.submitter);
  });
  const title = next.querySelector('[data-report-title]');
  if (title instanceof HTMLElement && !said) title.focus();
}

/**
 * @param {HTMLFormElement} chooser
 * @param {string} [text]
 */
function wrong(chooser, text = '') {
  const note = chooser.querySelector('[data-wrong]');
  const words = note?.querySelector('p');
  if (words) words.textContent = text;
  note?.toggleAttribute('hidden', !text);
  if (text) note?.scrollIntoView({ block: 'center' });
}
