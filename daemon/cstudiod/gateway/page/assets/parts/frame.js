// What stands around every view: the bar above, the commands below, and what is read out.

import { useNow } from "../live/loading.js";
import { commands } from "../live/doing.js";
import { connection, retryNow } from "../live/following.js";
import { said } from "../live/saying.js";
import { link } from "../core/routes.js";
import { useStore } from "../core/store.js";
import { html, useState } from "../core/view.js";
import { Button, Copy } from "./basics.js";
import { Icon } from "./icons.js";

/** @param {{route: any, who: any}} props */
export function Bar({ route, who }) {
  const places = [
    ["studios", "Studios", ["studios", "studio"]],
    ["templates", "Templates", ["templates", "template", "template-new"]],
    ["webapps", "Web apps", ["webapps"]],
    ...(who?.admin ? [["sync", "Sync", ["sync"]]] : []),
  ];
  return html`<header class="bar">
    <a class="brand" href="#/"><img src="/assets/icon.svg" alt="" width="22" height="22" />cstudio</a>
    <nav aria-label="Main"><ul>
      ${places.map(
        ([id, label, views]) => html`<li><a href=${link(/** @type {string} */ (id))}
          aria-current=${views.includes(route.view) ? "page" : undefined}>${label}</a></li>`,
      )}
    </ul></nav>
    ${who && html`<a class="who" href="/sign-out" title="Sign out"><${Icon} name="person" /><span class="who-name">${who.login}</span><span class="unseen">, sign out</span></a>`}
  </header>`;
}

/** Told while nothing answers. */
export function Lost() {
  const { lost, retryAt } = useStore(connection);
  return html`<div role="status" class="lost-place">${lost && html`<${LostWords} retryAt=${retryAt} />`}</div>`;
}

/** @param {{retryAt: number}} props */
function LostWords({ retryAt }) {
  const seconds = Math.max(0, Math.ceil((retryAt - useNow(500)) / 1000));
  return html`<div class="lost">
    <${Icon} name="lost" />
    <p>The daemon does not answer; what you see may be out of date.
      <span class="soft" aria-hidden="true"> Trying again${seconds ? ` in ${seconds} s` : ""}.</span></p>
    <${Button} kind="small" onClick=${retryNow}>Try now<//>
  </div>`;
}

/** Says changes to whoever cannot see them. */
export function Spoken() {
  return html`<div class="unseen" aria-live="polite" role="status">${useStore(said)}</div>`;
}

/** The last click as a command, and the ones before. */
export function Commands() {
  const all = useStore(commands);
  const [open, setOpen] = useState(false);
  if (!all.length) return null;
  return html`<section class="commands" aria-label="Commands">
    ${open && html`<ol class="commands-list" tabindex="0" aria-label="What you did, as commands, newest first">
      ${all.slice(1).map((one) => html`<li key=${one.time}><code>${one.command}</code><${Copy} text=${one.command} label=${`Copy ${one.command}`} /></li>`)}
      ${all.length === 1 && html`<li class="soft">What you do next is listed here.</li>`}
    </ol>`}
    <div class="commands-bar">
      <${Icon} name="terminal" />
      <code class="commands-last" title=${all[0].command}>${all[0].command}</code>
      <${Copy} text=${all[0].command} label="Copy the last command" />
      <${Button} kind="quiet small" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>
        ${open ? "Close" : `Commands`}
      <//>
    </div>
  </section>`;
}
