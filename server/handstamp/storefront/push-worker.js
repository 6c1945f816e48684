// Shows a member that a ticket has come, and opens its page. It keeps nothing and answers no request.

const here = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

here.addEventListener('push', (event) => {
  const { title, body, url } = event.data?.json() ?? {};
  if (typeof title !== 'string') return;
  const told = { body: String(body ?? ''), data: String(url ?? ''), tag: String(url ?? ''), icon: '../assets/logo.svg' };
  event.waitUntil(here.registration.showNotification(title, told));
});

here.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const page = new URL(String(event.notification.data || here.registration.scope), here.registration.scope);
  if (page.origin === here.location.origin) event.waitUntil(here.clients.openWindow(page.href));
});
