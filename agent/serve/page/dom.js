// Makes elements. All text goes in as text: a title in a catalog may be written by anybody.

/** Return an element: h("button.plain", {type: "button", onclick}, "Like"). */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "disabled" || key === "hidden") made[key] = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) made.append(child);
  }
  return made;
}

/** Return the element with that id. */
export const at = (id) => document.getElementById(id);

/** Say something to those who do not see the page change. */
export function announce(text) {
  at("status").textContent = "";
  requestAnimationFrame(() => { at("status").textContent = text; });
}

/** Return an address that may stand in a link, or null: only the web, never a script. */
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

/** Ask in a dialog; return what was typed (or true where nothing is to be typed), null where it was cancelled. */
export function ask({ title, text, yes, input }) {
  const dialog = at("dialog");
  at("dialog-title").textContent = title;
  at("dialog-text").textContent = text;
  at("dialog-yes").textContent = yes;
  const field = at("dialog-input");
  field.hidden = input === undefined;
  field.required = input !== undefined;
  field.type = input?.secret ? "password" : "text";
  field.maxLength = input?.longest ?? 200;
  field.value = input?.value ?? "";
  at("dialog-label").textContent = title;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") resolve(null);
      else resolve(input === undefined ? true : field.value.trim());
    }, { once: true });
  });
}
