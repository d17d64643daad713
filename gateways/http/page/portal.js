// The portal: endpoints of webhooks for who owns them. It says nothing that the doors under /portal/subscriptions do not.
// Everything that comes from there is put in as text, never as HTML.

import { language, outcome, word } from "/portal/words.js";

const DOORS = {
  list: ["GET", "/portal/subscriptions"],
  show: ["GET", "/portal/subscriptions/{name}"],
  tries: ["GET", "/portal/subscriptions/{name}/tries"],
  one: ["GET", "/portal/subscriptions/{name}/tries/{number}"],
  resend: ["POST", "/portal/subscriptions/{name}/tries/{number}/resend"],
  test: ["POST", "/portal/subscriptions/{name}/test"],
  rotate: ["POST", "/portal/subscriptions/{name}/rotate"],
  recover: ["POST", "/portal/subscriptions/{name}/recover"],
  say: ["POST", "/portal/subscriptions/{name}/{verb}"],
};
const TOKEN = "oms-portal-token";
const main = document.getElementById("main");
const leave = document.getElementById("leave");

async function ask(door, given = {}, query = {}, said = undefined) {
  const [method, path] = DOORS[door];
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(given[name]));
  const search = new URLSearchParams(query).toString();
  const token = sessionStorage.getItem(TOKEN);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (said !== undefined) headers["Content-Type"] = "application/json";
  const body = said === undefined ? undefined : JSON.stringify(said);
  const answer = await fetch(search ? `${filled}?${search}` : filled, { method, headers, body });
  const text = await answer.text();
  const found = text ? JSON.parse(text) : {};
  if (!answer.ok) throw Object.assign(new Error(found.detail ?? answer.statusText), { status: answer.status });
  return found;
}

function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, properties);
  made.append(...children.filter((each) => each !== null && each !== undefined).map((each) => each instanceof Node ? each : String(each)));
  return made;
}

const button = (name, work, more = {}) => make("button", { type: "button", onclick: () => seeTo(work), ...more }, word(name));
const cell = (value, className = "") => make("td", { className }, value ?? "");
const numbers = (...values) => values.map((each) => cell(each === null || each === undefined ? "" : Number(each).toLocaleString(language), "number"));
const percent = (share) => share === null || share === undefined ? "" : `${(share * 100).toFixed(2)} %`;
const moment = (text) => text ? new Date(text).toLocaleString(language) : "";
const table = (heads, rows) => make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((each) => make("th", { scope: "col" }, each)))), make("tbody", {}, ...rows));
const state = (name) => make("span", { className: name === "active" ? "good" : "bad" }, word(name));

function notice(text) {
  document.getElementById("notice").textContent = text;
}

async function seeTo(work) {
  notice("");
  try {
    await work();
  } catch (wrong) {
    if (wrong.status === 401) return enter();
    notice(wrong.status ? wrong.message : word("away"));
  }
}

function enter() {
  const field = make("input", { type: "password", autocomplete: "off", id: "token" });
  const form = make("form", {}, make("label", { htmlFor: "token" }, word("token"), " "), field, " ", make("button", {}, word("enter")));
  form.onsubmit = (event) => {
    event.preventDefault();
    sessionStorage.setItem(TOKEN, field.value.trim());
    seeTo(route);
  };
  leave.hidden = true;
  main.replaceChildren(make("p", {}, word("ask")), form);
  field.focus();
}

async function list() {
  const { endpoints } = await ask("list");
  const rows = endpoints.map((each) => make("tr", {},
    cell(make("button", { type: "button", className: "plain", onclick: () => { location.hash = encodeURIComponent(each.name); } }, each.name)),
    cell(state(each.status)), cell(each.sink), ...numbers(each.figures?.lag, each.figures?.again),
    ...["1h", "24h", "7d"].map((window) => cell(percent(each.figures?.windows[window].share), "number"))));
  const heads = [word("name"), word("status"), word("sink"), word("behind"), word("again"), ...["hour", "day", "week"].map((each) => `${word("share")}, ${word(each)}`)];
  main.replaceChildren(button("reload", list), rows.length ? table(heads, rows) : make("p", {}, word("none")));
}

async function show(name) {
  const found = await ask("show", { name });
  const again = () => show(name);
  const say = (verb, said) => async () => { await ask("say", { name, verb }, {}, said?.() ?? {}); await again(); };
  const reason = () => { const why = prompt(word("why")); return why ? { reason: why } : {}; };
  const buttons = [
    button("back", async () => { location.hash = ""; }),
    button("reload", again),
    ["active", "unconsented"].includes(found.status) ? button("pause", say("pause", reason)) : button("resume", say("resume")),
    button("test", async () => {
      const told = await ask("test", { name }, {}, {});
      notice(word("tested", `${told.status ?? ""} ${outcome(told.kind, told.sentence)}`, told.ms, told.answer.slice(0, 500)));
    }),
    button("recover", () => recover(name)),
    found.signed ? button("rotate", async () => {
      if (confirm(word("sureRotate"))) notice(word("secret", (await ask("rotate", { name }, {}, {})).secret));
    }) : null,
  ];
  const tries = make("section");
  main.replaceChildren(make("h2", {}, name, " ", state(found.status)), make("p", {}, ...buttons.filter(Boolean)), terms(found), windows(found.figures), tries);
  await more(name, tries, false);
}

async function recover(name) {
  const days = Number(prompt(word("since"), "1"));
  if (!(days > 0)) return;
  const since = new Date(Date.now() - days * 86_400_000).toISOString();
  const { events } = await ask("recover", { name }, {}, { since, dryRun: true });
  if (!events) return notice(word("nothing"));
  if (!confirm(word("sureRecover", events))) return;
  await ask("recover", { name }, {}, { since });
  notice(word("resent"));
}

function terms(found) {
  const said = ["sink", "description", "reason", "types", "objectTypes", "branches", "filters", "config", "protocolsettings"]
    .filter((each) => found[each] !== null && found[each] !== undefined)
    .flatMap((each) => [make("dt", {}, word(each)), make("dd", {}, typeof found[each] === "string" ? found[each] : JSON.stringify(found[each]))]);
  return make("dl", {}, ...said);
}

function windows(figures) {
  if (!figures) return make("p", {}, word("never"));
  const rows = Object.entries(figures.windows).map(([name, each]) => make("tr", {}, cell(word({ "1h": "hour", "24h": "day", "7d": "week" }[name])),
    ...numbers(each.delivered, each.failed), cell(percent(each.share), "number"), ...numbers(each.p50, each.p95, each.p99)));
  const heads = ["window", "delivered", "failed", "share", "p50", "p95", "p99"].map((each) => word(each));
  const sparing = [
    ...(figures.breaker ? [`${word("breaker")}: ${word({ closed: "closed", open: "open", "half-open": "halfOpen" }[figures.breaker])}`] : []),
    ...(figures.away ? [word("unanswered")] : []),
    ...(figures.leftAlone ? [`${word("alone")}: ${Math.ceil(figures.leftAlone)} s`] : []),
  ].map((each) => ` · ${each}`).join("");
  return make("div", {}, table(heads, rows), make("p", { className: "dim" }, `${word("behind")}: ${figures.lag ?? "?"} · ${word("again")}: ${figures.again} · ${word("left")}: ${figures.left} · ${word("later")}: ${figures.deferred}${sparing}`));
}

async function more(name, place, failed) {
  const heads = ["time", "position", "attempt", "trigger", "ms", "result", "next"].map((each) => word(each));
  const shown = table(heads, []);
  const box = make("input", { type: "checkbox", id: "failed", checked: failed, onchange: () => seeTo(() => more(name, place, box.checked)) });
  const older = make("button", { type: "button", hidden: true }, word("older"));
  async function page(before) {
    const found = await ask("tries", { name }, { limit: 50, failed, ...(before ? { before } : {}) });
    shown.tBodies[0].append(...found.tries.map((each) => row(name, each)));
    older.hidden = found.before === null;
    older.onclick = () => seeTo(() => page(found.before));
  }
  await page(null);
  place.replaceChildren(make("h2", {}, word("tries")), make("p", {}, box, make("label", { htmlFor: "failed" }, " ", word("onlyFailed"))), shown, older);
}

function row(name, each) {
  const good = each.kind === "delivered";
  const open = make("button", { type: "button", className: `plain ${good ? "good" : "bad"}`, onclick: () => seeTo(() => unfold(name, each, made)) },
    each.status ?? "", " ", outcome(each.kind, each.sentence));
  const made = make("tr", {}, cell(moment(each.time)), ...numbers(each.position, each.attempt), cell(word(each.trigger)), ...numbers(each.ms), cell(open), cell(moment(each.next)));
  return made;
}

async function unfold(name, each, at) {
  if (at.nextElementSibling?.dataset.of === String(each.number)) return at.nextElementSibling.remove();
  const found = await ask("one", { name, number: each.number });
  const heads = (headers) => Object.entries(headers).map(([key, value]) => `${key}: ${value}`).join("\n");
  const part = (title, text) => make("div", {}, make("strong", {}, word(title)), make("pre", {}, text ?? ""));
  const parts = make("div", { className: "parts" }, part("request", heads(found.request)), part("body", found.body), part("response", heads(found.response)), part("answer", found.answer));
  const again = button("resend", async () => { await ask("resend", { name, number: each.number }); notice(word("resent")); });
  const unfolded = make("tr", {}, make("td", { colSpan: 7 }, again, make("span", { className: "dim" }, each.event, each.address ? ` · ${each.address}` : ""), parts));
  unfolded.dataset.of = each.number;
  at.after(unfolded);
}

async function route() {
  const said = decodeURIComponent(location.hash.slice(1));
  if (said.startsWith("token=")) {
    sessionStorage.setItem(TOKEN, said.slice("token=".length));
    history.replaceState(null, "", location.pathname);
    return route();
  }
  leave.hidden = !sessionStorage.getItem(TOKEN);
  await (said ? show(said) : list());
}

document.documentElement.lang = language;
document.title = document.getElementById("title").textContent = `OMS · ${word("title")}`;
leave.textContent = word("leave");
leave.onclick = () => { sessionStorage.removeItem(TOKEN); location.hash = ""; enter(); };
window.addEventListener("hashchange", () => seeTo(route));
seeTo(route);
