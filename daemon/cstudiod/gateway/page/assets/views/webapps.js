// Web apps: studios' ports, published to others.

import { studioLink } from "../core/routes.js";
import { ago, plural, word } from "../core/words.js";
import { html } from "../core/view.js";
import { act, useDoing } from "../live/doing.js";
import { useNow } from "../live/loading.js";
import { useWatched } from "../live/watched.js";
import { Button, Callout, Empty, Loading, Next, Refusal, State, sentence } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";

/** @param {{who: any}} props */
export function WebAppList({ who }) {
  const { complete, all } = useWatched("WebApps/WatchWebApps", (message) => message.webapp, (one) => one.id);
  const list = [...all.values()].sort((a, b) => (`${a.project} ${a.studio} ${a.port}` < `${b.project} ${b.studio} ${b.port}` ? -1 : 1));
  return html`
    <div class="head"><h1 tabindex="-1">Web apps</h1></div>
    <p class="lead soft">A studio’s port, run apart from it for others to use, from the same files.</p>
    ${!complete && html`<${Loading} what="web apps" />`}
    ${complete && !list.length && html`<${Empty} icon="open" title="Nothing is published"><p>Open a <a href="#/studios">studio</a> and publish one of its ports.</p><//>`}
    <ul class="studios" aria-label="Web apps">${list.map((one) => html`<${Row} key=${one.id} app=${one} who=${who} />`)}</ul>
  `;
}

/** @param {any} app */
function access(app) {
  if (app.access?.public) return "for everybody, without signing in";
  const groups = app.access?.groups || [];
  return groups.length ? `for ${groups.join(", ")}` : `for ${app.owner}`;
}

/** @param {{app: any, who: any}} props */
function Row({ app, who }) {
  const doing = useDoing();
  const now = useNow(10_000);
  const go = (/** @type {string} */ method) => () => doing.run(() => act(`WebApps/${method}`, { id: app.id }));
  const name = `${app.studio} ${app.port}`;
  return html`<li class="studio-row">
    <div class="studio-state"><${State} name=${word(app.state)} /></div>
    <div class="studio-name"><h2><a href=${studioLink({ project: app.project, name: app.studio })}>${app.studio}</a> <span class="num">${app.port}</span></h2>
      <p class="soft num">${app.project} · ${app.readyReplicas || 0} of ${plural(app.replicas, "replica")} · ${access(app)} · since ${ago(app.createTime, now)}</p></div>
    <div class="studio-ports"><a class="button small" href=${app.url} target="_blank" rel="noopener" aria-label=${`Open web app ${name} in a new tab`}><${Icon} name="open" />Open</a></div>
    <div class="studio-do">
      <${Button} kind="small" icon="again" busy=${doing.busy} aria-label=${`Restart web app ${name}`} onClick=${go("RestartWebApp")}>Restart<//>
      ${(who?.admin || app.owner === who?.login) && html`<${Button} kind="small" busy=${doing.busy} aria-label=${`Unpublish ${name}`} onClick=${go("UnpublishWebApp")}>Unpublish<//>`}
    </div>
    <div class="studio-more">
      ${app.reason && html`<${Callout} title=${sentence(app.reason.message)}>
        ${app.reason.evidence && html`<details><summary>What was said</summary><pre class="evidence" tabindex="0" aria-label="Evidence">${app.reason.evidence}</pre></details>`}
        ${app.reason.next && html`<${Next} text=${app.reason.next} />`}<//>`}
      ${app.outdated && html`<p class="note soft">Its template was changed since; a restart takes that up.</p>`}
      <${Refusal} failure=${doing.failure} />
    </div>
  </li>`;
}
