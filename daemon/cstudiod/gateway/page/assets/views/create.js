// The form for a new studio.

import { commandOf } from "../core/commands.js";
import { all } from "../core/connect.js";
import { studioLink } from "../core/routes.js";
import { faultsOf } from "../core/forms.js";
import { html, useState } from "../core/view.js";
import { act, useDoing } from "../live/doing.js";
import { useAsked } from "../live/loading.js";
import { Button, Field, Refusal, Tick } from "../parts/basics.js";
import { AsCommand, Dialog } from "../parts/dialog.js";

const RUNTIMES = [
  ["", "As the template says"],
  ["local", "local: processes on the daemon’s machine"],
  ["docker", "docker: a container there"],
  ["kubernetes", "kubernetes: a pod"],
];

/** @param {{projects: string[], onClose: () => void, template?: string}} props */
export function CreateStudio({ projects, onClose, template = "" }) {
  const templates = useAsked(() => all("Templates/ListTemplates", {}, "templates"), []);
  const [values, setValues] = useState({ project: projects.length === 1 ? projects[0] : "", name: "", template, runtime: "" });
  const [tried, setTried] = useState(false);
  const [start, setStart] = useState(true);
  const doing = useDoing();
  const list = templates.value || [];
  const request = { ...values, template: values.template || (list.length === 1 ? list[0].name : "") };
  const faults = tried ? faultsOf(request, doing.failure) : {};
  const set = (/** @type {string} */ field) => (/** @type {any} */ event) => {
    doing.clear();
    setValues({ ...values, [field]: event.currentTarget.value });
  };
  const submit = async () => {
    setTried(true);
    if (Object.keys(faultsOf(request, null)).length) return focusFault();
    const done = await doing.run(async () => {
      await act("Studios/CreateStudio", request);
      location.hash = studioLink(request);
      if (start) await act("Studios/StartStudio", { name: request.name, project: request.project });
    });
    if (done) onClose();
    else focusFault();
  };
  const chosen = list.find((/** @type {any} */ one) => one.name === request.template);
  return html`<${Dialog} title="New studio" onClose=${onClose} onSubmit=${submit}>
    <${Field} label="Project" fault=${faults.project} hint="The key of the project whose files it gets.">
      ${(/** @type {any} */ ids) => html`<input ...${ids} list="known-projects" autocomplete="off" value=${values.project} onInput=${set("project")} />`}
    <//>
    <datalist id="known-projects">${projects.map((one) => html`<option value=${one} />`)}</datalist>
    <${Field} label="Name" fault=${faults.name} hint="Lower-case letters, digits, “-” and “_”.">
      ${(/** @type {any} */ ids) => html`<input ...${ids} autocomplete="off" spellcheck=${false} value=${values.name} onInput=${set("name")} />`}
    <//>
    <${Field} label="Template" fault=${faults.template || (templates.failure?.message)} hint=${described(chosen, templates.loading, list)}>
      ${(/** @type {any} */ ids) => html`<select ...${ids} value=${request.template} onChange=${set("template")}>
        <option value="">Choose one</option>
        ${list.map((/** @type {any} */ one) => html`<option key=${one.name} value=${one.name} selected=${one.name === request.template}>${one.label && one.label !== one.name ? `${one.label} (${one.name})` : one.name}</option>`)}
      </select>`}
    <//>
    <${Field} label="Runs" fault=${faults.runtime} hint=${localHint(chosen, values.runtime)}>
      ${(/** @type {any} */ ids) => html`<select ...${ids} value=${values.runtime} onChange=${set("runtime")}>
        ${RUNTIMES.map(([id, label]) => html`<option value=${id}>${label}</option>`)}
      </select>`}
    <//>
    <${Tick} label="Start it at once" checked=${start} onChange=${setStart} />
    ${!Object.values(faults).some((one) => one === doing.failure?.message) && html`<${Refusal} failure=${doing.failure} />`}
    <${AsCommand} text=${commandOf("Studios/CreateStudio", request)} />
    <div class="dialog-foot">
      <${Button} onClick=${onClose}>Cancel<//>
      <button type="submit" class="button primary" aria-busy=${doing.busy ? "true" : undefined}>Create</button>
    </div>
  <//>`;
}

function focusFault() {
  requestAnimationFrame(() => {
    /** @type {HTMLElement | null} */ (document.querySelector("dialog [aria-invalid=true]"))?.focus();
  });
}

/** @param {any} template @param {boolean} loading @param {any[]} list */
function described(template, loading, list) {
  if (template) return [template.description, template.isBuilt ? "" : "It is built before the first start."].filter(Boolean).join(" ");
  if (!loading && !list.length) return html`There is no template yet. <a href="#/templates/new">Write one</a>.`;
  return "What it is made from.";
}

/** @param {any} template @param {string} runtime */
function localHint(template, runtime) {
  const faults = template?.localFaults || [];
  return runtime === "local" && faults.length ? `Not with this template: ${faults[0].message}` : "";
}
