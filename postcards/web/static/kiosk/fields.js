// The kiosk's fields: label above, fault in place, no memory of the browser, words in the visitor's language.

import { h, newId, refresh } from "./dom.js";
import { t } from "./texts.js";

const FORGETFUL = { autocomplete: "off", autocorrect: "off", autocapitalize: "off", spellcheck: "false", dir: "auto" };

function frame({ label, hint, required, classes = "" }, make) {
  const id = newId("field");
  let fault = () => "";
  const error = h("span", { class: "field__error", id: `${id}-error` }, () => fault());
  const hintLine = hint ? h("span", { class: "field__hint", id: `${id}-hint` }, hint) : null;
  const made = make(id, `${hint ? `${id}-hint ` : ""}${id}-error`);
  const input = made.input ?? made;
  const element = h("div", { class: `field ${classes}` },
    h("label", { class: "field__label", for: id }, label, required ? null : h("span", { class: "field__optional" }, " ", () => t("(optional)"))),
    hintLine, error, made.element ?? made);
  return {
    element,
    input,
    /** Shows a fault given as () => sentence, or clears it with null. */
    setFault(say) {
      fault = say ?? (() => "");
      if (say) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      refresh();
    },
  };
}

/** A line of text, or with `rows` a few of them. `oninput(value)` is told at every letter, and the fault goes. */
export function textField({ label, hint, required = false, value, oninput, type = "text", inputmode, rows, maxLength, classes, capitals, attributes = {} }) {
  const field = frame({ label, hint, required, classes }, (id, describedBy) => h(rows ? "textarea" : "input", {
    ...FORGETFUL, id, class: `input ${attributes.class ?? ""}`, type: rows ? null : type, rows, inputmode, maxlength: maxLength,
    "aria-required": required ? "true" : null, "aria-describedby": describedBy, enterkeyhint: rows ? null : "next",
    autocapitalize: capitals ?? "off", ...Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== "class")),
  }));
  field.input.value = value;
  field.input.addEventListener("input", () => {
    field.setFault(null);
    oninput(field.input.value);
  });
  return field;
}

/** A field around a control of its own, such as the list of countries: make(id, describedBy) gives { element, input }. */
export const customField = (options, make) => frame(options, make);

/** A yes to give by hand: never ticked beforehand. */
export function yesField({ label, hint, checked, onchange }) {
  const id = newId("yes");
  let fault = () => "";
  const input = h("input", { type: "checkbox", id, "aria-describedby": `${id}-error${hint ? ` ${id}-hint` : ""}` });
  input.checked = checked;
  const element = h("div", { class: "choice choice--boxed" }, input,
    h("label", { class: "choice__text", for: id }, label),
    hint ? h("span", { class: "field__hint", id: `${id}-hint` }, hint) : null,
    h("span", { class: "field__error", id: `${id}-error` }, () => fault()));
  // The whole box is the target of a thumb, not only the square.
  element.addEventListener("click", (event) => { if (event.target === element) input.click(); });
  const field = {
    element,
    input,
    setFault(say) {
      fault = say ?? (() => "");
      if (say) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      refresh();
    },
  };
  input.addEventListener("change", () => { field.setFault(null); onchange(input.checked); });
  return field;
}

/** Enter goes to the next field, and from the last one on: `finish()`. Text areas keep Enter for themselves. */
export function enterMovesOn(form, finish) {
  form.addEventListener("submit", (event) => { event.preventDefault(); finish(); });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented || !event.target.matches("input")) return;
    event.preventDefault();
    const stops = [...form.querySelectorAll("input, textarea, select")].filter((one) => !one.disabled && one.offsetParent);
    const next = stops[stops.indexOf(event.target) + 1];
    if (next) next.focus();
    else finish();
  });
}

/** Shows each fault by its field and goes to the first; returns whether there was one. */
export function showFaults(fields, faults) {
  let first = null;
  for (const [name, field] of fields) {
    const say = faults[name] ?? null;
    field.setFault(say);
    if (say && !first) first = field;
  }
  first?.input.focus();
  return Boolean(first);
}
