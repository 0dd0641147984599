// The first screen of a visitor: their language, what happens to what they type, and their yes.

import { app, campaign, go, onChange, screen } from "./app.js";
import { drawing, fill, h, refresh } from "./dom.js";
import { enterMovesOn, showFaults, textField, yesField } from "./fields.js";
import { TOUCHES } from "./idle.js";
import { watchVisitor } from "./screen_idle.js";
import { inLanguage, language, onLanguage, t } from "./texts.js";
import { hasWords } from "./visitor.js";

const paragraphs = (text) => text.split(/\n\s*\n/).filter((one) => one.trim()).map((one) => h("p", { dir: "auto" }, one.trim()));

screen("start", (stage) => {
  const { visitor } = app;
  const texts = () => campaign().texts;
  let { consent } = campaign(); // the text that is on this page
  if (visitor.consentVersion !== consent.version || app.faults["consent.version"]) Object.assign(visitor, { agreed: false, consentVersion: "" });

  const state = h("div", { role: "status" });
  let shown = null;
  function showState() {
    const { status, remaining } = campaign();
    const found = status !== "open" ? "closed" : remaining === 0 ? "full" : "open";
    if (found === shown) return;
    shown = found;
    const words = found === "closed" ? () => t("The campaign is not open at the moment: cards cannot be registered now.")
      : () => inLanguage(texts()?.full) || t("All cards of this campaign have been taken.");
    fill(state, found === "open" ? null : h("p", { class: "message message--warning" }, drawing("warning"), h("span", {}, words)));
  }
  showState();

  const notice = h("div", { class: "notice", tabindex: "0", role: "region", "aria-label": () => t("What happens to what you type") });
  const showNotice = () => {
    notice.lang = language();
    fill(notice, paragraphs(inLanguage(texts()?.kiosk_notice)), paragraphs(inLanguage(consent.texts)));
  };
  showNotice();
  const stopListening = onLanguage(showNotice);

  // From the first touch on somebody may be reading: the text stays as it is, and who walks away is forgotten.
  let stopWatching = null;
  const begun = () => { stopWatching ??= watchVisitor(stage); };
  const stopFollowing = onChange(() => {
    showState();
    if (stopWatching || consent.version === campaign().consent.version) return;
    ({ consent } = campaign());
    showNotice();
  });

  const agree = yesField({
    label: () => t("I have read this, and I agree."), checked: visitor.agreed,
    onchange: (yes) => Object.assign(visitor, { agreed: yes, consentVersion: yes ? consent.version : "" }),
  });
  const email = textField({
    label: () => t("Your e-mail"), hint: () => t("For this one message; then it is deleted."), required: true, value: visitor.email, type: "email", inputmode: "email", maxLength: 254,
    oninput: (text) => { visitor.email = text; }, attributes: { dir: "ltr" },
  });
  email.element.hidden = !visitor.arrivalNotice;
  const arrival = yesField({
    label: () => t("Tell me by e-mail when the card has arrived."), hint: () => t("A separate yes, and not needed for the card."), checked: visitor.arrivalNotice,
    onchange: (yes) => {
      visitor.arrivalNotice = yes;
      email.element.hidden = !yes;
      if (yes) email.input.focus();
    },
  });
  const fields = new Map([["consent.version", agree], ["sender.email", email]]);

  function begin() {
    const faults = {};
    if (!visitor.agreed) faults["consent.version"] = () => t("Without this yes no card can be registered.");
    if (visitor.arrivalNotice && !/^\S+@\S+\.\S+$/.test(visitor.email.trim())) faults["sender.email"] = () => t("An e-mail address looks like name@example.org.");
    if (!showFaults(fields, faults)) go("writing");
  }

  const form = h("form", { class: "start__form stack", novalidate: true },
    h("section", { class: "panel stack" },
      h("h2", { class: "panel__title" }, () => t("What happens to what you type")),
      notice, agree.element, arrival.element, email.element),
    h("button", { class: "button button--main button--large button--wide", type: "submit" }, () => t("Begin my card"), drawing("arrow")));
  enterMovesOn(form, begin);

  stage.append(h("div", { class: "start" },
    h("div", { class: "start__welcome stack" },
      h("h1", { tabindex: "-1" }, () => inLanguage(texts()?.title) || t("A card from here to someone far away")),
      h("p", { class: "lede" }, () => inLanguage(texts()?.invitation) || t("Write to somebody you miss. We print the card and hand it to the post.")),
      state,
      drawing("horizon"), drawing("horizon-tall")),
    form));
  if (Object.keys(app.faults).length) {
    showFaults(fields, app.faults);
    app.faults = {};
  }
  refresh();
  if (hasWords(visitor)) begun();
  for (const kind of TOUCHES) document.addEventListener(kind, begun, { passive: true });
  return () => {
    stopListening();
    stopFollowing();
    stopWatching?.();
    for (const kind of TOUCHES) document.removeEventListener(kind, begun);
  };
});
