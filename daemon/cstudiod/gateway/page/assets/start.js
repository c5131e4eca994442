// Loads the page. Its modules are many small files: when a connection breaks meanwhile (a network
// that came or went is enough for some browsers) the document is loaded again, a few times.

const TRIES = "cstudio-tries";
const MOST = 5;
const PAUSE = 500;

import("./app.js").then(
  () => sessionStorage.removeItem(TRIES),
  (error) => {
    const tries = Number(sessionStorage.getItem(TRIES) || 0) + 1;
    sessionStorage.setItem(TRIES, String(tries));
    if (tries < MOST) setTimeout(() => location.reload(), PAUSE * tries);
    else giveUp(error);
  },
);

/** Says that it did not work, and how to try again. @param {Error} error */
function giveUp(error) {
  sessionStorage.removeItem(TRIES);
  const place = /** @type {HTMLElement} */ (document.getElementById("page"));
  place.textContent = `The page could not be loaded (${error.message}). Load it again when the daemon answers.`;
}
