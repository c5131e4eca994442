// Where the page begins: who looks, where they are, and what is drawn there.

import { parse, title } from "./core/routes.js";
import { session } from "./core/session.js";
import { html, render, useEffect, useRef, useState } from "./core/view.js";
import { connection } from "./live/following.js";
import { watchStudios } from "./live/studios.js";
import { Bar, Commands, Lost, Spoken } from "./parts/frame.js";
import { Empty } from "./parts/basics.js";
import { StudioPage } from "./views/studio.js";
import { StudioList } from "./views/studios.js";
import { SyncList } from "./views/sync.js";
import { NewTemplate, TemplatePage } from "./views/template.js";
import { TemplateList } from "./views/templates.js";
import { WebAppList } from "./views/webapps.js";

function Page() {
  const [route, setRoute] = useState(parse(location.hash));
  const [who, setWho] = useState(/** @type {any} */ (null));
  const main = useRef(/** @type {any} */ (null));
  useEffect(() => {
    const ask = () => session().then(setWho, () => {});
    ask();
    const moved = () => setRoute(parse(location.hash));
    addEventListener("hashchange", moved);
    const end = watchStudios();
    const back = connection.read(() => connection.value.lost || ask());
    return () => [end, back, () => removeEventListener("hashchange", moved)].forEach((each) => each());
  }, []);
  const place = [route.view, route.project, route.name].join("/");
  useEffect(() => {
    document.title = title(route);
  }, [place]);
  useArrival(main, place);
  const skip = (/** @type {Event} */ event) => {
    event.preventDefault();
    main.current.focus();
  };
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <${Bar} route=${route} who=${who} />
    <${Lost} />
    <main id="main" tabindex="-1" ref=${main}><${Place} key=${place} route=${route} who=${who} /></main>
    <${Commands} />
    <${Spoken} />
  `;
}

/** Puts the focus on the heading of a place that was gone to; not where the page was opened. */
function useArrival(/** @type {any} */ main, /** @type {string} */ place) {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    (main.current.querySelector("h1[tabindex]") || main.current).focus({ preventScroll: true });
  }, [place]);
}

/** @param {{route: any, who: any}} props */
function Place({ route, who }) {
  switch (route.view) {
    case "studios":
      return html`<${StudioList} who=${who} />`;
    case "studio":
      return html`<${StudioPage} route=${route} who=${who} />`;
    case "templates":
      return html`<${TemplateList} who=${who} />`;
    case "template":
      return html`<${TemplatePage} route=${route} who=${who} />`;
    case "template-new":
      return html`<${NewTemplate} who=${who} />`;
    case "webapps":
      return html`<${WebAppList} who=${who} />`;
    case "sync":
      return html`<${SyncList} />`;
    default:
      return html`<${Empty} title="There is nothing at this address"><p><a href="#/studios">All studios</a></p><//>`;
  }
}

render(html`<${Page} />`, /** @type {any} */ (document.getElementById("page")));
