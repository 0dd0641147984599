// The visitor's bar: languages under their own names, and where one is on the way.

import { app, campaign, onChange, screenNow } from "./app.js";
import { fill, h, refresh } from "./dom.js";
import { language, ownName, setLanguage, t } from "./texts.js";

const STEPS = [
  ["start", () => t("Your yes")],
  ["writing", () => t("From and to")],
  ["reading", () => t("Read back")],
  ["done", () => t("Your card")],
];

export function drawGuide(place, pageLanguages) {
  const languages = () => campaign().languages ?? pageLanguages;
  const tongues = h("ul", { class: "languages guide__languages" });
  const steps = h("ol", { class: "way" });
  fill(place, h("nav", { "aria-label": () => t("Language") }, tongues), h("nav", { "aria-label": () => t("Steps") }, steps));

  let drawn = "";
  function show() {
    const codes = languages();
    if (drawn !== codes.join()) {
      fill(tongues, codes.map((code) => h("li", {}, h("button", {
        type: "button", lang: code, "aria-pressed": () => String(code === language()), onclick: () => { setLanguage(code); refresh(); },
      }, ownName(code)))));
      drawn = codes.join();
    }
    const at = STEPS.findIndex(([name]) => name === screenNow());
    steps.hidden = at < 0 || !app.kiosk;
    fill(steps, STEPS.map(([, say], place_) => h("li", { class: place_ < at ? "is-done" : place_ === at ? "is-now" : "", "aria-current": place_ === at ? "step" : null }, h("span", {}, say))));
  }
  onChange(show);
  show();
}
