// The form of an event: the end follows the start, by three hours, until somebody sets it.

const start = document.getElementById('start_at');
const end = document.getElementById('end_at');
const THREE_HOURS_MS = 3 * 3600 * 1000;

if (start instanceof HTMLInputElement && end instanceof HTMLInputElement) {
  start.addEventListener('change', () => {
    const begins = Date.parse(`${start.value}Z`);
    const ends = Date.parse(`${end.value}Z`);
    if (Number.isNaN(begins) || ends > begins) return;
    end.value = new Date(begins + THREE_HOURS_MS).toISOString().slice(0, 16);
  });
}
