// The dead letter page: filters in the URL, a chart, the list, a letter, and what is done with letters.
import { get, post } from "./api.js";
import { draw } from "./chart.js";
import { count, element, moment, shortBytes, visible } from "./format.js";
import * as letterView from "./letter.js";

const $ = (id) => document.getElementById(id);
const NAMES = ["code", "stage", "topic", "partition", "offset", "key", "header", "since", "until", "all"];
const PAGE = 100;
let info, limit = PAGE, selected = new Set();

// ---- The URL is the state: filters, and which letter is open ------------------------------------------

const parameters = () => new URLSearchParams(location.search);

function filters() {
  const wanted = new URLSearchParams();
  for (const name of NAMES) if (parameters().get(name)) wanted.set(name, parameters().get(name));
  return wanted;
}

function go(next) {
  history.pushState(null, "", next.size ? `?${next}` : location.pathname);
  refresh();
}

function withLetter(name) {
  const next = parameters();
  name ? next.set("letter", name) : next.delete("letter");
  return next;
}

function fillForm() {
  for (const field of $("filters").elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") field.checked = parameters().get(field.name) === field.value;
    else field.value = parameters().get(field.name) ?? "";
  }
}

// ---- Showing --------------------------------------------------------------------------------------------

function tell(text, bad = false) {
  $("status").textContent = visible(text);
  $("status").className = bad ? "bad" : "";
}

function tellSelected() {
  $("selected").textContent = selected.size ? `${count(selected.size)} selected` : "none selected";
  for (const id of ["test", "replay", "discard"]) $(id).disabled = selected.size === 0;
  const boxes = [...$("list").querySelectorAll("input")];
  $("select-all").checked = boxes.length > 0 && boxes.every((box) => box.checked);
}

function row(letter) {
  const name = `${letter.letter.partition}:${letter.letter.offset}`;
  const box = element("input", { type: "checkbox", checked: selected.has(name), "aria-label": `Select letter ${name}`, value: name });
  box.addEventListener("change", () => { box.checked ? selected.add(name) : selected.delete(name); tellSelected(); });
  const link = element("a", { href: `?${withLetter(name)}` }, name);
  link.addEventListener("click", (event) => { event.preventDefault(); go(withLetter(name)); });
  const origin = letter.origin ? `${letter.origin.topic}:${letter.origin.partition ?? "?"}:${letter.origin.offset ?? "?"}` : "–";
  const cell = (text, className = "") => element("td", { className }, visible(String(text)));
  const line = element("tr", {}, element("td", {}, box), element("td", {}, link), cell(moment(letter.failed_at)), cell(letter.code),
    cell(origin), cell(shortBytes(letter.key), "cut"), cell(letter.value_bytes === null ? "(null)" : count(letter.value_bytes), "number"),
    cell(letter.decision?.outcome ?? (letter.open ? "open" : "repeat")), cell(letter.message ?? "–", "reason"));
  if (parameters().get("letter") === name) line.setAttribute("aria-current", "true");
  return line;
}

async function showList(latest) {
  const wanted = filters();
  wanted.set("limit", limit);
  const { letters, more } = await get("letters", wanted);
  if (!latest()) return;
  const names = new Set(letters.map((letter) => `${letter.letter.partition}:${letter.letter.offset}`));
  selected = new Set([...selected].filter((name) => names.has(name)));
  $("list").replaceChildren(...letters.map(row));
  $("more").hidden = !more;
  tellSelected();
}

async function showStats(latest) {
  const wanted = filters();
  wanted.set("by", "hour,code");
  const stats = await get("stats", wanted);
  if (!latest()) return;
  draw(stats.groups, $("chart"), $("chart-table"));
  const codes = [...new Set(stats.groups.map((group) => group.code))].sort();
  $("codes").replaceChildren(...codes.map((code) => element("option", { value: code })));
  const kind = parameters().get("all") ? "letters" : "open letters";
  $("counts").textContent = visible(`${count(stats.matched)} ${kind} match, of ${count(stats.read)} in ${stats.topic} (${count(stats.decided)} decided, ${count(stats.repeats)} repeats)` +
    (stats.oldest ? `; the oldest failed at ${moment(stats.oldest)} UTC` : ""));
}

async function showLetter(latest, focus) {
  const name = parameters().get("letter");
  if (!name || focus) letterView.clear($("letter")); // another's must not stand there while this one comes, or does not
  if (!name) return;
  const [partition, offset] = name.split(":");
  const letter = await get(`letters/${encodeURIComponent(partition)}/${encodeURIComponent(offset ?? "")}`);
  if (!latest()) return;
  letterView.show($("letter"), letter, info, act);
  $("close-letter").addEventListener("click", (event) => { event.preventDefault(); go(withLetter(null)); });
  if (focus) $("letter").focus();
}

let shownLetter = null, generation = 0;

// An older answer must not overwrite a newer one: each part shows itself only while its refresh is the latest.
async function refresh() {
  const current = ++generation;
  const latest = () => current === generation;
  fillForm();
  try {
    info ??= await get("info");
    $("pipeline").textContent = `of ${visible(info.pipeline)}`;
    document.title = `Dead letters of ${visible(info.pipeline)}`;
    const moved = parameters().get("letter") !== shownLetter;
    shownLetter = parameters().get("letter");
    await showList(latest);
    await showLetter(latest, moved && shownLetter !== null);
    await showStats(latest);
  } catch (error) {
    if (latest()) tell(error.message, true);
  }
}

// ---- Acting -----------------------------------------------------------------------------------------------

async function confirmed(kind, letters) {
  const dialog = $("confirm"), form = dialog.querySelector("form");
  const what = letters.length === 1 ? `letter ${letters[0]}` : `${count(letters.length)} letters`;
  form.reset();
  $("confirm-title").textContent = kind === "replay" ? `Replay ${what}?` : `Discard ${what}?`;
  $("confirm-yes").textContent = kind === "replay" ? "Replay" : "Discard";
  $("replay-options").hidden = kind !== "replay";
  $("reason-option").hidden = kind !== "discard";
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  return dialog.returnValue === "yes" ? new FormData(form) : null;
}

function orderOf(kind, letters, answers) {
  const order = { letters };
  if (kind === "discard") order.reason = answers.get("reason");
  if (kind === "replay") order.to = answers.get("to");
  if (kind === "replay" && answers.get("patch").trim()) order.patch = JSON.parse(answers.get("patch"));
  return order;
}

// "3 letters: 2 applied, 1 stale (0:7 mongodb.stale: …)"
function summary(answer) {
  const numbers = new Map();
  for (const { outcome } of answer.results) numbers.set(outcome, (numbers.get(outcome) ?? 0) + 1);
  const parts = [...numbers].map(([outcome, number]) => `${count(number)} ${outcome}`).join(", ");
  const told = answer.results.filter((result) => result.text).slice(0, 3).map((result) => `${result.letter} ${result.text}`).join("; ");
  return `${count(answer.results.length)} ${answer.results.length === 1 ? "letter" : "letters"}${parts ? ": " + parts : ""}${told ? ` – ${told}` : ""}`;
}

async function act(kind, letters) {
  let text, bad = false;
  try {
    const answers = kind === "test" ? null : await confirmed(kind, letters);
    if (kind !== "test" && !answers) return;
    tell(`${kind} …`);
    const answer = await post(kind, orderOf(kind, letters, answers));
    text = summary(answer) + (answer.warning ? `; warning: ${answer.warning}` : "");
  } catch (error) {
    text = error.body?.results?.length ? `${summary(error.body)}; then: ${error.message}` : error.message;
    bad = true;
  }
  if (kind !== "test") await refresh();
  tell(text, bad);
}

// ---- Wiring -----------------------------------------------------------------------------------------------

$("filters").addEventListener("submit", (event) => {
  event.preventDefault();
  const next = new URLSearchParams();
  for (const [name, value] of new FormData($("filters"))) if (value) next.set(name, value);
  limit = PAGE;
  go(next);
});
$("filters").addEventListener("reset", (event) => { event.preventDefault(); limit = PAGE; go(new URLSearchParams()); });
for (const kind of ["test", "replay", "discard"]) $(kind).addEventListener("click", () => act(kind, [...selected]));
$("select-all").addEventListener("change", () => {
  for (const box of $("list").querySelectorAll("input")) {
    box.checked = $("select-all").checked;
    box.checked ? selected.add(box.value) : selected.delete(box.value);
  }
  tellSelected();
});
$("confirm-no").addEventListener("click", () => $("confirm").close(""));
$("more").addEventListener("click", () => { limit = Math.min(limit * 5, 1000); refresh(); });
addEventListener("popstate", refresh);
refresh();
