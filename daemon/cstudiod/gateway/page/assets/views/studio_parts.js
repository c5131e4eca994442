// Parts that the list and the page of a studio share.

import { studioLink } from "../core/routes.js";
import { address, possible, progress, state, trouble, wouldLose } from "../core/studios.js";
import { html, useState } from "../core/view.js";
import { act, note, useDoing } from "../live/doing.js";
import { Button, Callout, Next, Progress, Refusal, sentence } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";
import { LoseChanges } from "./asking.js";

/** @param {any} studio */
export const named = (studio) => ({ name: studio.name, project: studio.project });

/** Start or stop, whichever is possible. @param {{studio: any, small?: boolean}} props */
export function StartStop({ studio, small = false }) {
  const doing = useDoing();
  const can = possible(studio);
  const kind = small ? "small" : "";
  const go = (/** @type {string} */ method) => () => doing.run(() => act(method, named(studio)));
  return html`
    ${can.start && html`<${Button} kind=${small ? kind : "primary"} icon="play" busy=${doing.busy} aria-label=${`Start ${studio.name}`} onClick=${go("Studios/StartStudio")}>Start<//>`}
    ${can.restart && !small && html`<${Button} icon="again" busy=${doing.busy} aria-label=${`Restart ${studio.name}`} onClick=${go("Studios/RestartStudio")}>Restart<//>`}
    ${can.stop && html`<${Button} kind=${kind} icon="stop" busy=${doing.busy} aria-label=${`Stop ${studio.name}`} onClick=${go("Studios/StopStudio")}>Stop<//>`}
    <${Refusal} failure=${doing.failure} />
  `;
}

/** @param {{studio: any, port: any, words?: string}} props */
export function OpenPort({ studio, port, words }) {
  const label = port.label || `Port ${port.port}`;
  return html`<a class="button small" href=${address(port)} target="_blank" rel="noopener"
    aria-label=${`Open ${label} of ${studio.name} in a new tab`}
    onClick=${() => note("Studios/OpenPort", { ...named(studio), port: port.port })}><${Icon} name="open" />${words || label}</a>`;
}

/** What keeps it busy, and what is wrong with it. @param {{studio: any, whole?: boolean}} props */
export function Troubles({ studio, whole = false }) {
  const way = progress(studio);
  const files = trouble(studio);
  return html`
    ${way && html`<${Progress} ...${way} />`}
    ${studio.reason && html`<${Reason} studio=${studio} whole=${whole} />`}
    ${files && !whole && html`<p class="note"><${Icon} name="warn" /><a href=${studioLink(studio, "files")}>${files}</a> in its files</p>`}
    ${studio.outdated && state(studio) === "running" && html`<p class="note soft">Its template was changed since it started; a restart takes that up.</p>`}
  `;
}

/** @param {{studio: any, whole: boolean}} props */
function Reason({ studio, whole }) {
  const { message, evidence, next } = studio.reason;
  const loss = wouldLose(studio);
  return html`<${Callout} title=${sentence(message)}>
    ${evidence && html`<details open=${whole}><summary>${loss ? "What would be lost" : "What was said"}</summary><pre class="evidence" tabindex="0" aria-label="Evidence">${evidence}</pre></details>`}
    ${next && html`<${Next} text=${next} />`}
    ${loss && html`<${Lose} studio=${studio} />`}
  <//>`;
}

/** @param {{studio: any}} props */
function Lose({ studio }) {
  const [asking, setAsking] = useState(false);
  return html`<p class="buttons">
    <${Button} kind="danger small" onClick=${() => setAsking(true)}>Stop and lose these changes…<//>
    ${asking && html`<${LoseChanges} studio=${studio} onClose=${() => setAsking(false)} />`}
  </p>`;
}
