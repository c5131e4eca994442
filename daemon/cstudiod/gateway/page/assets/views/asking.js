// Questions about a studio: before something is lost, and who is to own it.

import { commandOf } from "../core/commands.js";
import { call } from "../core/connect.js";
import { html, useState } from "../core/view.js";
import { act, useDoing } from "../live/doing.js";
import { useAsked } from "../live/loading.js";
import { Button, Field, Refusal, Tick } from "../parts/basics.js";
import { AsCommand, Dialog } from "../parts/dialog.js";

const SHOWN = 200;

/** @param {any} studio */
const named = (studio) => ({ name: studio.name, project: studio.project });

/**
 * A dialog that makes one call.
 * @param {{title: string, method: string, request: any, word: string, kind?: string, onClose: () => void,
 *   onDone?: () => void, children: any, doing?: any}} props
 */
export function Ask({ title, method, request, word, kind = "primary", onClose, onDone, children, doing: given }) {
  const own = useDoing();
  const doing = given || own;
  const go = async () => {
    if (await doing.run(() => act(method, request))) {
      onDone?.();
      onClose();
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose} onSubmit=${go}>
    ${children}
    <${Refusal} failure=${doing.failure} />
    <${AsCommand} text=${commandOf(method, request)} />
    <div class="dialog-foot">
      <${Button} onClick=${onClose}>Cancel<//>
      <button type="submit" class=${`button ${kind}`} aria-busy=${doing.busy ? "true" : undefined}>${word}</button>
    </div>
  <//>`;
}

/** @param {{studio: any, onClose: () => void}} props */
export function LoseChanges({ studio, onClose }) {
  const asked = useAsked(() => call("Studios/PullStudio", { ...named(studio), validateOnly: true }), [studio.uid]);
  const paths = (asked.value?.changes || []).map((/** @type {any} */ one) => `${one.zone}: ${one.action} ${one.path}`);
  const more = paths.length > SHOWN ? `\n… and ${paths.length - SHOWN} more` : "";
  const words = paths.slice(0, SHOWN).join("\n") + more || studio.reason?.evidence || studio.reason?.message;
  return html`<${Ask} title=${`Stop ${studio.name} and lose changes?`} method="Studios/StopStudio"
    request=${{ ...named(studio), discard: true }} word="Stop, lose these changes" kind="danger" onClose=${onClose}>
    <p>What was written in the studio and is not on this side is gone once it stops:</p>
    <pre class="evidence" tabindex="0" aria-label="What would be lost">${asked.loading ? "Looking…" : words}</pre>
  <//>`;
}

/** @param {{studio: any, onClose: () => void}} props */
export function DeleteStudio({ studio, onClose }) {
  const doing = useDoing();
  const [how, setHow] = useState({ withFiles: false, discard: false });
  const unsynced = doing.failure?.reason === "UNSYNCED" || how.discard;
  const request = { ...named(studio), ...how };
  return html`<${Ask} title=${`Delete ${studio.name}?`} method="Studios/DeleteStudio" request=${request} doing=${doing}
    word="Delete" kind="danger" onClose=${onClose} onDone=${() => { location.hash = "#/studios"; }}>
    <p>It is stopped and forgotten. Its files stay in their zones on this side, unless you say otherwise.</p>
    <${Tick} label="Delete the folders of its own zones too" checked=${how.withFiles} onChange=${(/** @type {boolean} */ withFiles) => setHow({ ...how, withFiles })} />
    ${unsynced && html`<${Tick} label="Also lose what could not be copied back" checked=${how.discard} onChange=${(/** @type {boolean} */ discard) => setHow({ ...how, discard })} />`}
    ${doing.failure?.metadata.paths && html`<pre class="evidence" tabindex="0" aria-label="What would be lost">${doing.failure.metadata.paths}</pre>`}
  <//>`;
}

/** @param {{studio: any, onClose: () => void}} props */
export function ChangeOwner({ studio, onClose }) {
  const [owner, setOwner] = useState("");
  return html`<${Ask} title=${`Give ${studio.name} to somebody else`} method="Studios/ChangeStudioOwner"
    request=${{ ...named(studio), owner: owner.trim() }} word="Change owner" onClose=${onClose}>
    <p>It is ${studio.owner}’s now. The new owner’s user zones are used from the next start, and only they can enter it.</p>
    <${Field} label="New owner’s login">
      ${(/** @type {any} */ ids) => html`<input ...${ids} value=${owner} autocomplete="off" required onInput=${(/** @type {any} */ e) => setOwner(e.currentTarget.value)} />`}
    <//>
  <//>`;
}

/** @param {{studio: any, onClose: () => void}} props */
export function PublishStudio({ studio, onClose }) {
  const ports = studio.ports || [];
  const [how, setHow] = useState({ port: ports[0]?.port, replicas: 1, live: false, public: false, groups: "" });
  const put = (/** @type {any} */ more) => setHow({ ...how, ...more });
  const groups = how.groups.split(/[\s,]+/).filter(Boolean);
  const request = {
    studio: studio.name, project: studio.project, port: how.port, replicas: how.replicas, live: how.live,
    access: { public: how.public, groups },
  };
  return html`<${Ask} title=${`Publish ${studio.name} as a web app`} method="WebApps/PublishWebApp" request=${request} word="Publish"
    onClose=${onClose} onDone=${() => { location.hash = "#/webapps"; }}>
    <p>It runs apart from the studio, from the same files, which it cannot change.</p>
    <${Field} label="Port">${(/** @type {any} */ ids) => html`<select ...${ids} value=${how.port} onChange=${(/** @type {any} */ e) => put({ port: Number(e.currentTarget.value) })}>
      ${ports.map((/** @type {any} */ one) => html`<option value=${one.port}>${one.label ? `${one.label} (${one.port})` : one.port}</option>`)}</select>`}<//>
    <${Field} label="Replicas">${(/** @type {any} */ ids) => html`<input ...${ids} type="number" min="1" value=${how.replicas} onInput=${(/** @type {any} */ e) => put({ replicas: Math.max(1, Number(e.currentTarget.value) || 1) })} />`}<//>
    <${Field} label="Groups that may use it" hint="Separated by commas. Its owner always may.">${(/** @type {any} */ ids) => html`<input ...${ids} value=${how.groups} autocomplete="off" onInput=${(/** @type {any} */ e) => put({ groups: e.currentTarget.value })} />`}<//>
    <${Tick} label="Everybody, without signing in" checked=${how.public} onChange=${(/** @type {boolean} */ on) => put({ public: on })} />
    <${Tick} label="Changes of files reach it at once" checked=${how.live} onChange=${(/** @type {boolean} */ live) => put({ live })} />
  <//>`;
}
