// A question or a form over the page. The browser keeps the focus inside, and gives it back.

import { html, useLayoutEffect, useRef } from "../core/view.js";
import { Button } from "./basics.js";

let count = 0;

/**
 * @param {{title: string, onClose: () => void, children: any, command?: string, onSubmit?: () => void}} props
 *   `children` end with `.dialog-foot`
 */
export function Dialog({ title, onClose, children, onSubmit }) {
  const box = useRef(/** @type {any} */ (null));
  const id = useRef(`dialog-${(count += 1)}`);
  useLayoutEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    box.current.showModal();
    box.current.querySelector("input, select, .dialog-foot button")?.focus();
    return () => before?.focus?.();
  }, []);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    onSubmit?.();
  };
  return html`<dialog class="dialog" ref=${box} aria-labelledby=${id.current} onClose=${onClose}>
    <form method="dialog" novalidate onSubmit=${submit}>
      <div class="dialog-head">
        <h2 id=${id.current}>${title}</h2>
        <${Button} kind="quiet" icon="close" aria-label="Close" onClick=${() => box.current.close()} />
      </div>
      ${children}
    </form>
  </dialog>`;
}

/** What a dialog's button will do, as a command. @param {{text: string}} props */
export function AsCommand({ text }) {
  return html`<p class="as-command"><span class="soft">As a command</span><code>${text}</code></p>`;
}
