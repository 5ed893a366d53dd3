// What all pages' scripts share. Text from the data only ever becomes text nodes and attributes, never markup.
const D = window.HARNESS;
// el("p.note", {id: "x"}, "text", child, [children], …); attributes may be left out
const el = (what, ...children) => {
  const [name, ...classes] = what.split("."), node = document.createElement(name);
  if (classes[0]) node.className = classes.join(" ");
  if (children[0]?.constructor === Object) for (const [key, value] of Object.entries(children.shift())) if (value != null) node.setAttribute(key, value);
  return add(node, children);
};
const add = (node, child) => {
  if (Array.isArray(child)) child.forEach(one => add(node, one));
  else if (child) node.append(child);
  return node;
};
const fill = (id, ...children) => { get(id).replaceChildren(); add(get(id), children); };
const get = id => document.getElementById(id), every = (what, root = document) => [...root.querySelectorAll(what)];
const th = (scope, text) => el("th", { scope }, text);

const mark = (state, verdict) => {
  const [glyph, word, tone] = D.marks[`${state} ${verdict}`] || D.marks[state];
  return { glyph, word, tone };
};
const sign = mark => el("b.g", { "aria-hidden": "true" }, mark.glyph);
const badge = (mark, isShort) => el("span.s." + mark.tone, { title: isShort && mark.word },
  sign(mark), isShort ? el("span.vh", mark.word) : "\u00a0" + mark.word);
const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
const isFailure = s => /fail|timeout|crash/.test(s);
const worst = sides => sides.reduce((a, b) => D.severity.indexOf(b.state) > D.severity.indexOf(a.state) ||
  (b.state === a.state && b.verdict === "unexpected-failure") ? b : a);
const term = (field, values) => `${field}:${values.map(value => `"${value}"`).join()}`;
const asking = (page, ...terms) => `${page}.html#q=${encodeURIComponent(terms.filter(Boolean).join(" "))}`;
const hash = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
const setHash = values => history.replaceState(null, "", "#" + new URLSearchParams(Object.entries(values).filter(pair => pair[1])));
const on = (id, type, then) => get(id).addEventListener(type, then);
const onHash = then => { addEventListener("hashchange", then); then(); };
const select = (id, options, value) => el("select", { id }, options.map(option => {
  const [key, text] = [].concat(option, option), node = el("option", { value: key }, text);
  node.selected = key === value;
  return node;
}));
const table = (name, heads, rows, kind = "rows") => el("div.scroll", { tabindex: 0, role: "region", "aria-label": name }, el("table." + kind,
  el("caption", name), el("thead", el("tr", heads.map(head => th("col", head)))),
  el("tbody", rows.map(([head, ...cells]) => el("tr", th("row", head), cells.map(cell => el("td", cell)))))));

// A cell by its number: what was asked for and exact versions; its side in a run, the newest being 0.
if (D) D.runs.forEach((run, n) => { run.sides = run.sides || D.runs[n - 1].sides; });
const sideOf = (number, run = 0) => {
  const s = D.sides[D.runs[run].sides[number]];
  if (!s) return null;
  const state = D.states[s[0]], verdict = D.verdicts[s[1]], told = D.causes[s[2]];
  return { state, verdict, told, cause: told ? told[0] : "", provider: D.providers[s[3]], lock: s[4], look: mark(state, verdict) };
};
const cellOf = number => {
  const values = {}, exact = {};
  D.axes.forEach((axis, place) => {
    const point = axis.points[D.cells[number][place]];
    if (point) values[axis.name] = point[0];
    if (point && point[1]) exact[axis.name] = point[1];
  });
  return { number, values, exact, id: Object.keys(values).sort().map(axis => `${axis}=${values[axis]}`).join() };
};
const isNeighbour = number => number >= D.rows && number < D.rows + D.diagnostic;
// In a run of the matrix: neighbours have no part in it.
const own = (number, run) => run || !isNeighbour(number) ? sideOf(number, run) : null;
const key = n => D.keys.slice(n * 10, n * 10 + 10);
const link = (number, text) => el("a", { href: "cell.html#" + key(number) }, el("code", text || cellOf(number).id));
const moved = (old, now) => {
  const versions = lock => Object.fromEntries(D.locks[lock].map(number => D.packages[number].split("==")));
  const a = versions(old), b = versions(now), names = Object.keys({ ...a, ...b }).sort();
  const found = D.locks[old].length && D.locks[now].length ? names.filter(name => a[name] !== b[name]) : [];
  return found.length ? el("ul", found.map(name => el("li", el("code", name), ` ${a[name] || "not there"} → ${b[name] || "not there"}`))) : null;
};
const copies = root => every("button[data-copy]", root).forEach(button => button.addEventListener("click", async () => {
  const source = get(button.dataset.copy), said = el("span.copied", { role: "status" });
  button.parentNode.querySelector(".copied")?.remove();
  button.after(said);
  try {
    await navigator.clipboard.writeText(source.textContent);
    said.textContent = "Copied";
  // not allowed here
  } catch {
    getSelection().selectAllChildren(source);
    said.textContent = "Selected: press Ctrl+C";
  }
}));

document.documentElement.classList.add("scripted");
for (const node of every("[data-age]")) {
  const days = Math.floor((Date.now() - Date.parse(node.dataset.age)) / 864e5);
  if (days > 0) node.textContent = `, from data that is ${count(days, "day")} old,`;
}
copies(document);
// the address keeps what it says
every(".skip")[0].onclick = () => !!get("main").focus();
