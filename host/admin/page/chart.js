// Counts over time: stacked bars by code, and the same numbers as a table.
import { count, element, moment, visible } from "./format.js";

const SERIES = 6, HEIGHT = 150, BASE = 22, LEFT = 46, MOST_BARS = 96;
const svg = (tag, attributes, ...children) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

// Times between the first and the last, empty ones too; by day where hours would be too many.
function buckets(groups) {
  const told = groups.filter((group) => !Number.isNaN(Date.parse(group.hour)));
  const times = told.map((group) => Date.parse(group.hour)).sort((a, b) => a - b);
  if (!times.length) return { names: [], of: () => -1 };
  let step = 3600e3;
  while ((times.at(-1) - times[0]) / step > MOST_BARS) step *= step === 3600e3 ? 24 : 2;
  const first = Math.floor(times[0] / step) * step;
  const names = [];
  for (let time = first; time <= times.at(-1); time += step) names.push(moment(new Date(time).toISOString()).slice(0, step < 86400e3 ? 16 : 10));
  return { names, of: (hour) => Math.floor((Date.parse(hour) - first) / step) };
}

export function draw(groups, chart, table) {
  const totals = new Map();
  for (const group of groups) totals.set(group.code, (totals.get(group.code) ?? 0) + group.count);
  const codes = [...totals.keys()].sort((a, b) => totals.get(b) - totals.get(a));
  const shown = codes.length > SERIES + 1 ? [...codes.slice(0, SERIES), "others"] : codes;
  const series = (code) => { const at = shown.indexOf(code); return at >= 0 ? at : shown.length - 1; };
  const { names, of } = buckets(groups);
  const sums = names.map(() => shown.map(() => 0));
  for (const group of groups) sums[of(group.hour)] && (sums[of(group.hour)][series(group.code)] += group.count);
  const all = [...totals.values()].reduce((a, b) => a + b, 0);
  if (!names.length) {
    chart.replaceChildren(element("p", {}, all ? "No letter tells when it failed." : "No letters."));
    table.replaceChildren();
    return;
  }
  const highest = Math.max(1, ...sums.map((row) => row.reduce((a, b) => a + b, 0)));
  const width = Math.max(chart.clientWidth, 320); // drawn in pixels, so that texts keep their shape
  const slot = (width - LEFT) / names.length, bar = Math.max(1, Math.min(slot * 0.8, 60));
  const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT + BASE}`, role: "img", height: HEIGHT + BASE,
    "aria-label": `${count(all)} letters from ${names[0]} to ${names.at(-1)} UTC; most are ${visible(codes[0])}, ${count(totals.get(codes[0]))}` });
  for (const part of [0, 0.5, 1]) {
    const y = HEIGHT - part * (HEIGHT - 12);
    picture.append(svg("line", { x1: LEFT, x2: width, y1: y, y2: y }),
      svg("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, count(Math.round(highest * part))));
  }
  sums.forEach((row, at) => {
    let y = HEIGHT;
    const x = LEFT + at * slot + (slot - bar) / 2;
    row.forEach((number, index) => {
      const height = number / highest * (HEIGHT - 12);
      y -= height;
      if (number) picture.append(svg("rect", { x, y, width: bar, height, class: `s${index}` },
        svg("title", {}, `${names[at]}: ${count(number)} ${visible(shown[index])}`)));
    });
    if (at % Math.ceil(names.length / 8) === 0)
      picture.append(svg("text", { x: LEFT + at * slot + slot / 2, y: HEIGHT + 16, "text-anchor": "middle" }, names[at]));
  });
  const number = (index) => sums.reduce((sum, row) => sum + row[index], 0);
  const legend = element("ul", { className: "legend" }, ...shown.map((code, index) =>
    element("li", {}, element("i", { className: `s${index}` }), `${visible(code)}: ${count(number(index))}`)));
  chart.replaceChildren(picture, legend);
  const head = ["Time (UTC)", ...shown.map((code) => visible(code))].map((name) => element("th", { scope: "col" }, name));
  const rows = sums.map((row, at) => element("tr", {}, element("th", { scope: "row" }, names[at]),
    ...row.map((value) => element("td", { className: "number" }, count(value)))));
  table.replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)));
}
