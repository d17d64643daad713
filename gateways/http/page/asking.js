// Questions before something is done, and what is to be read before one goes on.

import { make } from "/portal/making.js";
import { word } from "/portal/words.js";

/** What was said, by the names of fields; null: it was called off. */
export function asked(title, text, yes, ...fields) {
  const form = make("form", {}, make("h2", { id: "asked" }, title), text ? make("p", {}, text) : null, ...fields,
    make("div", { className: "row end" }, make("button", { type: "button", onclick: () => dialog.close() }, word("cancel")), make("button", { type: "submit" }, yes)));
  const dialog = make("dialog", { "aria-labelledby": "asked" }, form);
  return new Promise((resolve) => {
    let said = null;
    form.onsubmit = (event) => {
      event.preventDefault();
      said = Object.fromEntries(new FormData(form));
      dialog.close();
    };
    open(dialog, () => resolve(said));
  });
}

/** Once it was read. */
export function read(title, text, shown) {
  const holding = make("textarea", { readOnly: true, value: shown, rows: 2, id: "shown", onfocus: () => holding.select(), "aria-label": title });
  const copied = make("span", { role: "status" });
  const copy = make("button", { type: "button" }, word("copy"));
  copy.onclick = async () => {
    holding.select();
    try {
      await navigator.clipboard.writeText(shown);
      copied.textContent = word("copied");
    } catch {
      copied.textContent = word("copyYourself"); // a browser lets pages without TLS copy nothing
    }
  };
  const form = make("form", { method: "dialog" }, make("h2", { id: "asked" }, title), make("p", {}, text), holding,
    make("div", { className: "row end" }, copied, copy, make("button", {}, word("close"))));
  const dialog = make("dialog", { "aria-labelledby": "asked" }, form);
  dialog.setAttribute("closedby", "none"); // Escape would lose what is shown once
  dialog.oncancel = (event) => event.preventDefault(); // for browsers that do not know that
  return new Promise((resolve) => open(dialog, resolve));
}

export const field = (name, properties = {}) => make("label", {}, word(name), make("input", { name, autocomplete: "off", ...properties }));

/** `options`: value and text. */
export function choice(name, options, value) {
  const made = make("select", { name }, ...options.map(([each, text]) => make("option", { value: each }, text)));
  made.value = value;
  return make("label", {}, word(name), made);
}

function open(dialog, closed) {
  const before = document.activeElement;
  dialog.onclose = () => {
    dialog.remove();
    before?.focus();
    closed();
  };
  document.body.append(dialog);
  dialog.showModal();
}
