// One letter in full: why, where from, headers, value with its picture, and beside it what the sink holds now.
import { get } from "./api.js";
import { bytesOf, count, element, fromHex, hexDump, isHex, moment, pictureOf, shortBytes, visible } from "./format.js";

const FOLD_FROM = 120;
let pictures = []; // object URLs of what is shown

// The value as {bytes, text, json}: text where it is UTF-8, json where it is that.
function parse(value) {
  const bytes = bytesOf(value);
  const parsed = { bytes };
  if (value && "text" in value) {
    parsed.text = value.text;
    try {
      parsed.json = JSON.parse(value.text);
    } catch { /* that may be why it is here */ }
  }
  return parsed;
}

function fold(value) {
  if (typeof value === "string" && value.length >= FOLD_FROM) {
    if (!isHex(value)) return `<${count(value.length)} characters: ${value.slice(0, 48)}…>`;
    const kind = pictureOf(fromHex(value.slice(0, 32)));
    return `<${count(value.length)} hex digits: ${count(value.length / 2)} bytes${kind ? ` of ${kind.name}` : ""}: ${value.slice(0, 16)}…>`;
  }
  if (Array.isArray(value)) return value.map(fold);
  if (value && typeof value === "object" && typeof value.$binary?.base64 === "string")
    return `<binary: ${count(Math.floor(value.$binary.base64.length * 3 / 4))} bytes>`;
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fold(item)]));
  return value;
}

// The field a reason begins with ("updated_at: got …") is marked.
function jsonBlock(json, reason = "") {
  const field = /^([^:\s]+): /.exec(reason ?? "")?.[1];
  const block = element("pre", { tabIndex: 0 });
  for (const line of JSON.stringify(fold(json), null, 2).split("\n")) {
    const marked = field && line.startsWith(`  ${JSON.stringify(field)}: `);
    block.append(marked ? element("mark", {}, visible(line)) : visible(line), "\n");
  }
  return block;
}

// The character at "byte N" of the reason is marked; N counts UTF-8 bytes.
function textBlock(bytes, text, reason) {
  const at = /\bbyte (\d+)/.exec(reason ?? "")?.[1];
  if (text === undefined) return element("pre", { tabIndex: 0 }, hexDump(bytes));
  if (at === undefined || Number(at) > bytes.length) return element("pre", { tabIndex: 0 }, visible(text, true));
  const before = new TextDecoder().decode(bytes.slice(0, Number(at)));
  const here = text.slice(before.length, before.length + 1) || "␄";
  return element("pre", { tabIndex: 0 }, visible(before, true), element("mark", {}, visible(here)), visible(text.slice(before.length + 1), true));
}

function valueBlock(parsed, letter) {
  if (letter.omitted_bytes !== null) return element("p", {}, `${count(letter.omitted_bytes)} bytes, too large for the dead letter topic and left out.`);
  if (parsed.bytes === null) return element("p", {}, "(null)");
  if (parsed.bytes.length === 0) return element("p", {}, "(empty)");
  return parsed.json !== undefined ? jsonBlock(parsed.json, letter.message) : textBlock(parsed.bytes, parsed.text, letter.message);
}

function figure(bytes, where) {
  const kind = pictureOf(bytes);
  if (!kind) return null;
  const url = URL.createObjectURL(new Blob([bytes], { type: kind.type }));
  pictures.push(url);
  const caption = `${kind.name} in ${visible(where)}, ${count(bytes.length)} bytes`;
  return element("figure", {}, element("img", { src: url, alt: caption }), element("figcaption", {}, caption));
}

function picturesIn(json, bytes) {
  if (json === undefined || json === null || typeof json !== "object") return bytes ? [figure(bytes, "the value")] : [];
  return Object.entries(json).map(([name, item]) =>
    typeof item === "string" && isHex(item) ? figure(fromHex(item), name)
      : typeof item?.$binary?.base64 === "string" ? figure(bytesOf({ base64: item.$binary.base64 }), name) : null);
}

// The business key as the sink's lookup takes it: JSON text. Out of a value that is no JSON any more, too.
function keyOf(parsed, field, letter) {
  const value = parsed.json?.[field];
  if (value !== undefined && value !== null && typeof value !== "object") return JSON.stringify(value);
  const escaped = field.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const found = new RegExp(`"${escaped}"\\s*:\\s*(-?\\d+|"[^"\\\\]*")`).exec(parsed.text ?? "");
  return found?.[1] ?? (/(\d+)$/.exec(letter.key?.text ?? "")?.[1] ?? "");
}

function documentBlock(letter, parsed, info) {
  const result = element("div", { "aria-live": "polite" });
  const topic = element("input", { name: "topic", value: letter.origin?.topic ?? "", required: true });
  const key = element("input", { name: "key", value: keyOf(parsed, info.key_field ?? "id", letter), required: true });
  const ask = async () => {
    try {
      const found = await get(`/topics/${encodeURIComponent(topic.value)}/keys/${encodeURIComponent(key.value)}`);
      result.replaceChildren(jsonBlock(found), ...picturesIn(found).filter(Boolean));
    } catch (error) {
      result.replaceChildren(element("p", { className: error.status === 404 ? "" : "bad" }, visible(error.message)));
    }
  };
  const form = element("form", { className: "actions" }, element("label", {}, "Topic", topic),
    element("label", {}, `${info.key_field ?? "Key"} (JSON)`, key), element("button", {}, "Look up"));
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  if (topic.value && key.value) ask();
  return element("div", {}, element("h3", {}, `What the sink ${visible(info.sink)} holds now`), form, result);
}

// A producer may write any number as a time.
function momentOf(ms) {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : moment(date.toISOString());
}

function facts(letter) {
  const decision = letter.decision;
  const rows = [
    ["State", decision ? `${letter.open ? "open" : "decided"}: ${decision.outcome} at ${moment(decision.at)} by ${decision.by ?? "?"}${decision.reason ? `: ${decision.reason}` : ""}`
      : letter.open ? "open" : "decided, by a decision about another letter of the same record"],
    ["Record", letter.origin ? `${letter.origin.topic}:${letter.origin.partition ?? "?"}:${letter.origin.offset ?? "?"}` : "no header tells where it was"],
    ["Failed", `${moment(letter.failed_at)}${letter.attempts !== null ? `, attempt ${letter.attempts}` : ""}`],
    ["Code", letter.code], ["Reason", letter.message], ["Stage", letter.stage], ["By", letter.plugin],
    ["Pipeline", letter.connector], ["Written by", letter.writer], ["Replayed", `${letter.replay_count} times before this letter`],
    ["Time", letter.timestamp.type === "none" ? null : `${momentOf(letter.timestamp.ms)} (${letter.timestamp.type})`],
    ["Key", shortBytes(letter.key)],
  ];
  const list = element("dl");
  for (const [name, value] of rows) if (value !== null) list.append(element("dt", {}, name), element("dd", {}, visible(String(value))));
  return list;
}

function headers(letter) {
  const own = letter.headers.filter((header) => !/^(__connect\.errors\.|__sluice\.|kafka_dlt-|__streams\.errors\.)/.test(header.name?.text ?? ""));
  if (!own.length) return element("p", {}, "None but those that tell of the error.");
  return element("table", {}, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Name"), element("th", { scope: "col" }, "Value"))),
    element("tbody", {}, ...own.map((header) => element("tr", {}, element("td", {}, shortBytes(header.name)),
      element("td", { className: "reason" }, shortBytes(header.value))))));
}

export function clear(section) {
  pictures.forEach((url) => URL.revokeObjectURL(url));
  pictures = [];
  section.replaceChildren();
  section.hidden = true;
}

// act(name, letters): "test", "replay", "discard".
export function show(section, letter, info, act) {
  clear(section);
  const name = `${letter.letter.partition}:${letter.letter.offset}`;
  const parsed = parse(letter.value);
  const button = (label, kind) => {
    const node = element("button", {}, label);
    node.addEventListener("click", () => act(kind, [name]));
    return node;
  };
  const close = element("a", { href: "#", id: "close-letter" }, "Close");
  section.append(
    element("h2", { id: "letter-title" }, `Letter ${name}`),
    element("div", { className: "actions" }, button("Test", "test"), button("Replay …", "replay"), button("Discard …", "discard"), close),
    facts(letter), element("h3", {}, "Headers"), headers(letter),
    element("div", { className: "beside" },
      element("div", {}, element("h3", {}, `Value, ${letter.value_bytes === null ? "null" : `${count(letter.value_bytes)} bytes`}`), valueBlock(parsed, letter),
        ...picturesIn(parsed.json, parsed.bytes).filter(Boolean)),
      info.lookup ? documentBlock(letter, parsed, info) : null));
  section.hidden = false;
}
