// What was sent to an endpoint and what was answered: which of it, page by page, and one try with all that is known of it.

import { ask } from "/portal/doors.js";
import { button, notice, once, seeTo } from "/portal/doing.js";
import { column, make, moment, number, row, table } from "/portal/making.js";
import { outcome, word } from "/portal/words.js";

const PAGE = 50;
const COLUMNS = [
  column("time", "short"), column("position", "number"), column("attempt", "number"), column("trigger", "short"),
  column("ms", "number"), column("result"), column("next", "short"),
];
let kept = { name: null, said: {} };

/** A section that fills itself; what was sought stays as long as the endpoint does. */
export async function tries(name) {
  if (kept.name !== name) kept = { name, said: {} };
  const place = make("div");
  const form = seeking(() => seeTo(() => fill(name, place)));
  await fill(name, place);
  return make("section", {}, make("h3", {}, word("tries")), form, place);
}

function seeking(changed) {
  const { said } = kept;
  const part = (key, type, more = {}) => make("label", {}, word(key), make("input", { name: key, type, value: said[key] ?? "", ...more }));
  const form = make("form", { className: "fields" },
    make("label", { className: "beside" }, make("input", { type: "checkbox", name: "failed", checked: "failed" in said }), word("onlyFailed")),
    part("position", "number", { min: 1, max: 2 ** 53, inputMode: "numeric" }), part("since", "datetime-local"), part("until", "datetime-local"));
  form.onchange = () => {
    if (!form.reportValidity()) return;
    kept.said = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    changed();
  };
  form.onsubmit = (event) => event.preventDefault();
  return form;
}

function query({ failed, position, since, until }) {
  const instant = (local) => new Date(local).toISOString();
  return {
    limit: PAGE, ...(failed ? { failed: true } : {}), ...(position ? { position } : {}),
    ...(since ? { since: instant(since) } : {}), ...(until ? { until: instant(until) } : {}),
  };
}

async function fill(name, place) {
  const { said } = kept;
  const shown = table(word("tries"), COLUMNS, []);
  const older = make("button", { type: "button" }, word("older"));
  async function page(before) {
    const found = await ask("tries", { name }, { ...query(said), ...(before ? { before } : {}) });
    shown.tBodies[0].append(...found.tries.map((each) => one(name, each)));
    older.hidden = found.before === null;
    older.onclick = () => once(older, () => page(found.before));
  }
  await page(null);
  if (said !== kept.said) return; // something else was sought meanwhile
  const none = make("p", { className: "dim" }, word(Object.keys(said).length ? "noneSuch" : "never"));
  place.replaceChildren(...(shown.tBodies[0].rows.length ? [shown, older] : [none]));
}

function one(name, each) {
  const shade = each.kind === "delivered" ? "good" : "bad";
  const open = make("button", { type: "button", className: `plain ${shade}`, "aria-expanded": "false" },
    `${each.status ?? ""} ${outcome(each.kind, each.sentence)}`.trim());
  const made = row(COLUMNS, moment(each.time), number(each.position), number(each.attempt), word(each.trigger), number(each.ms), open, moment(each.next));
  open.onclick = () => once(open, () => unfold(name, each, made, open));
  return made;
}

async function unfold(name, each, at, open) {
  if (at.nextElementSibling?.dataset.of === String(each.number)) {
    at.nextElementSibling.remove();
    return open.setAttribute("aria-expanded", "false");
  }
  const found = await ask("one", { name, number: each.number });
  const heads = (headers) => Object.entries(headers).map(([key, value]) => `${key}: ${value}`).join("\n");
  const part = (title, text) => text ? make("div", {}, make("strong", {}, word(title)), make("pre", { tabIndex: 0, "aria-label": word(title), role: "group" }, text)) : null;
  const parts = make("div", { className: "parts" },
    part("request", heads(found.request)), part("response", heads(found.response)), part("body", found.body), part("answer", found.answer));
  const again = button("resend", async () => {
    await ask("resend", { name, number: each.number });
    notice(word("resent"));
  });
  const unfolded = make("tr", { role: "row" }, make("td", { role: "cell", className: "whole", colSpan: COLUMNS.length },
    make("div", { className: "row" }, again, make("span", { className: "dim long" }, each.event, each.address ? ` · ${each.address}` : "")), parts));
  unfolded.dataset.of = each.number;
  at.after(unfolded);
  open.setAttribute("aria-expanded", "true");
}
