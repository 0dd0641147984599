// A searchable list that a keyboard, a finger and a screen reader can use (ARIA combobox with a list below).

import { fill, h, newId } from "./dom.js";

const SHOWN = 60; // rows drawn at once; typing a letter or two finds the rest

/**
 * `options(typed)` gives [{ value, text, note, disabled }]; `onchoose(value)` is told; `name(value)` words the choice.
 * Returns { element, input, show(), relabel() }.
 */
export function combobox({ id, options, name, onchoose, attributes = {}, none }) {
  const listId = newId("list");
  let chosen = "";
  let rows = [];
  let active = -1;

  const list = h("ul", { id: listId, class: "combobox__list", role: "listbox", "aria-label": attributes["aria-label"] ?? null, hidden: true });
  const input = h("input", {
    ...attributes, id, class: "input combobox__input", type: "text", role: "combobox", "aria-expanded": "false",
    "aria-autocomplete": "list", "aria-controls": listId, autocomplete: "off", autocorrect: "off", spellcheck: "false", dir: "auto",
  });
  const element = h("div", { class: "combobox" }, input, list);

  function open(typed) {
    rows = options(typed).slice(0, SHOWN);
    active = typed && rows.length ? rows.findIndex((row) => !row.disabled) : -1;
    fill(list, rows.map((row, place) => h("li", {
      id: `${listId}-${place}`, class: "combobox__option", role: "option", dir: "auto", "aria-selected": String(row.value === chosen),
      "aria-disabled": row.disabled ? "true" : null,
      onpointerdown: (event) => event.preventDefault(), onclick: () => choose(place),
    }, row.text, row.note ? h("small", {}, row.note) : null)));
    if (!rows.length) list.append(h("li", { class: "combobox__none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, none()));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark();
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark() {
    [...list.children].forEach((row, place) => row.classList.toggle("is-active", place === active));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", `${listId}-${active}`);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function choose(place) {
    const row = rows[place];
    if (!row || row.disabled) return;
    set(row.value);
    close();
    onchoose(row.value);
  }

  function set(value) {
    chosen = value;
    input.value = value ? name(value) : "";
  }

  function step(by) {
    if (list.hidden) open("");
    for (let tries = 0; tries < rows.length; tries += 1) {
      active = (active + by + rows.length) % rows.length;
      if (!rows[active].disabled) break;
    }
    mark();
  }

  input.addEventListener("input", () => open(input.value));
  input.addEventListener("click", () => { if (list.hidden) { input.select(); open(""); } });
  input.addEventListener("blur", () => {
    // Letters that name one country exactly, or only one, are that country; other letters are no choice.
    const typed = input.value.trim();
    if (!typed) { if (chosen) { set(""); onchoose(""); } } else if (typed !== (chosen && name(chosen))) {
      rows = options(typed).filter((row) => !row.disabled);
      const exact = rows.findIndex((row) => row.text.toLowerCase() === typed.toLowerCase());
      if (exact >= 0 || rows.length === 1) choose(Math.max(exact, 0));
      else set(chosen);
    }
    close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && !list.hidden && active >= 0) choose(active);
    else if (event.key === "Escape" && !list.hidden) { set(chosen); close(); } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  return { element, input, set, relabel: () => { if (list.hidden) set(chosen); else open(input.value); } };
}
