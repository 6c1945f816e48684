// Giving tickets by hand: dragging one onto a member fills the page's form and sends it; a way back
// that is offered for a short time.

const form = document.querySelector('form[data-give]');
const KIND = 'application/x-handstamp-ticket';
if (form instanceof HTMLFormElement) watch(form);
for (const back of document.querySelectorAll('form[data-undo]')) {
  if (back instanceof HTMLFormElement) offer(back);
}

/** @param {HTMLFormElement} form */
function watch(form) {
  for (const ticket of document.querySelectorAll('[data-ticket]')) {
    if (ticket instanceof HTMLElement) lift(ticket);
  }
  for (const member of document.querySelectorAll('[data-demand]')) {
    if (member instanceof HTMLElement) take(form, member);
  }
}

/** @param {HTMLElement} ticket */
function lift(ticket) {
  ticket.addEventListener('dragstart', (event) => {
    event.dataTransfer?.setData(KIND, ticket.dataset.ticket ?? '');
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move';
    ticket.classList.add('dragged');
  });
  ticket.addEventListener('dragend', () => ticket.classList.remove('dragged'));
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} member
 */
function take(form, member) {
  member.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes(KIND)) return;
    event.preventDefault();
    member.classList.add('over');
  });
  member.addEventListener('dragleave', (event) => {
    if (!(event.relatedTarget instanceof Node) || !member.contains(event.relatedTarget)) member.classList.remove('over');
  });
  member.addEventListener('drop', (event) => {
    event.preventDefault();
    member.classList.remove('over');
    choose(form, 'ticket', event.dataTransfer?.getData(KIND) ?? '');
    choose(form, 'demand', member.dataset.demand ?? '');
    form.requestSubmit();
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} value
 */
function choose(form, name, value) {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLSelectElement) field.value = value;
}

/**
 * The focus goes to the way back, so that one key takes it; when its time is over, that is said.
 * @param {HTMLFormElement} back
 */
function offer(back) {
  const button = back.querySelector('button');
  button?.focus();
  setTimeout(() => {
    const said = document.querySelector('[data-undo-over]');
    if (said instanceof HTMLElement) said.textContent = said.dataset.say ?? '';
    if (document.activeElement === button) standAt(document.querySelector('h1'));
    back.hidden = true;
  }, Number(back.dataset.undo));
}

/** @param {HTMLElement | null} heading */
function standAt(heading) {
  heading?.setAttribute('tabindex', '-1');
  heading?.focus();
}
