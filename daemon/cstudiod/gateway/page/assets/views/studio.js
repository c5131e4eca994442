// One studio: what it is, what can be done with it, and its four tabs.

import { STUDIO_TABS, link, studioLink } from "../core/routes.js";
import { useStore } from "../core/store.js";
import { state } from "../core/studios.js";
import { ago, moment } from "../core/words.js";
import { html, useState } from "../core/view.js";
import { act, useDoing } from "../live/doing.js";
import { useNow } from "../live/loading.js";
import { find, studios } from "../live/studios.js";
import { Button, Empty, Loading, Refusal, State } from "../parts/basics.js";
import { Panel, Tabs } from "../parts/tabs.js";
import { ChangeOwner, DeleteStudio, PublishStudio } from "./asking.js";
import { ActionsTab } from "./studio_actions.js";
import { FilesTab } from "./studio_files.js";
import { LogsTab } from "./studio_logs.js";
import { ViewTab } from "./studio_view.js";
import { StartStop, Troubles, named } from "./studio_parts.js";

const LABELS = { view: "View", actions: "Actions", files: "Files", logs: "Logs" };

/** @param {{route: any, who: any}} props */
export function StudioPage({ route, who }) {
  const { complete } = useStore(studios);
  const studio = find(route.project, route.name);
  const [seen, setSeen] = useState(() => new Set([route.tab]));
  if (!studio && !complete) return html`<h1 tabindex="-1">${route.name}</h1><${Loading} what="the studio" />`;
  if (!studio) return html`<${Gone} route=${route} />`;
  if (!seen.has(route.tab)) setSeen(new Set([...seen, route.tab]));
  const go = (/** @type {string} */ tab) => {
    location.hash = studioLink(studio, tab);
  };
  const tabs = STUDIO_TABS.map((id) => ({
    id,
    label: /** @type {Record<string, string>} */ (LABELS)[id],
    badge: id === "files" && (studio.conflictCount || 0) + (studio.problemCount || 0),
  }));
  const views = /** @type {Record<string, any>} */ ({ view: ViewTab, actions: ActionsTab, files: FilesTab, logs: LogsTab });
  return html`
    <${Head} studio=${studio} who=${who} />
    <div class="troubles"><${Troubles} studio=${studio} whole=${true} /></div>
    <${Tabs} label=${`Parts of ${studio.name}`} prefix="studio" tabs=${tabs} current=${route.tab} onPick=${go} />
    ${STUDIO_TABS.map((id) => html`<${Panel} key=${id} prefix="studio" id=${id} hidden=${id !== route.tab} kind=${id}>
      ${(seen.has(id) || id === route.tab) && html`<${views[id]} studio=${studio} who=${who} shown=${id === route.tab} detail=${id === route.tab ? route.detail : ""} />`}
    <//>`)}
  `;
}

/** @param {{route: any}} props */
function Gone({ route }) {
  return html`<h1 class="unseen" tabindex="-1">${route.name}</h1>
    <${Empty} title=${`There is no studio ${route.name} in ${route.project}`}>
      <p>It was deleted, or it is not yours to see. <a href="#/studios">All studios</a></p>
    <//>`;
}

/** @param {{studio: any, who: any}} props */
function Head({ studio, who }) {
  const [asking, setAsking] = useState("");
  const close = () => setAsking("");
  const mine = studio.owner === who?.login;
  return html`
    <nav class="crumbs" aria-label="Where you are"><a href="#/studios">Studios</a><span aria-hidden="true">/</span><span>${studio.project}</span></nav>
    <div class="head studio-head">
      <div class="head-name"><h1 tabindex="-1">${studio.name}</h1><${State} name=${state(studio)} /></div>
      <div class="buttons">
        <${StartStop} studio=${studio} />
        ${mine && (studio.ports || []).length > 0 && html`<${Button} icon="open" onClick=${() => setAsking("publish")}>Publish…<//>`}
        <${Button} icon="person" onClick=${() => setAsking("owner")}>Owner…<//>
        <${Button} icon="bin" onClick=${() => setAsking("delete")}>Delete…<//>
      </div>
    </div>
    <${Facts} studio=${studio} who=${who} />
    ${asking === "delete" && html`<${DeleteStudio} studio=${studio} onClose=${close} />`}
    ${asking === "publish" && html`<${PublishStudio} studio=${studio} onClose=${close} />`}
    ${asking === "owner" && html`<${ChangeOwner} studio=${studio} onClose=${close} />`}
  `;
}

/** @param {{studio: any, who: any}} props */
function Facts({ studio, who }) {
  const now = useNow(10_000);
  return html`<dl class="facts">
    <div><dt>Template</dt><dd><a href=${link("templates", studio.template)}>${studio.template}</a></dd></div>
    <div><dt>Runs on</dt><dd>${studio.runtime}${studio.configuration ? ` (${studio.configuration})` : ""}</dd></div>
    <div><dt>Owner</dt><dd>${studio.owner}${studio.owner === who?.login ? " (you)" : ""}</dd></div>
    <div><dt>Since</dt><dd title=${moment(studio.stateTime)}>${ago(studio.stateTime, now)}</dd></div>
    ${studio.restarts ? html`<div><dt>Restarts</dt><dd class="num">${studio.restarts}</dd></div>` : null}
    ${studio.idleStopTime && html`<${Idle} studio=${studio} />`}
  </dl>`;
}

/** @param {{studio: any}} props */
function Idle({ studio }) {
  const doing = useDoing();
  const keep = () => doing.run(() => act("Studios/KeepStudioAlive", named(studio)));
  return html`<div><dt>Stops by itself</dt><dd>${moment(studio.idleStopTime)}
    <${Button} kind="quiet small" busy=${doing.busy} onClick=${keep}>Keep alive<//><${Refusal} failure=${doing.failure} /></dd></div>`;
}
