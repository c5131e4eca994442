// Every sync session of the daemon, whether or not a studio's.

import { sessionLine, sessionState } from "../core/syncing.js";
import { ago, word } from "../core/words.js";
import { html } from "../core/view.js";
import { act, useDoing } from "../live/doing.js";
import { useNow } from "../live/loading.js";
import { useAllSessions } from "../live/sessions.js";
import { Button, Callout, Empty, Loading, Next, Progress, Refusal, State, sentence } from "../parts/basics.js";

export function SyncList() {
  const { complete, all } = useAllSessions();
  const list = [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return html`
    <div class="head"><h1 tabindex="-1">Sync sessions</h1></div>
    <p class="lead soft">Each keeps a folder on the daemon’s machine in step with one elsewhere. A studio has one for every zone.</p>
    ${!complete && html`<${Loading} what="sync sessions" />`}
    ${complete && !list.length && html`<${Empty} icon="folder" title="No sync session yet"><p>A studio brings its own. For a pod, a container or a folder of yours: <code>cstudio sync create FOLDER TARGET</code></p><//>`}
    <ul class="studios" aria-label="Sync sessions">${list.map((one) => html`<${Row} key=${one.uid} session=${one} />`)}</ul>
  `;
}

/** @param {{session: any}} props */
function Row({ session }) {
  const doing = useDoing();
  const now = useNow(10_000);
  const state = sessionState(session);
  const id = session.name.replace("syncSessions/", "");
  const go = (/** @type {string} */ method) => () => doing.run(() => act(`SyncSessions/${method}`, { name: session.name }));
  const accept = session.reason?.code && /MASS_DELETION|LOCAL_ROOT_EMPTIED|REPLICA_CHANGED/.test(session.reason.code);
  return html`<li class="studio-row sync-row">
    <div class="studio-state"><${State} name=${state} /></div>
    <div class="studio-name"><h2>${id}</h2>
      <p class="paths soft"><code class="cut" title=${session.localRoot}>${session.localRoot}</code><span>${word(session.mode, "MODE_").startsWith("one way") ? "→" : "↔"}</span><code class="cut" title=${session.target?.text}>${session.target?.text}</code></p></div>
    <div class="studio-ports soft num">${sessionLine(session)}</div>
    <div class="studio-do">
      ${state === "paused"
        ? html`<${Button} kind="small" icon="play" busy=${doing.busy} aria-label=${`Resume ${id}`} onClick=${go("ResumeSyncSession")}>Resume<//>`
        : html`<${Button} kind="small" busy=${doing.busy} aria-label=${`Pause ${id}`} onClick=${go("PauseSyncSession")}>Pause<//>`}
    </div>
    <div class="studio-more">
      ${session.progress && html`<${Progress} title=${sentence(session.progress.phase || "Copying")} detail=${sessionLine(session, true)} done=${Number(session.progress.filesTotal) ? Number(session.progress.filesDone || 0) : undefined} of=${Number(session.progress.filesTotal) || 1} />`}
      ${session.reason && html`<${Callout} title=${sentence(session.reason.message)}>${session.reason.next && html`<${Next} text=${session.reason.next} />`}
        ${accept && html`<p class="buttons"><${Button} kind="danger small" onClick=${go("AcceptSyncSession")}>Do it all the same<//><${Button} kind="small" onClick=${go("ResumeSyncSession")}>Look again<//></p>`}<//>`}
      ${Number(session.conflictCount || 0) + Number(session.problemCount || 0) > 0 && html`<p class="note soft num">${Number(session.conflictCount || 0)} conflicts, ${Number(session.problemCount || 0)} problems</p>`}
      ${session.lastSyncedTime && html`<p class="note soft">In step ${ago(session.lastSyncedTime, now)}</p>`}
      <${Refusal} failure=${doing.failure} />
    </div>
  </li>`;
}
