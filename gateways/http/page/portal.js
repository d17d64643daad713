// The portal: endpoints of webhooks for who owns them. It says nothing that the doors under /portal/subscriptions do not.

import { asked, choice, field, read } from "/portal/asking.js";
import { button, notice, seeTo, whenTurnedAway } from "/portal/doing.js";
import { ask, token, Turned } from "/portal/doors.js";
import { column, legible, make, number, percent, row, state, table } from "/portal/making.js";
import { tries } from "/portal/tries.js";
import { language, outcome, word, wrong } from "/portal/words.js";

const main = document.getElementById("main");
const leave = document.getElementById("leave");
const HOUR = 3_600;
const WINDOWS = { "1h": "hour", "24h": "day", "7d": "week" };
const BREAKERS = { closed: "closed", open: "open", "half-open": "halfOpen" };
const TERMS = ["sink", "description", "reason", "types", "objectTypes", "branches", "source", "filters", "config", "protocolsettings"];
let turn = 0;

function named() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return location.hash.slice(1); // nobody made that by a link of this page
  }
}

/** Shows what the address names. What comes too late, behind another address, is not shown. */
async function route() {
  const said = named();
  if (said.startsWith("token=")) {
    token.keep(said.slice("token=".length));
    history.replaceState(null, "", location.pathname);
    return route();
  }
  const mine = ++turn;
  leave.hidden = !token.there();
  main.setAttribute("aria-busy", "true");
  if (!main.hasChildNodes()) main.append(make("p", {}, word("loading")));
  let shown;
  try {
    shown = await (said ? endpoint(said) : endpoints());
  } catch (error) {
    if (!(error instanceof Turned) || error.status === 401) throw error;
    shown = failed(said, error);
  }
  if (mine === turn) place(said, shown);
}

/** Puts it there; the focus stays at what has the same name, or goes to what is new. */
function place(said, shown) {
  const before = main.contains(document.activeElement) ? document.activeElement : null;
  const heading = shown[0];
  document.title = `${said ? `${said} · ` : ""}OMS · ${word("title")}`;
  main.replaceChildren(...shown);
  main.removeAttribute("aria-busy");
  const again = before?.dataset.does && main.querySelector(`[data-does="${before.dataset.does}"]`);
  if (again) again.focus();
  else if (before || main.dataset.of !== said) heading.focus({ preventScroll: !before });
  main.dataset.of = said;
}

const heading = (...children) => make("h2", { tabIndex: -1 }, ...children);
const reload = () => button("reload", route);
const toAll = () => make("a", { href: "#", className: "back" }, word("back"));

function failed(said, error) {
  return [heading(word("notShown")), make("p", { className: "bad", role: "alert" }, wrong(error)),
    make("div", { className: "row" }, said ? toAll() : null, reload())];
}

async function endpoints() {
  const { endpoints: found } = await ask("list");
  const columns = [
    column("name", "long"), column("status", "short"), column("sink", "long"), column("behind", "number"), column("again", "number"),
    ...Object.values(WINDOWS).map((each) => column(each, "number", `${word("share")}, ${word(each)}`)),
  ];
  const rows = found.map((each) => row(columns,
    make("a", { href: `#${encodeURIComponent(each.name)}` }, each.name), state(each.status), each.sink,
    number(each.figures?.lag), number(each.figures?.again), ...Object.keys(WINDOWS).map((window) => percent(each.figures?.windows[window].share))));
  return [heading(word("endpoints")), make("div", { className: "row" }, reload()),
    rows.length ? table(word("endpoints"), columns, rows) : make("p", {}, word("none"))];
}

async function endpoint(name) {
  const [found, section] = await Promise.all([ask("show", { name }), tries(name)]);
  const running = ["active", "unconsented"].includes(found.status);
  const buttons = [
    reload(),
    running ? button("pause", () => pause(name), "say") : button("resume", () => say(name, "resume", {}), "say"),
    button("test", () => test(name)), button("recover", () => recover(name)),
    found.signed ? button("rotate", () => rotate(name)) : null,
  ];
  return [heading(name, " ", state(found.status)), make("p", {}, toAll()), make("div", { className: "row" }, ...buttons),
    terms(found), ...figures(found.figures), section];
}

async function say(name, verb, said) {
  await ask("say", { name, verb }, {}, said);
  await route();
}

async function pause(name) {
  const said = await asked(word("pause"), word("surePause"), word("pause"), field("why", { maxLength: 2_000 }));
  if (said) await say(name, "pause", said.why.trim() ? { reason: said.why.trim() } : {});
}

async function test(name) {
  const told = await ask("test", { name }, {}, {});
  const result = `${told.status ?? ""} ${outcome(told.kind, told.sentence)}`.trim();
  notice(word("tested", result, number(told.ms), told.answer.slice(0, 500)), told.kind !== "delivered");
}

async function rotate(name) {
  const overlaps = [[24 * HOUR, word("day")], [7 * 24 * HOUR, word("week")], [HOUR, word("hour")], [0, word("atOnce")]];
  const said = await asked(word("rotate"), word("sureRotate"), word("rotate"), choice("overlap", overlaps, 24 * HOUR));
  if (!said) return;
  const { secret } = await ask("rotate", { name }, {}, { overlap: Number(said.overlap) });
  await read(word("rotate"), word("secret"), secret);
}

async function recover(name) {
  const spans = [[HOUR, word("hour")], [24 * HOUR, word("day")], [7 * 24 * HOUR, word("week")], [30 * 24 * HOUR, word("month")]];
  const said = await asked(word("recover"), null, word("count"), choice("span", spans, 24 * HOUR));
  if (!said) return;
  const since = new Date(Date.now() - Number(said.span) * 1_000).toISOString();
  const { events } = await ask("recover", { name }, {}, { since, dryRun: true });
  if (!events) return notice(word("nothing"));
  if (!await asked(word("recover"), word("sureRecover", number(events)), word("resend"))) return;
  await ask("recover", { name }, {}, { since });
  notice(word("resent"));
}

function terms(found) {
  const said = TERMS.filter((each) => found[each] !== null && found[each] !== undefined);
  return make("dl", {}, ...said.flatMap((each) => [make("dt", {}, word(each)), make("dd", {}, legible(found[each]))]));
}

function figures(found) {
  if (!found) return [];
  const columns = [column("window"), ...["delivered", "failed", "share", "p50", "p95", "p99"].map((each) => column(each, "number"))];
  const rows = Object.entries(found.windows).map(([name, each]) => row(columns,
    word(WINDOWS[name]), number(each.delivered), number(each.failed), percent(each.share), number(each.p50), number(each.p95), number(each.p99)));
  const said = [
    `${word("behind")}: ${number(found.lag) ?? "?"}`, `${word("again")}: ${number(found.again)}`,
    `${word("left")}: ${number(found.left)}`, `${word("later")}: ${number(found.deferred)}`,
    found.breaker && `${word("breaker")}: ${word(BREAKERS[found.breaker])}`,
    found.away && word("unanswered"),
    found.leftAlone > 0 && `${word("alone")}: ${number(Math.ceil(found.leftAlone))} s`,
  ];
  return [table(word("window"), columns, rows), make("p", { className: "dim" }, said.filter(Boolean).join(" · "))];
}

/** Asks for a token; one that opened nothing is forgotten. */
function enter() {
  turn += 1;
  const refused = token.there();
  token.forget();
  leave.hidden = true;
  const typed = make("input", { type: "password", autocomplete: "off", required: true, className: "wide", ...(refused ? { "aria-describedby": "refused" } : {}) });
  const form = make("form", { className: "fields" }, make("label", {}, word("token"), typed), make("button", {}, word("enter")));
  form.onsubmit = (event) => {
    event.preventDefault();
    token.keep(typed.value.trim());
    seeTo(route);
  };
  document.title = `OMS · ${word("title")}`;
  main.removeAttribute("aria-busy");
  main.replaceChildren(...(refused ? [make("p", { className: "bad", id: "refused", role: "alert" }, word("GATEWAY_TOKEN"))] : []), make("p", {}, word("ask")), form);
  typed.focus();
}

document.documentElement.lang = language;
document.title = document.getElementById("title").textContent = `OMS · ${word("title")}`;
leave.textContent = word("leave");
leave.onclick = () => {
  token.forget();
  history.replaceState(null, "", location.pathname);
  notice("");
  enter();
};
whenTurnedAway(enter);
window.addEventListener("hashchange", () => seeTo(route));
seeTo(route);
