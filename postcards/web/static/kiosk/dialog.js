// A window over the page, for the volunteer's small tasks; Escape and the button close it, and it leaves nothing behind.

import { drawing, h, newId } from "./dom.js";
import { t } from "./texts.js";

/** Opens it with a title (() => words) and a body; returns the dialog element. */
export function openDialog(title, ...body) {
  const heading = newId("dialog");
  const box = h("dialog", { class: "dialog", "aria-labelledby": heading },
    h("div", { class: "stack" },
      h("div", { class: "spread dialog__head" }, h("h2", { id: heading }, title),
        h("button", { class: "button button--quiet", type: "button", onclick: () => box.close() }, drawing("cross"), () => t("Close"))),
      body));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}
