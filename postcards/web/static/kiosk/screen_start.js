// The first screen of a visitor: their language, what happens to what they type, and their yes.

import { app, campaign, go, screen } from "./app.js";
import { drawing, fill, h, refresh } from "./dom.js";
import { enterMovesOn, showFaults, textField, yesField } from "./fields.js";
import { inLanguage, language, onLanguage, t } from "./texts.js";

const paragraphs = (text) => text.split(/\n\s*\n/).filter((one) => one.trim()).map((one) => h("p", { dir: "auto" }, one.trim()));

screen("start", (stage) => {
  const { visitor } = app;
  const { consent, texts, status, remaining } = campaign();

  let notOpen = null;
  if (status !== "open") notOpen = () => t("The campaign is not open at the moment: cards cannot be registered now.");
  else if (remaining === 0) notOpen = () => inLanguage(texts?.full) || t("All cards of this campaign have been taken.");

  const notice = h("div", { class: "notice", tabindex: "0", role: "region", "aria-label": () => t("What happens to what you type") });
  const showNotice = () => {
    notice.lang = language();
    fill(notice, paragraphs(inLanguage(texts?.kiosk_notice)), paragraphs(inLanguage(consent.texts)));
  };
  showNotice();
  const stopListening = onLanguage(showNotice);

  const agree = yesField({
    label: () => t("I have read this, and I agree."), checked: visitor.agreed,
    onchange: (yes) => { visitor.agreed = yes; },
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
      h("h1", { tabindex: "-1" }, () => inLanguage(texts?.title) || t("A card from here to someone far away")),
      h("p", { class: "lede" }, () => inLanguage(texts?.invitation) || t("Write to somebody you miss. We print the card and hand it to the post.")),
      notOpen ? h("p", { class: "message message--warning", role: "status" }, drawing("warning"), h("span", {}, notOpen)) : null,
      drawing("horizon"), drawing("horizon-tall")),
    form));
  if (Object.keys(app.faults).length) {
    showFaults(fields, app.faults);
    app.faults = {};
  }
  refresh();
  return () => stopListening();
});
