// The panel that prints one card: button, preview, "did it come out right?", and once more with a reason.

import { NoAnswer, Refused } from "./api.js";
import { go } from "./app.js";
import { openDialog } from "./dialog.js";
import { drawing, fill, h } from "./dom.js";
import { fetchPaper, letGo, newPrint, openAlone, printFrame, printsInPage, reasons, recordPrint } from "./printing.js";
import { t } from "./texts.js";

const message = (kind, sign, ...body) => h("div", { class: `message message--${kind}`, role: kind === "error" ? "alert" : "status" }, drawing(sign), h("div", { class: "message__body" }, ...body));

function failureWords(error) {
  if (error instanceof NoAnswer) return () => t("The server does not answer, so the card could not be fetched. Nothing is lost: print it in a moment.");
  if (error instanceof Refused && error.code === "in_print_run") return () => t("This card is already being printed with others at the desk.");
  return () => error.message;
}

// The desk has this number on paper, or soon will: of two papers with one number only one may travel.
const ELSEWHERE = {
  printed_elsewhere: () => t("The desk has printed this card too. Put this one into the box for spoiled cards."),
  in_print_run: () => t("The desk is printing this card too. Put this one into the box for spoiled cards."),
};

/** What goes into `panel` first; the panel then redraws itself step by step. `reason` is why it is printed again. */
export function paperPanel(card, panel, reason = null) {
  const news = h("div", { class: "news" });
  const button = h("button", { class: "button button--main button--large button--wide", type: "button", onclick: print }, drawing("print"), () => (reason ? t("Print again") : t("Print card")));

  async function print() {
    button.setAttribute("aria-busy", "true");
    fill(news);
    try {
      const address = await fetchPaper(card, () => panel.isConnected);
      if (address) fill(panel, ask(card, panel, address, reason));
    } catch (error) {
      if (!panel.isConnected) return; // the next visitor is here
      button.removeAttribute("aria-busy");
      if (error instanceof Refused && error.unpaired) go("unpaired");
      else fill(news, message("error", "warning", h("p", {}, failureWords(error))));
    }
  }

  return [h("h2", { class: "panel__title" }, () => t("On paper")), h("p", { class: "soft" }, () => t("Put card paper into the printer. Both sides are printed: first the address, then the picture.")), button, news];
}

function ask(card, panel, address, reason) {
  const yes = h("button", { class: "button button--main", type: "button", onclick: () => settle() }, drawing("check"), () => t("Yes, it is good"));
  const no = h("button", { class: "button", type: "button", onclick: () => fill(panel, askWhy(card, panel)) }, () => t("No, print again"));
  const news = h("div", { class: "news" });
  const print = newPrint(reason); // one id for this paper, however often it has to be told

  async function settle() {
    yes.setAttribute("aria-busy", "true");
    try {
      await recordPrint(card, print);
      if (!panel.isConnected) return;
      fill(panel, message("good", "check", h("p", {}, () => t("Printed. Now it can be signed and put into the box."))),
        h("button", { class: "button button--quiet", type: "button", onclick: () => fill(panel, askWhy(card, panel)) }, () => t("Print it once more")));
    } catch (error) {
      yes.removeAttribute("aria-busy");
      if (!panel.isConnected) return;
      if (error instanceof Refused && error.unpaired) return go("unpaired");
      if (error instanceof Refused && Object.hasOwn(ELSEWHERE, error.code)) return fill(panel, message("warning", "warning", h("p", {}, ELSEWHERE[error.code])));
      fill(news, message("error", "warning", h("p", {}, error instanceof NoAnswer ? () => t("The server does not answer. Touch “Yes” once more in a moment.") : failureWords(error))));
    }
  }

  const openedByUs = (event) => { if (openAlone(address)) event.preventDefault(); };
  const open = h("a", { class: "button button--quiet", href: address, target: "_blank", rel: "noopener", onclick: openedByUs }, () => t("Open the card alone"));
  return [
    h("h2", { class: "panel__title", tabindex: "-1" }, () => t("Did it come out right?")),
    printsInPage() ? printFrame(address) : h("p", {}, () => t("Open the card, print it from there, and come back.")),
    h("div", { class: "button-row" }, yes, no, open), news];
}

function askWhy(card, panel) {
  return [
    h("h2", { class: "panel__title" }, () => t("What went wrong?")),
    h("div", { class: "choices choices--two" }, reasons.map(([reason, say]) => h("button", {
      class: "button", type: "button", onclick: () => { fill(panel, paperPanel(card, panel, reason)); panel.querySelector(".button--main").click(); },
    }, say))),
    h("p", { class: "soft small" }, () => t("Put the spoiled paper into the box for spoiled cards."))];
}

/** A window with one card's paper, for the list of the last cards. */
export function paperDialog(card, title) {
  const panel = h("div", { class: "stack" });
  fill(panel, askWhy(card, panel));
  openDialog(title, panel).addEventListener("close", letGo);
}
