// Stands where a browser's maker runs a push service, which no test may reach. Permission, worker
// and page are the browser's own; only the subscription is handed out here.
(() => {
  const { endpoint, keys, refuses } = window.__push;
  const KEPT = 'push-subscription';
  const made = () => ({
    endpoint,
    toJSON: () => ({ endpoint, expirationTime: null, keys }),
    unsubscribe: async () => { localStorage.removeItem(KEPT); return true; },
  });
  PushManager.prototype.getSubscription = async () => (localStorage.getItem(KEPT) ? made() : null);
  PushManager.prototype.subscribe = async (options) => {
    if (Notification.permission !== 'granted') throw new DOMException('denied', 'NotAllowedError');
    if (refuses) throw new DOMException('Registration failed - push service error', 'AbortError');
    localStorage.setItem(KEPT, JSON.stringify(options));
    return made();
  };
})();
