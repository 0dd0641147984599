// The desk's pages are whole without scripts; this asks once more before what cannot be undone.
import "./live.js";

// On the document, so that forms which came later are asked too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  // A form is sent once, however often an impatient hand presses; one that only opens a picture elsewhere stays.
  if (form.method !== "post" || event.submitter?.formTarget) return;
  for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-busy", "true");
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});

// Back from the browser's memory: the forms work again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});
