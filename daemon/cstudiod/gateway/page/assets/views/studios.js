// The list of studios, and the way to a new one.

import { studioLink } from "../core/routes.js";
import { useStore } from "../core/store.js";
import { matching, sorted, state } from "../core/studios.js";
import { plural } from "../core/words.js";
import { html, useMemo, useState } from "../core/view.js";
import { note } from "../live/doing.js";
import { studios } from "../live/studios.js";
import { Button, Empty, Loading, State } from "../parts/basics.js";
import { CreateStudio } from "./create.js";
import { OpenPort, StartStop, Troubles } from "./studio_parts.js";

const STATES = ["running", "starting", "stopping", "stopped", "failed"];

/** @param {{who: any}} props */
export function StudioList({ who }) {
  const { complete, all } = useStore(studios);
  const [wanted, setWanted] = useState({ text: "", state: "" });
  const [creating, setCreating] = useState(false);
  const list = useMemo(() => sorted(all.values()), [all]);
  const shown = useMemo(() => matching(list, wanted), [list, wanted]);
  const create = () => setCreating(true);
  return html`
    <div class="head">
      <h1 tabindex="-1">Studios</h1>
      <${Button} kind="primary" icon="plus" onClick=${create}>New studio<//>
    </div>
    ${list.length > 0 && html`<${Filter} wanted=${wanted} set=${setWanted} shown=${shown.length} all=${list.length} />`}
    ${!complete && !list.length && html`<${Loading} what="studios" />`}
    ${complete && !list.length && html`<${NoStudio} create=${create} />`}
    ${list.length > 0 && !shown.length && html`<${Empty} icon="search" title="No studio fits the filter">
      <${Button} onClick=${() => setWanted({ text: "", state: "" })}>Show all<//><//>`}
    <ul class="studios" aria-label="Studios">
      ${shown.map((/** @type {any} */ one) => html`<${Row} key=${one.uid} studio=${one} who=${who} />`)}
    </ul>
    ${creating && html`<${CreateStudio} projects=${[...new Set(list.map((/** @type {any} */ one) => one.project))]} onClose=${() => setCreating(false)} />`}
  `;
}

/** @param {{create: () => void}} props */
function NoStudio({ create }) {
  return html`<${Empty} title="No studio yet">
    <p>A studio is an editor or an app, running beside its files: JupyterLab, VS Code, Streamlit,
    or any program with a port. It is made from a <a href="#/templates">template</a>.</p>
    <${Button} kind="primary" icon="plus" onClick=${create}>Make the first one<//>
  <//>`;
}

/** @param {{wanted: any, set: (wanted: any) => void, shown: number, all: number}} props */
function Filter({ wanted, set, shown, all }) {
  return html`<div class="filter" role="search">
    <input type="search" aria-label="Filter by name, project, template or owner" placeholder="Filter by name, project, template, owner"
      value=${wanted.text} onInput=${(/** @type {any} */ e) => set({ ...wanted, text: e.currentTarget.value })} />
    <select aria-label="Filter by state" value=${wanted.state}
      onChange=${(/** @type {any} */ e) => set({ ...wanted, state: e.currentTarget.value })}>
      <option value="">Any state</option>
      ${STATES.map((one) => html`<option value=${one}>${one}</option>`)}
    </select>
    <span class="soft num" role="status">${shown === all ? plural(all, "studio") : `${shown} of ${plural(all, "studio")}`}</span>
  </div>`;
}

/** @param {{studio: any, who: any}} props */
function Row({ studio, who }) {
  const pages = (studio.ports || []).filter((/** @type {any} */ port) => port.html);
  const show = () => note("Studios/GetStudio", studio);
  const other = studio.owner !== who?.login ? ` · ${studio.owner}` : "";
  return html`<li class="studio-row" data-studio=${`${studio.project}/${studio.name}`}>
    <div class="studio-state"><${State} name=${state(studio)} /></div>
    <div class="studio-name">
      <h2><a href=${studioLink(studio)} onClick=${show}>${studio.name}</a></h2>
      <p class="soft">${studio.project} · ${studio.template} · ${studio.runtime}${other}</p>
    </div>
    <div class="studio-ports">
      ${state(studio) === "running" && pages.map((/** @type {any} */ port) => html`<${OpenPort} key=${port.port} studio=${studio} port=${port} />`)}
    </div>
    <div class="studio-do"><${StartStop} studio=${studio} small=${true} /></div>
    <div class="studio-more"><${Troubles} studio=${studio} /></div>
  </li>`;
}
