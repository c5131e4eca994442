// Small parts that every view uses.

import { Failure } from "../core/failure.js";
import { html, useState } from "../core/view.js";
import { Icon } from "./icons.js";

/**
 * @param {{children?: any, icon?: string, kind?: string, busy?: boolean, [more: string]: any}} props
 *   kind: `primary`, `danger`, `quiet`, or nothing
 */
export function Button({ children, icon, kind = "", busy = false, ...more }) {
  return html`<button type="button" class=${`button ${kind}`} aria-busy=${busy ? "true" : undefined} ...${more}>
    ${icon && html`<${Icon} name=${icon} />`}${children}
  </button>`;
}

/** A state, as a word with a dot. @param {{name: string}} props */
export function State({ name }) {
  return html`<span class=${`state ${name.replaceAll(" ", "-")}`}><span class="dot"></span>${name}</span>`;
}

/** Something that people should read. @param {{kind?: string, title: any, children?: any, alert?: boolean}} props */
export function Callout({ kind = "bad", title, children, alert = false }) {
  return html`<div class=${`callout ${kind}`} role=${alert ? "alert" : undefined}>
    <${Icon} name=${kind === "good" ? "check" : "warn"} />
    <div class="callout-text"><p class="callout-title">${title}</p>${children}</div>
  </div>`;
}

/** Why a click did not work, and what to do. @param {{failure: Failure | null}} props */
export function Refusal({ failure }) {
  if (!failure) return null;
  return html`<${Callout} title=${sentence(failure.message)} alert>
    ${failure.next && html`<${Next} text=${failure.next} />`}
  <//>`;
}

/** What to do next. @param {{text: string}} props */
export function Next({ text }) {
  const isCommand = text.startsWith("cstudio ");
  return html`<p class="next">What to do: ${isCommand ? html`<code>${text}</code>` : marked(text)}</p>`;
}

/** What backquotes enclose is shown as code. @param {string} text */
export function marked(text) {
  return text.split("`").map((part, at) => (at % 2 ? html`<code>${part}</code>` : part));
}

/** Begins with a capital, ends with a full stop, as the page's own sentences do. @param {string} text */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return marked(/[.!?:…]$/.test(whole) ? whole : `${whole}.`);
}

/** Nothing is here: why, and what to do. @param {{title: any, children?: any, icon?: string}} props */
export function Empty({ title, children, icon }) {
  return html`<div class="empty">${icon && html`<${Icon} name=${icon} />`}<h2>${title}</h2>${children}</div>`;
}

/** How far work is. @param {{title: any, detail?: any, done?: number, of: number}} props */
export function Progress({ title, detail, done, of }) {
  const label = `${title}${detail ? `, ${detail}` : ""}`;
  return html`<div class="progress">
    <div class="progress-words"><span>${title}</span><span class="soft num">${detail}</span></div>
    <progress aria-label=${label} max=${of} value=${done} />
  </div>`;
}

/** @param {{text: string, label: string}} props */
export function Copy({ text, label }) {
  const [done, set] = useState(false);
  const copy = async () => {
    await copied(text);
    set(true);
    setTimeout(() => set(false), 1500);
  };
  return html`<${Button} kind="quiet small" icon=${done ? "check" : "copy"} aria-label=${label} onClick=${copy}>
    <span class="copy-word">${done ? "Copied" : "Copy"}</span>
  <//>`;
}

/** @param {string} text */
async function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

let fields = 0;

/**
 * A field with its name, a hint, and what is wrong with it.
 * @param {{label: string, hint?: any, fault?: string, children: (ids: any) => any}} props
 */
export function Field({ label, hint, fault, children }) {
  const [id] = useState(() => `field-${(fields += 1)}`);
  const about = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ") || undefined;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children({ id, "aria-describedby": about, "aria-invalid": fault ? "true" : undefined })}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${fault && html`<p class="fault" id=${`${id}-fault`}>${sentence(fault)}</p>`}
  </div>`;
}

/** A box to tick. @param {{label: any, checked: boolean, onChange: (on: boolean) => void}} props */
export function Tick({ label, checked, onChange }) {
  return html`<label class="tick"><input type="checkbox" checked=${checked} onChange=${(/** @type {any} */ e) => onChange(e.currentTarget.checked)} /><span>${label}</span></label>`;
}

/** While something is fetched. @param {{what: string}} props */
export function Loading({ what }) {
  return html`<p class="loading" role="status">Loading ${what}…</p>`;
}
