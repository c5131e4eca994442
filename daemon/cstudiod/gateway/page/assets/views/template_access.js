// Who may make studios from a template.

import { html, useState } from "../core/view.js";
import { act, useDoing } from "../live/doing.js";
import { Button, Empty, Field, Refusal } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";

/** @param {{template: any, who: any, changed: () => void}} props */
export function AccessTab({ template, who, changed }) {
  const [group, setGroup] = useState("");
  const doing = useDoing();
  const groups = template.groups || [];
  const go = (/** @type {string} */ method, /** @type {any} */ more) =>
    doing.run(async () => {
      await act(`Templates/${method}`, { name: template.name, ...more });
      setGroup("");
      changed();
    });
  const add = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (group.trim()) go("GrantTemplate", { groups: [group.trim()] });
  };
  return html`
    ${!groups.length && !template.forAll && html`<${Empty} icon="person" title="Administrators only"><p>Grant it to a group, or to everybody.</p><//>`}
    <ul class="list" aria-label="Who may use it">
      ${template.forAll && html`<li class="list-row"><span class="grow">Everybody</span>${who?.admin && html`<${Button} kind="small" onClick=${() => go("RevokeTemplate", { all: true })}>Revoke<//>`}</li>`}
      ${groups.map((/** @type {string} */ one) => html`<li key=${one} class="list-row"><span class="grow">Group ${one}</span>${who?.admin && html`<${Button} kind="small" aria-label=${`Revoke from ${one}`} onClick=${() => go("RevokeTemplate", { groups: [one] })}>Revoke<//>`}</li>`)}
    </ul>
    ${who?.admin && html`<form class="grant" onSubmit=${add}>
      <${Field} label="Group">${(/** @type {any} */ ids) => html`<input ...${ids} value=${group} autocomplete="off" onInput=${(/** @type {any} */ e) => setGroup(e.currentTarget.value)} />`}<//>
      <button type="submit" class="button" aria-busy=${doing.busy ? "true" : undefined}><${Icon} name="plus" />Grant</button>
      ${!template.forAll && html`<${Button} onClick=${() => go("GrantTemplate", { all: true })}>Grant to everybody<//>`}
    </form>`}
    <${Refusal} failure=${doing.failure} />
  `;
}
