// What the next cycle of a session would do: files that are not in step yet.

import { sideWords } from "../core/syncing.js";
import { bytes, word } from "../core/words.js";
import { html } from "../core/view.js";
import { act } from "../live/doing.js";
import { useAsked } from "../live/loading.js";
import { Button, Empty, Loading, Refusal } from "../parts/basics.js";
import { Pager, usePages } from "../parts/pager.js";

const PAGE = 100;

/** @param {{name: string}} props */
export function Pending({ name }) {
  const pages = usePages(name);
  const asked = useAsked(() => act("SyncSessions/PlanSyncSession", { name, pageSize: PAGE, pageToken: pages.token }), [name, pages.token]);
  const list = asked.value?.changes || [];
  if (asked.failure) return html`<${Refusal} failure=${asked.failure} />`;
  if (!asked.value) return html`<${Loading} what="what differs" />`;
  if (!list.length) return html`<${Empty} icon="check" title="Everything is in step"><${Button} kind="small" onClick=${asked.again}>Look again<//><//>`;
  return html`<div class="sub">
    <ul class="list" aria-label="Not in step">${list.map((/** @type {any} */ one) => html`<li key=${one.path.raw} class="list-row">
      <span class="path grow cut">${one.path.display}</span><span class="soft">${word(one.action, "ACTION_")} ${sideWords(one.side)}</span><span class="soft num">${one.size ? bytes(one.size) : ""}</span><span class="soft">${one.reason}</span></li>`)}</ul>
    <${Pager} pages=${pages} shown=${list.length} size=${PAGE} total=${Number(asked.value.totalSize || 0)} next=${asked.value.nextPageToken} what="changes" />
    <${Button} kind="small" onClick=${asked.again}>Look again<//>
  </div>`;
}
