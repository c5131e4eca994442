// The list of templates.

import { all } from "../core/connect.js";
import { link } from "../core/routes.js";
import { ago } from "../core/words.js";
import { html } from "../core/view.js";
import { note } from "../live/doing.js";
import { useAsked, useNow } from "../live/loading.js";
import { Empty, Loading, Refusal, State } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";

/** @param {{who: any}} props */
export function TemplateList({ who }) {
  const asked = useAsked(() => all("Templates/ListTemplates", {}, "templates"), []);
  const list = asked.value || [];
  return html`
    <div class="head"><h1 tabindex="-1">Templates</h1>
      ${who?.admin && html`<a class="button primary" href="#/templates/new"><${Icon} name="plus" />New template</a>`}</div>
    <${Refusal} failure=${asked.failure} />
    ${asked.loading && !asked.value && html`<${Loading} what="templates" />`}
    ${asked.value && !list.length && html`<${NoTemplate} admin=${who?.admin} />`}
    <ul class="studios" aria-label="Templates">${list.map((one) => html`<${Row} key=${one.name} template=${one} />`)}</ul>
  `;
}

/** @param {{admin: boolean}} props */
function NoTemplate({ admin }) {
  return html`<${Empty} icon="file" title="No template yet">
    <p>A template says, block by block, what a studio has: its programs, ports, files and actions.</p>
    ${admin ? html`<a class="button primary" href="#/templates/new"><${Icon} name="plus" />Write the first one</a>` : html`<p>Ask an administrator to grant you one.</p>`}
  <//>`;
}

/** @param {{template: any}} props */
function Row({ template }) {
  const now = useNow(30_000);
  const label = template.label && template.label !== template.name ? template.label : "";
  return html`<li class="studio-row template-row">
    <div class="studio-state"><${State} name=${template.isBuilt ? "built" : template.image ? "changed" : "not built"} /></div>
    <div class="studio-name"><h2><a href=${link("templates", template.name)} onClick=${() => note("Templates/GetTemplate", template)}>${template.name}</a></h2>
      <p class="soft">${[label, template.description].filter(Boolean).join(": ")}</p></div>
    <div class="studio-ports blocks">${(template.blocks || []).map((/** @type {any} */ one) => html`<span class="chip">${one.type.replaceAll("_", " ")}</span>`)}</div>
    <div class="studio-do soft num">${template.buildTime ? `built ${ago(template.buildTime, now)}` : ""}</div>
  </li>`;
}
