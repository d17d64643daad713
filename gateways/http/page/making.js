// What the page is made of. Everything that comes from a door is put in as text, never as HTML.

import { locale, word } from "/portal/words.js";

export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((each) => each !== null && each !== undefined).map((each) => each instanceof Node ? each : String(each)));
  return made;
}

/** A column: the head of its cells, and of what kind they are: `number`, `short`, `long`. */
export const column = (name, kind = "", head = word(name)) => ({ head, kind });

// NOTE with roles: on a narrow screen the style makes cards of rows, and browsers take what looks like none for no table
export function table(label, columns, rows) {
  const heads = columns.map(({ head, kind }) => make("th", { scope: "col", role: "columnheader", className: kind }, head));
  return make("table", { role: "table", "aria-label": label },
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads)),
    make("tbody", { role: "rowgroup" }, ...rows));
}

/** A cell of each column. */
export function row(columns, ...values) {
  return make("tr", { role: "row" }, ...columns.map(({ head, kind }, at) =>
    make("td", { role: "cell", className: kind, "data-head": head }, values[at] === "" ? null : values[at])));
}

const SHADES = { active: "good", disabled: "bad" };
export const state = (name) => make("span", { className: SHADES[name] ?? "warn" }, word(name));

const absent = (value) => value === null || value === undefined;
export const number = (value) => absent(value) ? null : Number(value).toLocaleString(locale);
export const percent = (share) => absent(share) ? null : share.toLocaleString(locale, { style: "percent", maximumFractionDigits: 2 });

const WRITTEN = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
export const moment = (text) => text ? make("time", { dateTime: text, title: text }, WRITTEN.format(new Date(text))) : null;

/** Texts as they are, lists of them with commas, members with their names. */
export function legible(value) {
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.every((each) => typeof each === "string") ? value.join(", ") : value.map((each) => JSON.stringify(each)).join("\n");
  return Object.entries(value).map(([name, each]) => `${name}: ${typeof each === "string" ? each : JSON.stringify(each)}`).join(" · ");
}
