// A link's secret stands behind the `#`. It leaves the address, and so the history, before it is used.
const secret = location.hash.slice(1);
if (/^[A-Za-z0-9_-]+$/.test(secret)) {
  history.replaceState(null, "", location.pathname + location.search);
  const form = /** @type {HTMLFormElement} */ (document.getElementById("link"));
  const key = /** @type {HTMLFormElement} */ (document.getElementById("key"));
  form.elements.namedItem("link").value = secret;
  key.hidden = true;
  form.hidden = false;
  form.submit();
}
