// Builds elements whose words follow the language: a function given as text or attribute is asked again by `refresh()`.

let bound = [];

function bind(node, write) {
  write();
  bound.push([node, write]);
}

function append(parent, child) {
  if (child === null || child === undefined || child === false) return;
  if (Array.isArray(child)) for (const one of child) append(parent, one);
  else if (child instanceof Node) parent.append(child);
  else if (typeof child === "function") {
    const text = document.createTextNode("");
    parent.append(text);
    bind(text, () => { text.data = child(); });
  } else parent.append(String(child));
}

/** An element: h("button", { class: "button", onclick: fn, "aria-label": () => t("…") }, () => t("…")). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "function") bind(element, () => element.setAttribute(name, value()));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Says every living word again, in the language of now; what has left the page is forgotten. */
export function refresh() {
  bound = bound.filter(([node]) => node.isConnected);
  for (const [, write] of bound) write();
}

/** Puts new children into an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** One of the drawings that the server put into the page's <template id="drawings">. */
export function drawing(name) {
  const found = document.getElementById("drawings").content.querySelector(`[data-drawing="${name}"] > svg`);
  return found.cloneNode(true);
}

let serial = 0;

/** An id that no other element has. */
export const newId = (stem) => `${stem}-${(serial += 1)}`;
