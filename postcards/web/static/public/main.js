// The public pages work without scripts; this keeps the wall up to date and sends a form once.
import { keepWall, offerWholeScreen } from "./wall.js";

const board = document.querySelector("[data-wall]");
if (board) {
  keepWall(board, document.documentElement.lang || "en");
  offerWholeScreen(document.querySelector("[data-fullscreen]"));
}

for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

// Back from the browser's memory: the forms work again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
