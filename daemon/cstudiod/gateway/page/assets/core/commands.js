// The command line that does what a click does.

/** @typedef {string[]} Words */

/** Quotes a word for a shell, when it must be. @param {string} word */
export function quoted(word) {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** @param {Words} words */
export function line(words) {
  return ["cstudio", ...words].map(quoted).join(" ");
}

/** @param {any} studio @param {string} verb @param {...string} more */
const studio = (studio, verb, ...more) => line(["studio", verb, studio.name, "--project", studio.project, ...more]);

/** @param {string} parent `syncSessions/{id}` */
const id = (parent) => parent.replace(/^syncSessions\//, "");

/** @param {any[]} [paths] */
const shown = (paths) => (paths || []).map((path) => path.display);

/** @param {string} keep */
const kept = (keep) => keep.replace("KEEP_", "").toLowerCase();

/** @param {boolean | undefined} given @param {string} flag */
const flag = (given, flag) => (given ? [flag] : []);

/** @type {Record<string, (request: any) => string>} */
const LINES = {
  "Studios/CreateStudio": (r) =>
    line([
      "studio", "create", r.name || "NAME", "--project", r.project || "KEY", "--template", r.template || "TEMPLATE",
      ...(r.runtime ? ["--runtime", r.runtime] : []),
      ...(r.configuration ? ["--configuration", r.configuration] : []),
    ]),
  "Studios/StartStudio": (r) => studio(r, "start", ...flag(r.debug, "--debug")),
  "Studios/StopStudio": (r) => studio(r, "stop", ...flag(r.discard, "--discard")),
  "Studios/RestartStudio": (r) => studio(r, "restart", ...flag(r.discard, "--discard")),
  "Studios/DeleteStudio": (r) =>
    studio(r, "delete", ...flag(r.withFiles, "--with-files"), ...flag(r.discard, "--discard"), "--yes"),
  "Studios/ChangeStudioOwner": (r) =>
    line(["studio", "change-owner", r.name, r.owner || "LOGIN", "--project", r.project]),
  "Studios/KeepStudioAlive": (r) => studio(r, "keepalive"),
  "Studios/ListStudios": () => line(["studio", "list"]),
  "Studios/GetStudio": (r) => studio(r, "show"),
  "Studios/ReadStudioLogs": (r) => studio(r, "logs", ...flag(r.follow, "--follow"), ...flag(r.previous, "--previous"), ...(r.contains ? ["--grep", r.contains] : [])),
  "Studios/ListZones": (r) => studio(r, "zones"),
  "Studios/OpenPort": (r) => line(["open", r.name, "--project", r.project, "--port", String(r.port)]),
  "Actions/ListActions": (r) => line(["action", "list", r.studio, "--project", r.project]),
  "Actions/RunAction": (r) =>
    line(["action", "run", r.studio, "--project", r.project, ...(r.action ? [r.action] : ["--", ...r.command])]),
  "Actions/ListActionRuns": (r) => line(["action", "history", r.studio, "--project", r.project]),
  "Actions/FollowActionRun": (r) => line(["action", "logs", r.id]),
  "Actions/CancelActionRun": (r) => line(["action", "cancel", r.id]),
  "Templates/ListTemplates": () => line(["template", "list"]),
  "Templates/GetTemplate": (r) => line(["template", "show", r.name]),
  "Templates/RenderTemplate": (r) => line(["template", "show", r.name, "--dockerfile"]),
  "Templates/CreateTemplate": () => line(["template", "create", "template.yaml"]),
  "Templates/UpdateTemplate": (r) => line(["template", "edit", r.name, "--file", "template.yaml"]),
  "Templates/ValidateTemplate": () => line(["template", "validate", "template.yaml"]),
  "Templates/CopyTemplate": (r) => line(["template", "copy", r.name, r.newName]),
  "Templates/GetTemplateSchema": () => line(["template", "schema"]),
  "Templates/DeleteTemplate": (r) => line(["template", "delete", r.name, "--yes"]),
  "Templates/BuildTemplate": (r) =>
    line([
      "template", "build", r.name,
      ...flag(r.noCache, "--no-cache"), ...flag(r.push, "--push"),
      ...(r.runtime ? ["--runtime", r.runtime] : []),
    ]),
  "Templates/ExplainTemplateBuild": (r) => line(["template", "build", r.name, "--explain"]),
  "Templates/ListTemplateBuilds": (r) => line(["template", "builds", r.template]),
  "Templates/FollowTemplateBuild": (r) => line(["template", "logs", r.id]),
  "Templates/CancelTemplateBuild": (r) => line(["template", "cancel", r.id]),
  "Templates/GrantTemplate": (r) => line(["template", "grant", r.name, ...(r.groups || []), ...flag(r.all, "--all")]),
  "Templates/RevokeTemplate": (r) => line(["template", "revoke", r.name, ...(r.groups || []), ...flag(r.all, "--all")]),
  "WebApps/ListWebApps": () => line(["webapp", "list"]),
  "WebApps/PublishWebApp": (r) =>
    line([
      "webapp", "publish", r.studio, "--project", r.project, "--port", String(r.port),
      ...(r.replicas > 1 ? ["--replicas", String(r.replicas)] : []),
      ...flag(r.live, "--live"), ...flag(r.access?.public, "--public"),
      ...(r.access?.groups || []).flatMap((/** @type {string} */ one) => ["--group", one]),
    ]),
  "WebApps/RestartWebApp": (r) => line(["webapp", "restart", r.id]),
  "WebApps/UnpublishWebApp": (r) => line(["webapp", "unpublish", r.id]),
  "SyncSessions/ListSyncSessions": () => line(["sync", "list"]),
  "SyncSessions/ListSyncConflicts": (r) => line(["sync", "conflicts", id(r.parent)]),
  "SyncSessions/ReadSyncConflict": (r) => line(["sync", "diff", id(r.parent), r.path.display]),
  "SyncSessions/ListSyncProblems": (r) => line(["sync", "problems", id(r.parent)]),
  "SyncSessions/ListSyncTrash": (r) => line(["sync", "trash", id(r.parent)]),
  "SyncSessions/PlanSyncSession": (r) => line(["sync", "plan", id(r.name)]),
  "SyncSessions/ResolveSyncConflicts": (r) =>
    line(["sync", "resolve", id(r.parent), ...shown(r.paths), ...(r.globs || []), "--keep", kept(r.keep)]),
  "SyncSessions/RestoreSyncTrash": (r) => line(["sync", "restore", id(r.parent), r.id, "--yes"]),
  "SyncSessions/PauseSyncSession": (r) => line(["sync", "pause", id(r.name)]),
  "SyncSessions/ResumeSyncSession": (r) => line(["sync", "resume", id(r.name)]),
  "SyncSessions/FlushSyncSession": (r) => line(["sync", "flush", id(r.name)]),
  "SyncSessions/AcceptSyncSession": (r) => line(["sync", "accept", id(r.name), "--yes"]),
};

/**
 * Returns the command for a call; empty: the command line has none.
 * @param {string} method `Studios/StartStudio`
 * @param {any} request
 */
export function commandOf(method, request) {
  return LINES[method]?.(request) || "";
}
