// Builds of a template: beginning one, its log as it comes, ending it, and those before.

import { call } from "../core/connect.js";
import { advanced, blockLabel, outcome } from "../core/builds.js";
import { link } from "../core/routes.js";
import { ago, moment, took } from "../core/words.js";
import { html, useEffect, useRef, useState } from "../core/view.js";
import { act, note, useDoing } from "../live/doing.js";
import { useAsked, useNow } from "../live/loading.js";
import { useOutput } from "../live/running.js";
import { announce } from "../live/saying.js";
import { Button, Callout, Empty, Progress, Refusal, State, Tick } from "../parts/basics.js";
import { Terminal } from "../parts/terminal.js";

/** @param {{template: any, who: any, detail: string, changed: () => void}} props */
export function BuildsTab({ template, who, detail, changed }) {
  const history = useAsked(() => call("Templates/ListTemplateBuilds", { template: template.name, pageSize: 50 }), [template.name]);
  const builds = history.value?.builds || [];
  const open = detail || builds.find((/** @type {any} */ one) => outcome(one) === "running")?.id;
  const ended = () => {
    history.again();
    changed();
  };
  return html`
    ${who?.admin && html`<${Begin} template=${template} onBegun=${history.again} />`}
    ${open && html`<${Build} key=${open} id=${open} known=${builds.find((/** @type {any} */ one) => one.id === open)} admin=${who?.admin} onEnd=${ended} />`}
    <${Refusal} failure=${history.failure} />
    ${history.value && !builds.length && html`<${Empty} icon="clock" title="Never built"><p>A studio builds what it needs before its first start; building now makes that start quick.</p><//>`}
    ${builds.length > 0 && html`<section><h2>History</h2><ul class="list">${builds.map((/** @type {any} */ one) => html`<${Row} key=${one.id} build=${one} open=${one.id === open} />`)}</ul></section>`}
  `;
}

/** @param {{template: any, onBegun: () => void}} props */
function Begin({ template, onBegun }) {
  const [how, setHow] = useState({ runtime: "", noCache: false, push: false });
  const [changes, setChanges] = useState(/** @type {any} */ (null));
  const doing = useDoing();
  const build = () =>
    doing.run(async () => {
      const begun = await act("Templates/BuildTemplate", { name: template.name, ...how });
      onBegun();
      location.hash = link("templates", template.name, "builds", begun.id);
    });
  const explain = () => doing.run(async () => setChanges(await act("Templates/ExplainTemplateBuild", { name: template.name })));
  return html`<div class="card begin">
    <div class="filter">
      <select aria-label="What is built" value=${how.runtime} onChange=${(/** @type {any} */ e) => setHow({ ...how, runtime: e.currentTarget.value })}>
        <option value="">What its studios need</option><option value="docker">An image (docker)</option><option value="local">Environments here (local)</option>
      </select>
      <${Tick} label="Every step anew" checked=${how.noCache} onChange=${(/** @type {boolean} */ noCache) => setHow({ ...how, noCache })} />
      <${Tick} label="Push to the registry" checked=${how.push} onChange=${(/** @type {boolean} */ push) => setHow({ ...how, push })} />
      <span class="buttons"><${Button} kind="primary" icon="play" busy=${doing.busy} onClick=${build}>Build<//><${Button} onClick=${explain}>What changed?<//></span>
    </div>
    <${Refusal} failure=${doing.failure} />
    ${changes && html`<${Callout} kind=${(changes.changes || []).length ? "careful" : "good"} title=${(changes.changes || []).length ? "Since the last build" : "Nothing changed since the last build"}>
      ${(changes.changes || []).length > 0 && html`<ul>${(changes.changes || []).map((/** @type {string} */ one) => html`<li>${one}</li>`)}</ul>`}<//>`}
  </div>`;
}

/** @param {{id: string, known: any, admin: boolean, onEnd: () => void}} props */
function Build({ id, known, admin, onEnd }) {
  const [last, setLast] = useState(/** @type {any} */ (null));
  const at = useRef({ step: 0, steps: 0, label: "" });
  const doing = useDoing();
  const now = useNow(1000);
  useEffect(() => note("Templates/FollowTemplateBuild", { id }), [id]);
  const { output, failure } = useOutput("Templates/FollowTemplateBuild", { id }, (message, out) => {
    at.current = { ...advanced(at.current, message), label: at.current.label };
    for (const line of message.lines || []) out.add(labelled(line, at.current));
    if (message.build) {
      setLast(message.build);
      announce(`The build ${outcome(message.build)}`);
      if (!known || outcome(known) === "running") onEnd();
    }
  }, [id]);
  const build = last || known || { id, state: "STATE_RUNNING" };
  const going = outcome(build) === "running";
  const { step, steps } = at.current;
  return html`<section class="card run" aria-label=${`Build ${id}`}>
    <div class="run-head"><${State} name=${outcome(build)} /><span class="grow">Build ${id}${build.runtime ? ` for ${build.runtime}` : ""}</span>
      <span class="soft num">${took(build.startTime, going ? undefined : build.endTime, now)}</span>
      ${going && admin && html`<${Button} kind="small" icon="stop" busy=${doing.busy} onClick=${() => doing.run(() => act("Templates/CancelTemplateBuild", { id }))}>Cancel<//>`}
    </div>
    ${going && html`<${Progress} title=${at.current.label ? `Block ${at.current.label}` : "Beginning"} detail=${steps ? `step ${step} of ${steps}` : ""} done=${steps ? step : undefined} of=${steps || 1} />`}
    ${build.fault && html`<${Callout} title=${build.fault.message}><pre class="evidence" tabindex="0" aria-label="Evidence">${build.fault.display}</pre><//>`}
    <${Refusal} failure=${failure || doing.failure} />
    <${Terminal} label=${`Log of build ${id}`} lines=${output.lines} dropped=${output.dropped} kind="tall" />
  </section>`;
}

/** A line, after a heading where another block begins. @param {any} line @param {{label: string}} at */
function labelled(line, at) {
  const label = blockLabel(line);
  const head = label && label !== at.label ? `── ${label} ──\n` : "";
  if (label) at.label = label;
  return `${head}${line.text || ""}\n`;
}

/** @param {{build: any, open: boolean}} props */
function Row({ build, open }) {
  const now = useNow(30_000);
  return html`<li class=${`list-row ${open ? "current" : ""}`}>
    <${State} name=${outcome(build)} />
    <a class="grow cut" href=${link("templates", build.template, "builds", build.id)}>Build ${build.id}</a>
    <span class="soft cut">${build.fault?.message || build.image}</span>
    <span class="soft">${build.requester}</span>
    <span class="soft num">${took(build.startTime, build.endTime, now)}</span>
    <span class="soft num" title=${moment(build.startTime)}>${ago(build.startTime, now)}</span>
  </li>`;
}
