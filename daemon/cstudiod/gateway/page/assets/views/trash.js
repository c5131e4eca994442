// What was kept aside before it was overwritten or deleted; bringing it back undoes that.

import { call } from "../core/connect.js";
import { sideWords } from "../core/syncing.js";
import { ago, bytes, moment } from "../core/words.js";
import { html, useEffect } from "../core/view.js";
import { act, note, useDoing } from "../live/doing.js";
import { useAsked, useNow } from "../live/loading.js";
import { announce } from "../live/saying.js";
import { Button, Empty, Refusal } from "../parts/basics.js";
import { Pager, usePages } from "../parts/pager.js";

const PAGE = 100;

/** @param {{parent: string}} props */
export function Trash({ parent }) {
  const pages = usePages(parent);
  const asked = useAsked(() => call("SyncSessions/ListSyncTrash", { parent, pageSize: PAGE, pageToken: pages.token }), [parent, pages.token]);
  const doing = useDoing();
  const now = useNow(30_000);
  useEffect(() => note("SyncSessions/ListSyncTrash", { parent }), [parent]);
  const restore = (/** @type {any} */ item) =>
    doing.run(async () => {
      await act("SyncSessions/RestoreSyncTrash", { parent, id: item.id });
      announce(`${item.path.display} is back`);
      asked.again();
    });
  const list = asked.value?.items || [];
  if (asked.value && !list.length) return html`<${Empty} icon="bin" title="The trash is empty"><p>What is overwritten or deleted by a sync is kept here for a while.</p><//>`;
  return html`<div class="sub">
    <${Refusal} failure=${doing.failure || asked.failure} />
    <ul class="list" aria-label="Trash">${list.map((/** @type {any} */ one) => html`<li key=${one.id} class="list-row">
      <span class="path grow cut">${one.path.display}</span>
      <span class="soft cut">${one.why}</span>
      <span class="soft num">${sideWords(one.side)} · ${bytes(one.size)}</span>
      <span class="soft num" title=${moment(one.time)}>${ago(one.time, now)}</span>
      <${Button} kind="small" icon="again" busy=${doing.busy} aria-label=${`Restore ${one.path.display}`} onClick=${() => restore(one)}>Restore<//>
    </li>`)}</ul>
    <${Pager} pages=${pages} shown=${list.length} size=${PAGE} next=${asked.value?.nextPageToken} what="the trash" />
  </div>`;
}
