// The big screen on a monitor: it does not go to sleep, and fills the screen when somebody asks.

/** Keep the screen awake; a hidden page loses the lock, so it is asked for again when shown. */
async function stayAwake() {
  if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
  try {
    await navigator.wakeLock.request('screen');
  } catch {
    // Low battery or a browser that forbids it: the figures are right all the same.
  }
}

document.addEventListener('visibilitychange', () => void stayAwake());
void stayAwake();

for (const button of document.querySelectorAll('[data-full-screen]')) {
  if (!document.fullscreenEnabled) continue;
  button.toggleAttribute('hidden', false);
  button.addEventListener('click', () => void document.documentElement.requestFullscreen().catch(() => undefined));
}
