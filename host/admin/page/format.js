// Bytes and texts of records made fit to be shown. Nothing of a record reaches the page but as text of a node.

const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

// What cannot be seen, or turns the writing direction, as \u202e; line ends stay with keepLines.
export function visible(text, keepLines = false) {
  return text.replace(HIDDEN, (c) =>
    keepLines && c === "\n" ? c : "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

// An element with properties, and children: nodes or texts.
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// The API's null, {text} or {base64} as bytes; null stays null.
export function bytesOf(json) {
  if (json === null) return null;
  if ("text" in json) return new TextEncoder().encode(json.text);
  return Uint8Array.from(atob(json.base64), (c) => c.charCodeAt(0));
}

export function shortBytes(json) {
  if (json === null) return "(null)";
  if ("text" in json) return json.text === "" ? "(empty)" : visible(json.text);
  return "0x" + hex(bytesOf(json).slice(0, 64)) + (bytesOf(json).length > 64 ? "…" : "");
}

export function hex(bytes) {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

export function hexDump(bytes, most = 512) {
  const lines = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 16) {
    const part = bytes.slice(at, Math.min(at + 16, most));
    const text = Array.from(part, (b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : ".")).join("");
    lines.push(at.toString(16).padStart(8, "0") + "  " + hex(part).replace(/(..)/g, "$1 ").padEnd(48) + " " + text);
  }
  if (bytes.length > most) lines.push(`… ${bytes.length - most} bytes more`);
  return lines.join("\n");
}

export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export const isHex = (text) => text.length >= 32 && text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text);

const PICTURES = [["ffd8ff", "JPEG", "image/jpeg"], ["89504e470d0a1a0a", "PNG", "image/png"], ["47494638", "GIF", "image/gif"]];

// {name, type} of a picture that a browser shows, or undefined.
export function pictureOf(bytes) {
  const begin = hex(bytes.slice(0, 8));
  const found = PICTURES.find(([magic]) => begin.startsWith(magic));
  return found && { name: found[1], type: found[2] };
}

export const count = (number) => number.toLocaleString("en");
export const moment = (iso) => (iso ? iso.slice(0, 19).replace("T", " ") : "–");
