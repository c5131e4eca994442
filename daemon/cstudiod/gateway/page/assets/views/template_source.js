// A template's file: read, changed, and everything that is wrong with it at its line.

import { call } from "../core/connect.js";
import { html, useEffect, useRef, useState } from "../core/view.js";
import { act, note, useDoing } from "../live/doing.js";
import { useAsked } from "../live/loading.js";
import { announce } from "../live/saying.js";
import { plural } from "../core/words.js";
import { Button, Callout, Copy, Loading, Refusal, sentence } from "../parts/basics.js";
import { Editor } from "../parts/editor.js";

const PAUSE = 500;

/** @param {{template: any, who: any, changed: () => void}} props */
export function SourceTab({ template, who, changed }) {
  const doing = useDoing();
  const [docker, setDocker] = useState(false);
  const save = (/** @type {string} */ source) =>
    doing.run(async () => {
      await act("Templates/UpdateTemplate", { name: template.name, source, file: `${template.name}.yaml`, etag: template.etag });
      announce("The template was saved");
      changed();
    });
  return html`
    <div class="filter"><${Button} kind="small" aria-pressed=${String(!docker)} onClick=${() => setDocker(false)}>YAML<//>
      <${Button} kind="small" aria-pressed=${String(docker)} onClick=${() => setDocker(true)}>Dockerfile<//></div>
    ${docker
      ? html`<${Dockerfile} name=${template.name} />`
      : html`<${TemplateForm} key=${template.uid} source=${template.source || ""} word="Save" save=${save} doing=${doing} readOnly=${!who?.admin} name=${template.name} />`}
  `;
}

/** @param {{name: string}} props */
function Dockerfile({ name }) {
  const asked = useAsked(() => act("Templates/RenderTemplate", { name }), [name]);
  if (asked.failure) return html`<${Refusal} failure=${asked.failure} />`;
  if (!asked.value) return html`<${Loading} what="the Dockerfile" />`;
  return html`<div class="card source"><${Copy} text=${asked.value.dockerfile || ""} label="Copy the Dockerfile" /><pre tabindex="0" aria-label="Dockerfile">${asked.value.dockerfile}</pre></div>`;
}

/**
 * The file with its faults; it is looked at while one types, and nothing is stored before `save`.
 * @param {{source: string, word: string, save: (source: string) => Promise<boolean>, doing: any, readOnly?: boolean, name?: string}} props
 */
export function TemplateForm({ source, word, save, doing, readOnly = false, name = "template" }) {
  const [text, setText] = useState(source);
  const [found, setFound] = useState(/** @type {any} */ (null));
  const area = useRef(/** @type {any} */ (null));
  useEffect(() => {
    if (readOnly) return undefined;
    let current = true;
    const timer = setTimeout(() => {
      call("Templates/ValidateTemplate", { source: text, file: `${name}.yaml` }).then((answer) => current && setFound(answer), () => {});
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text]);
  const check = async () => {
    note("Templates/ValidateTemplate", {});
    const answer = await call("Templates/ValidateTemplate", { source: text, file: `${name}.yaml` });
    setFound(answer);
    return answer.faults || [];
  };
  const submit = async () => {
    doing.clear();
    const faults = await check().catch(() => []);
    if (faults.length) {
      announce(`Not saved: ${plural(faults.length, "fault")}`);
      area.current?.goTo(faults[0].line);
      return;
    }
    await save(text);
  };
  const faults = found?.faults || [];
  return html`
    <${Editor} label="Template file, YAML" value=${text} onInput=${setText} readOnly=${readOnly} marks=${new Map(faults.map((/** @type {any} */ one) => [one.line, one.message]))} handle=${area} />
    ${!readOnly && html`<div class="buttons foot">
      <${Button} kind="primary" busy=${doing.busy} onClick=${submit}>${word}<//>
      <${Button} onClick=${check}>Validate<//>
      <span class="soft" role="status">${found && (faults.length ? plural(faults.length, "fault") : "It is valid.")}</span>
    </div>`}
    <${Refusal} failure=${doing.failure} />
    ${faults.length > 0 && html`<${Faults} faults=${faults} goTo=${(/** @type {number} */ line) => area.current?.goTo(line)} />`}
    ${(found?.notes || []).length > 0 && html`<${Callout} kind="careful" title="Worth knowing"><ul>${found.notes.map((/** @type {any} */ one) => html`<li>${one.display || one.message}</li>`)}</ul><//>`}
    ${(found?.localFaults || []).length > 0 && !faults.length && html`<p class="note soft">Not in the local runtime: ${found.localFaults[0].message}</p>`}
  `;
}

/** @param {{faults: any[], goTo: (line: number) => void}} props */
function Faults({ faults, goTo }) {
  return html`<section class="callout bad" aria-label="What is wrong"><ol class="faults">
    ${faults.map((one) => html`<li><button type="button" class="linklike num" onClick=${() => goTo(one.line)}>${one.line ? `Line ${one.line}` : "Whole file"}</button>
      <span>${one.blockType ? html`<span class="chip">${one.blockType.replaceAll("_", " ")}</span> ` : ""}${one.field ? html`<code>${one.field}</code>: ` : ""}${sentence(one.message)}</span></li>`)}
  </ol></section>`;
}
