// The studio itself: a tab for each port that has a page.

import { STUDIO_TABS, studioLink } from "../core/routes.js";
import { address, possible, state } from "../core/studios.js";
import { html, useState } from "../core/view.js";
import { note } from "../live/doing.js";
import { Copy, Empty } from "../parts/basics.js";
import { Panel, Tabs } from "../parts/tabs.js";
import { OpenPort, StartStop, named } from "./studio_parts.js";

/** @param {{studio: any, who: any, shown: boolean, detail: string}} props */
export function ViewTab({ studio, who, shown, detail }) {
  const ports = studio.ports || [];
  const pages = ports.filter((/** @type {any} */ port) => port.html);
  const [last, setLast] = useState(detail);
  if (shown && detail && detail !== last) setLast(detail);
  if (!possible(studio).open) return html`<${NotRunning} studio=${studio} />`;
  if (studio.owner !== who?.login) return html`<${Foreign} studio=${studio} />`;
  if (!ports.length) return html`<${NoPort} />`;
  const current = pages.find((/** @type {any} */ port) => String(port.port) === last) || pages[0];
  const pick = (/** @type {string} */ id) => {
    note("Studios/OpenPort", { ...named(studio), port: id });
    location.hash = studioLink(studio, STUDIO_TABS[0], id);
  };
  const tabs = pages.map((/** @type {any} */ port) => ({ id: String(port.port), label: port.label || `Port ${port.port}` }));
  return html`
    ${current && html`<div class="stage-head">
      <${Tabs} kind="minor" label="Ports" prefix="port" tabs=${tabs} current=${String(current.port)} onPick=${pick} />
      <${OpenPort} studio=${studio} port=${current} words="Pop out" />
    </div>`}
    ${pages.map((/** @type {any} */ port) => html`<${Panel} key=${port.port} prefix="port" id=${String(port.port)} hidden=${port !== current} kind="stage">
      <${Stage} studio=${studio} port=${port} who=${who} wanted=${port === current} />
    <//>`)}
    <${Others} ports=${ports.filter((/** @type {any} */ port) => !port.html)} />
  `;
}

/** A port's page in a frame, where it may be; it is kept while another tab is shown. @param {any} props */
function Stage({ studio, port, who, wanted }) {
  const [seen, setSeen] = useState(wanted);
  if (wanted && !seen) setSeen(true);
  const label = port.label || `Port ${port.port}`;
  if (!who?.embedding) {
    return html`<${Empty} title=${`${label} opens in a tab of its own`}>
      <p>Here the page and the studios share one address, and a studio inside this page could act in your name.</p>
      <${OpenPort} studio=${studio} port=${port} words=${`Open ${label}`} />
    <//>`;
  }
  return seen && html`<iframe src=${address(port)} title=${`${label} of ${studio.name}`} allow="clipboard-read; clipboard-write; fullscreen"></iframe>`;
}

/** @param {{ports: any[]}} props */
function Others({ ports }) {
  if (!ports.length) return null;
  return html`<section class="card"><h2>Ports without a page</h2><ul class="plain">
    ${ports.map((port) => html`<li class="row"><span class="num">${port.port}</span> <span>${port.label}</span> <code class="grow cut">${port.url}</code> <${Copy} text=${port.url} label=${`Copy the address of port ${port.port}`} /></li>`)}
  </ul></section>`;
}

/** @param {{studio: any}} props */
function NotRunning({ studio }) {
  const now = state(studio);
  if (now === "starting") return html`<${Empty} title="It is on its way"><p>What it serves is shown here when it runs.</p><//>`;
  if (now === "stopping") return html`<${Empty} title="It is stopping"><p>What was written inside is copied back first.</p><//>`;
  return html`<${Empty} title=${now === "failed" ? "It did not start" : "It is stopped"}>
    <p>${now === "failed" ? "The reason is above; the logs may tell more." : "Its files are kept. Start it to see what it serves."}</p>
    <p class="buttons"><${StartStop} studio=${studio} /></p>
  <//>`;
}

/** @param {{studio: any}} props */
function Foreign({ studio }) {
  return html`<${Empty} icon="person" title=${`It is ${studio.owner}’s`}><p>Only its owner can enter a studio. You can stop or delete it.</p><//>`;
}

function NoPort() {
  return html`<${Empty} title="It has no port"><p>Its template exposes none. Actions, files and logs work as ever.</p><//>`;
}
