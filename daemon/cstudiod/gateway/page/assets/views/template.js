// One template: its file, its builds, and who may use it.

import { call } from "../core/connect.js";
import { TEMPLATE_TABS, link } from "../core/routes.js";
import { html, useState } from "../core/view.js";
import { act, useDoing } from "../live/doing.js";
import { useAsked } from "../live/loading.js";
import { Button, Callout, Empty, Field, Loading, Refusal, State } from "../parts/basics.js";
import { Panel, Tabs } from "../parts/tabs.js";
import { Ask } from "./asking.js";
import { BuildsTab } from "./builds.js";
import { CreateStudio } from "./create.js";
import { AccessTab } from "./template_access.js";
import { SourceTab, TemplateForm } from "./template_source.js";

const LABELS = { source: "File", builds: "Builds", access: "Access" };
const FIRST = `name: my-site
label: A site of mine
blocks:
  - type: file_synchronization
    zones:
      - {zone: code_studio_versioned, target: site}
  - type: entrypoint
    label: Site
    command: [python3, -m, http.server, "\${port}", --bind, "\${host}", --directory, "\${zone.code_studio_versioned}"]
    expose: {port: 8000, label: Site, subpath: /}
`;

/** @param {{route: any, who: any}} props */
export function TemplatePage({ route, who }) {
  const asked = useAsked(() => call("Templates/GetTemplate", { name: route.name }), [route.name]);
  const template = asked.value;
  if (!template) return html`<h1 tabindex="-1">${route.name}</h1>${asked.failure ? html`<${Refusal} failure=${asked.failure} />` : html`<${Loading} what="the template" />`}`;
  const views = /** @type {Record<string, any>} */ ({ source: SourceTab, builds: BuildsTab, access: AccessTab });
  const go = (/** @type {string} */ tab) => {
    location.hash = link("templates", template.name, tab);
  };
  return html`
    <${Head} template=${template} who=${who} changed=${asked.again} />
    <${Tabs} label=${`Parts of ${template.name}`} prefix="template" current=${route.tab} onPick=${go}
      tabs=${TEMPLATE_TABS.map((id) => ({ id, label: /** @type {Record<string, string>} */ (LABELS)[id] }))} />
    ${TEMPLATE_TABS.map((id) => html`<${Panel} key=${id} prefix="template" id=${id} hidden=${id !== route.tab}>
      ${id === route.tab && html`<${views[id]} template=${template} who=${who} detail=${route.detail} changed=${asked.again} />`}<//>`)}
  `;
}

/** @param {{template: any, who: any, changed: () => void}} props */
function Head({ template, who }) {
  const [asking, setAsking] = useState("");
  const close = () => setAsking("");
  const notes = template.notes || [];
  return html`
    <nav class="crumbs" aria-label="Where you are"><a href="#/templates">Templates</a></nav>
    <div class="head">
      <div class="head-name"><h1 tabindex="-1">${template.name}</h1><${State} name=${template.isBuilt ? "built" : template.image ? "changed" : "not built"} /></div>
      <div class="buttons">
        <${Button} kind="primary" icon="plus" onClick=${() => setAsking("studio")}>New studio<//>
        ${who?.admin && html`<${Button} icon="copy" onClick=${() => setAsking("copy")}>Copy…<//><${Button} icon="bin" onClick=${() => setAsking("delete")}>Delete…<//>`}
      </div>
    </div>
    <p class="lead soft">${[template.label !== template.name && template.label, template.description].filter(Boolean).join(": ")}</p>
    ${notes.length > 0 && html`<${Callout} kind="careful" title="Worth knowing"><ul>${notes.map((/** @type {any} */ one) => html`<li>${one.display || one.message}</li>`)}</ul><//>`}
    ${asking === "studio" && html`<${CreateStudio} projects=${[]} template=${template.name} onClose=${close} />`}
    ${asking === "copy" && html`<${CopyTemplate} template=${template} onClose=${close} />`}
    ${asking === "delete" && html`<${Ask} title=${`Delete ${template.name}?`} method="Templates/DeleteTemplate" request=${{ name: template.name, etag: template.etag }}
      word="Delete" kind="danger" onClose=${close} onDone=${() => { location.hash = "#/templates"; }}><p>Its builds are forgotten, too. Studios keep it from being deleted as long as they are made from it.</p><//>`}
  `;
}

/** @param {{template: any, onClose: () => void}} props */
function CopyTemplate({ template, onClose }) {
  const [newName, setName] = useState(`${template.name}-copy`);
  return html`<${Ask} title=${`Copy ${template.name}`} method="Templates/CopyTemplate" request=${{ name: template.name, newName }} word="Copy"
    onClose=${onClose} onDone=${() => { location.hash = link("templates", newName); }}>
    <${Field} label="Name of the copy">${(/** @type {any} */ ids) => html`<input ...${ids} value=${newName} onInput=${(/** @type {any} */ e) => setName(e.currentTarget.value)} />`}<//>
  <//>`;
}

/** @param {{who: any}} props */
export function NewTemplate({ who }) {
  const doing = useDoing();
  if (who && !who.admin) return html`<h1 tabindex="-1">New template</h1><${Empty} title="Only administrators write templates"><p>You can make studios from those granted to you.</p><//>`;
  const save = (/** @type {string} */ source) =>
    doing.run(async () => {
      const made = await act("Templates/CreateTemplate", { source, file: "template.yaml" });
      location.hash = link("templates", made.name);
    });
  return html`
    <nav class="crumbs" aria-label="Where you are"><a href="#/templates">Templates</a></nav>
    <div class="head"><h1 tabindex="-1">New template</h1></div>
    <${TemplateForm} source=${FIRST} word="Create" save=${save} doing=${doing} />
  `;
}
