// The admin listener's API. A token, where it is asked for, is kept for the tab alone.

const TOKEN = "sluice-admin-token";

async function askForToken() {
  const dialog = document.getElementById("sign-in");
  sessionStorage.removeItem(TOKEN);
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  const token = new FormData(dialog.querySelector("form")).get("token");
  dialog.querySelector("form").reset();
  if (dialog.returnValue !== "yes") throw new Error("The token was not given; reload the page to be asked again.");
  if (/^[\x21-\x7e]+$/.test(token)) sessionStorage.setItem(TOKEN, token); // what a header cannot hold is no token
}

async function request(path, options = {}) {
  for (;;) {
    const headers = { ...options.headers };
    const token = sessionStorage.getItem(TOKEN);
    if (token) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch(path, { ...options, headers });
    if (answer.status === 401) {
      await askForToken();
      continue;
    }
    const body = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(body.message ?? `HTTP ${answer.status}`), { status: answer.status, body });
    return body;
  }
}

export const get = (path, parameters = new URLSearchParams()) =>
  request(parameters.size ? `${path}?${parameters}` : path);

export const post = (path, body) =>
  request(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
