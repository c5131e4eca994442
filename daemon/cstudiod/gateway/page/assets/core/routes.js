// Addresses within the page: `#/studios/DEMO/site/files` and back. Every view has one.

/** @typedef {{view: string, project?: string, name?: string, tab?: string, detail?: string}} Route */

export const STUDIO_TABS = ["view", "actions", "files", "logs"];
export const TEMPLATE_TABS = ["source", "builds", "access"];

/** @param {string} hash @returns {Route} */
export function parse(hash) {
  const parts = hash.replace(/^#?\/?/, "").split("/").map(decoded);
  const [view = "", ...rest] = parts;
  if (view === "studios" && rest.length >= 2) {
    const [project, name, tab = "", detail = ""] = rest;
    return { view: "studio", project, name, tab: known(tab, STUDIO_TABS), detail };
  }
  if (view === "templates" && rest[0] === "new") return { view: "template-new" };
  if (view === "templates" && rest[0]) {
    return { view: "template", name: rest[0], tab: known(rest[1], TEMPLATE_TABS), detail: rest[2] || "" };
  }
  if (["", "studios", "templates", "webapps", "sync"].includes(view)) return { view: view || "studios" };
  return { view: "missing" };
}

/** @param {...string} parts @returns {string} */
export function link(...parts) {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** @param {{project: string, name: string}} studio @param {...string} more */
export function studioLink(studio, ...more) {
  return link("studios", studio.project, studio.name, ...more);
}

/** What a browser's tab says. @param {Route} route */
export function title(route) {
  const names = { studios: "Studios", templates: "Templates", webapps: "Web apps", sync: "Sync", "template-new": "New template" };
  const own = /** @type {Record<string, string>} */ (names)[route.view] || route.name || "Not found";
  return `${own} – cstudio`;
}

/** @param {string | undefined} tab @param {string[]} tabs */
function known(tab, tabs) {
  return tab && tabs.includes(tab) ? tab : tabs[0];
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
