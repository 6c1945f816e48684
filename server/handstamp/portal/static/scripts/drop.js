// Dropping a file on the page of an import; the file field takes it, and the form is sent.

const drop = document.querySelector('.drop');
const file = drop?.querySelector('input[type="file"]');
const name = drop?.querySelector('[data-file-name]');

/** @param {HTMLInputElement} field */
function show(field) {
  const chosen = field.files?.[0];
  if (name && chosen) name.textContent = `${chosen.name} (${Math.ceil(chosen.size / 1024)} kB)`;
  field.form?.querySelector('progress')?.toggleAttribute('hidden', !chosen);
  if (chosen) field.form?.requestSubmit();
}

if (drop && file instanceof HTMLInputElement) {
  for (const kind of ['dragenter', 'dragover']) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
  }
  for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    if (!(event instanceof DragEvent) || !event.dataTransfer?.files.length) return;
    file.files = event.dataTransfer.files;
    show(file);
  });
  file.addEventListener('change', () => show(file));
}
