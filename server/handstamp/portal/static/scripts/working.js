// A form whose work takes a while says so from the moment it is sent.

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.dataset.working) return;
  const note = document.getElementById(form.dataset.working);
  if (note) note.hidden = false;
});

// Back from another page, nothing is at work.
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-working]')) {
    const note = form instanceof HTMLFormElement && document.getElementById(form.dataset.working ?? '');
    if (note) note.hidden = true;
  }
});
