// What somebody wants done, one thing at a time each, and what is said about it.

import { Turned } from "/portal/doors.js";
import { make } from "/portal/making.js";
import { word, wrong } from "/portal/words.js";

let turnedAway = () => {};

/** `enter` is called where a token is needed, or is none. */
export function whenTurnedAway(enter) {
  turnedAway = enter;
}

export function notice(text, bad = false) {
  const place = document.getElementById("notice");
  place.className = bad ? "bad" : "";
  place.textContent = text;
}

/** Does it, and says what went wrong. Throws what is a defect of the page itself. */
export async function seeTo(work) {
  notice("");
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Turned)) {
      notice(word("broken"), true);
      throw error;
    }
    if (error.status === 401) turnedAway();
    else notice(wrong(error), true);
  }
}

/** A button that does nothing twice at once. `does` is what finds it again when its place is made anew. */
export function button(name, work, does = name) {
  const made = make("button", { type: "button", "data-does": does }, word(name));
  made.onclick = () => once(made, work);
  return made;
}

export async function once(control, work) {
  if (control.getAttribute("aria-disabled") === "true") return;
  control.setAttribute("aria-disabled", "true"); // not `disabled`, which takes the focus away
  try {
    await seeTo(work);
  } finally {
    control.removeAttribute("aria-disabled");
  }
}
