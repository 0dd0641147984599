// A window over the page, for the volunteer's small tasks; Escape and the button close it, and it leaves nothing behind.

import { drawing, h, newId } from "./dom.js";
import { watchIdle } from "./idle.js";
import { t } from "./texts.js";

const STAYS = 90; // seconds untouched; a window to write in says more
const WARNED = 30; // the last of them, with a warning

/** Opens it with a title (() => words) and a body; returns the dialog element. Untouched for `stays` seconds it closes. */
export function openDialog(title, body, { stays = STAYS } = {}) {
  const heading = newId("dialog");
  const countdown = h("p", { class: "countdown", role: "status", hidden: true });
  const box = h("dialog", { class: "dialog", "aria-labelledby": heading },
    h("div", { class: "stack" },
      h("div", { class: "spread dialog__head" }, h("h2", { id: heading }, title),
        h("button", { class: "button button--quiet", type: "button", onclick: () => box.close() }, drawing("cross"), () => t("Close"))),
      body, countdown));
  const stopWatching = watchIdle({
    seconds: stays, showFrom: WARNED, place: countdown, over: () => box.close(),
    say: (left) => t("This window closes by itself in {seconds} s.", { seconds: left }),
  });
  box.addEventListener("close", () => { stopWatching(); box.remove(); });
  document.body.append(box);
  box.showModal();
  return box;
}

/** Closes whatever window is open: who comes next finds none. */
export function closeDialogs() {
  for (const box of document.querySelectorAll("dialog[open]")) box.close();
}
