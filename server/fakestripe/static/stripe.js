/** A stand-in for Stripe.js: Payment Element on Checkout sessions, setup and payment intents. */
(() => {
  const base = new URL(document.currentScript.src).origin;

  /** A frame of the double in somebody else's page, asked by messages. */
  class Frame {
    constructor(path, hidden) {
      this.element = document.createElement("iframe");
      this.element.src = base + path;
      this.element.title = "Secure payment input frame";
      this.element.hidden = hidden;
      Object.assign(this.element.style, { border: "0", width: "100%", height: "16rem" });
      this.ready = new Promise((resolve) => this.element.addEventListener("load", resolve));
      this.answers = new Map();
      this.count = 0;
      window.addEventListener("message", (event) => {
        if (event.source !== this.element.contentWindow || event.origin !== base) return;
        this.answers.get(event.data.id)?.(event.data.answer);
        this.answers.delete(event.data.id);
      });
    }

    async ask(name, said) {
      await this.ready;
      const id = ++this.count;
      const answer = new Promise((resolve) => this.answers.set(id, resolve));
      this.element.contentWindow.postMessage({ id, name, said }, base);
      return answer;
    }
  }

  class Element {
    constructor() {
      this.frame = new Frame("/v3/element", false);
      this.listeners = {};
    }
    mount(place) {
      const target = typeof place === "string" ? document.querySelector(place) : place;
      target.replaceChildren(this.frame.element);
      this.frame.ready.then(() => this.listeners.ready?.({ elementType: "payment" }));
    }
    on(name, listener) {
      this.listeners[name] = listener;
      return this;
    }
    unmount() {
      this.frame.element.remove();
    }
    destroy() {
      this.unmount();
    }
    update() {}
    focus() {}
  }

  const back = (url, kind, intent) => {
    const to = new URL(url);
    to.searchParams.set(kind, intent.id);
    to.searchParams.set(`${kind}_client_secret`, intent.client_secret);
    to.searchParams.set("redirect_status", intent.status === "succeeded" ? "succeeded" : "failed");
    return to.href;
  };

  class Stripe {
    constructor(key) {
      if (!/^pk_test_/.test(key)) throw new Error("This is a double of Stripe: pk_test_ keys only.");
      this.key = key;
    }

    initCheckoutElementsSdk({ clientSecret }) {
      const secret = Promise.resolve(clientSecret);
      const inside = new Frame("/v3/element", true);
      document.body.append(inside.element);
      let element = null;
      const read = async () => inside.ask("session", { key: this.key, secret: await secret });
      const confirm = async (given = {}) => {
        const said = { key: this.key, secret: await secret, email: given.email };
        const answer = await element.frame.ask("confirm", said);
        if (answer.error) return { type: "error", error: answer.error };
        if (answer.redirect) {
          location.assign(answer.redirect);
          return new Promise(() => {});
        }
        if (given.redirect !== "if_required" && (given.returnUrl || answer.return_url)) {
          location.assign(given.returnUrl || answer.return_url);
          return new Promise(() => {});
        }
        return { type: "success", session: answer.session };
      };
      return {
        createPaymentElement: () => (element = new Element()),
        getPaymentElement: () => element,
        on() {},
        async loadActions() {
          const first = await read();
          if (first.error) return { type: "error", error: first.error };
          let session = first.session;
          const actions = {
            getSession: () => session,
            updateEmail: async (email) => ({ type: "success", session: { ...session, email } }),
            confirm: async (given) => {
              const result = await confirm(given);
              if (result.session) session = result.session;
              return result;
            },
          };
          return { type: "success", actions };
        },
      };
    }

    initCheckout(options) {
      return this.initCheckoutElementsSdk(options);
    }

    elements({ clientSecret } = {}) {
      let element = null;
      return {
        clientSecret,
        create: () => (element = new Element()),
        getElement: () => element,
        submit: async () => ({}),
        update() {},
      };
    }

    async #confirm(kind, name, { elements, clientSecret, confirmParams = {}, redirect }) {
      const secret = clientSecret || elements.clientSecret;
      const said = { key: this.key, secret, return_url: confirmParams.return_url };
      const answer = await elements.getElement().frame.ask("confirm", said);
      if (answer.error) return { error: answer.error };
      if (answer.redirect) {
        location.assign(answer.redirect);
        return new Promise(() => {});
      }
      if (redirect !== "if_required") {
        location.assign(back(confirmParams.return_url, kind, answer.intent));
        return new Promise(() => {});
      }
      return { [name]: answer.intent };
    }

    confirmSetup(options) {
      return this.#confirm("setup_intent", "setupIntent", options);
    }

    confirmPayment(options) {
      return this.#confirm("payment_intent", "paymentIntent", options);
    }
  }

  window.Stripe = (key) => new Stripe(key);
})();
