/** The inside of the Payment Element: keeps the card, and asks the double when told to. */
const field = document.querySelector("input[name=card]");
const error = document.querySelector("[role=alert]");

const ask = async (name, said) => {
  const answer = await fetch(`/v3/${name}`, { method: "POST", body: JSON.stringify(said) });
  return answer.json();
};

window.addEventListener("message", async (event) => {
  if (event.source !== window.parent) return;
  const { id, name, said } = event.data;
  const answer = await ask(name, name === "confirm" ? { ...said, card: field.value } : said);
  error.textContent = answer.error?.message ?? "";
  error.hidden = !answer.error;
  window.parent.postMessage({ id, answer }, event.origin);
});
