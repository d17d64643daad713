// The doors of the portal, and the token that opens them. The token is kept until the tab is closed.

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

export const token = {
  there: () => sessionStorage.getItem(TOKEN) !== null,
  keep: (given) => sessionStorage.setItem(TOKEN, given),
  forget: () => sessionStorage.removeItem(TOKEN),
};

/** What a door answered where it did not let in: its status, 0 where nobody did; the code of the finding. */
export class Turned extends Error {
  constructor(status, code = "", detail = "") {
    super(detail);
    Object.assign(this, { status, code });
  }
}

/** The answer. Throws `Turned`. */
export async function ask(door, given = {}, query = {}, said = undefined) {
  const [method, path] = DOORS[door];
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(given[name]));
  const search = new URLSearchParams(query).toString();
  const kept = sessionStorage.getItem(TOKEN);
  const headers = kept === null ? {} : { Authorization: `Bearer ${kept}` };
  if (said !== undefined) headers["Content-Type"] = "application/json";
  const body = said === undefined ? undefined : JSON.stringify(said);
  let answer, text;
  try {
    answer = await fetch(search ? `${filled}?${search}` : filled, { method, headers, body });
    text = await answer.text();
  } catch {
    throw new Turned(0);
  }
  const found = read(text);
  if (!answer.ok || found === undefined) throw new Turned(answer.status, found?.code, found?.detail ?? answer.statusText);
  return found;
}

function read(text) {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return undefined; // what stands in between said it, not OMS
  }
}
