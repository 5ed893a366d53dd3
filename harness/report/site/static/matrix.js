// The matrix: a query, two axes, the grid and the rows that answer it. All of it is in the address.
const input = get("q"), lines = every("#rows tbody tr"), all = lines.map((_, n) => row(n));
const names = D.axes.map(axis => axis.name), named = name => D.axes.find(axis => axis.name === name);
const preset = names.includes("django") && names.includes("pytest-django") ? ["django", "pytest-django"] : names;
const LIMIT = 500;
let view, isWhole;

// grid.py and fold.py, over the rows that are shown
function square(rows) {
  const sides = rows.map(row => row.side), states = D.severity.filter(state => sides.some(side => side.state === state)), worst = states.at(-1);
  const expected = !sides.some(side => side.verdict === "unexpected-failure");
  return worst && { worst, expected, count: sides.filter(side => side.state === worst).length, total: rows.length, said: states.join() + expected };
}
const grid = (rows, down, across, isFolded) => {
  const groups = axis => named(axis).values.filter(value => rows.some(row => row.values[axis] === value)).map(value => [value]);
  const inside = (r, c) => square(rows.filter(row => r.includes(row.values[down]) && c.includes(row.values[across])));
  const folded = (groups, others, at) => {
    const said = group => others.map(other => at(group, other)?.said).join("|"), out = [];
    for (const group of groups) if (out.length && said(out.at(-1)) === said(group)) out.push([...out.pop(), ...group]); else out.push(group);
    return out;
  };
  let r = groups(down), c = groups(across);
  if (isFolded) {
    r = folded(r, c, inside);
    c = folded(c, r, (column, row) => inside(row, column));
  }
  return { rows: r, columns: c, squares: r.map(row => c.map(column => inside(row, column))) };
};

const span = values => values.length === 1 ? values[0] : `${values[0]} – ${values.at(-1)}`;
function draw(found) {
  const down = named(view.rows), across = named(view.cols), more = /\bor\b/.test(view.q) ? `(${view.q})` : view.q;
  const drawn = (s, r, c) => {
    if (!s) return el("td.empty", { tabindex: -1 }, el("span", { "aria-hidden": "true" }, "·"), el("span.vh", "no cell"));
    const where = [term(down.name, r), term(across.name, c), more], look = mark(s.worst, s.expected && "expected-failure");
    return el("td." + look.tone, { tabindex: -1 },
      el("a.sq", { tabindex: -1, "data-n": s.count, href: asking("matrix", term("state", [s.worst]), ...where) }, sign(look), ` ${s.count} `, el("i", look.word)),
      s.count < s.total ? el("a.of", { tabindex: -1, "data-n": s.total, href: asking("matrix", ...where) }, "of " + s.total, el("span.vh", " cells")) : null);
  };
  const table = el("table.grid", { id: "grid", role: "grid" }, el("caption", `${down.title} × ${across.title}`),
    el("thead", el("tr", el("th.corner", { scope: "col" }, el("span", down.title), el("span", across.title)), found.columns.map(c => th("col", span(c))))),
    el("tbody", found.rows.map((r, y) => el("tr", th("row", span(r)), found.columns.map((c, x) => drawn(found.squares[y][x], r, c))))));
  table.querySelector("td")?.setAttribute("tabindex", 0);
  fill("grid-box", found.rows.length ? el("div.scroll", table) : el("p", "No cell has both axes."));
}
on("grid-box", "keydown", event => {
  const td = event.target;
  if (td.tagName !== "TD") return;
  if (event.key === "Enter") td.querySelector("a")?.click();
  const row = td.parentNode, x = td.cellIndex, rows = row.parentNode.rows, y = row.sectionRowIndex;
  const to = { ArrowRight: [x + 1, y], ArrowLeft: [x - 1, y], ArrowDown: [x, y + 1], ArrowUp: [x, y - 1], Home: [1, y], End: [row.cells.length - 1, y] }[event.key];
  if (!to) return;
  event.preventDefault();
  const next = to[0] && rows[to[1]]?.cells[to[0]];
  if (next) { td.tabIndex = -1; next.tabIndex = 0; next.focus(); }
});

// Selects for the two axes, folding, and one for each other axis, which writes its term into the query.
const ofAxis = axis => new RegExp(`(?:^|\\s)${axis}:"([^"]*)"(?=\\s|$)`);
function selects() {
  const labelled = (text, node) => el("label", text, node), fold = el("input", { type: "checkbox", id: "fold" });
  fold.checked = view.fold !== "0";
  fill("selects", labelled("Rows", select("axis-rows", names, view.rows)), labelled("Columns", select("axis-cols", names, view.cols)), labelled("Fold alike", fold),
    D.axes.filter(axis => axis.name !== view.rows && axis.name !== view.cols && axis.values.length > 1).map(({ name, title, values }) => {
      const node = select("axis-" + name, [["", "any"], ...values], ofAxis(name).exec(view.q)?.[1] || "");
      node.dataset.axis = name;
      return labelled(title, node);
    }));
}
on("selects", "change", ({ target: { id, value, checked, dataset: { axis } } }) => {
  if (id === "fold") view.fold = checked ? "" : "0";
  else if (axis) view.q = (view.q.replace(ofAxis(axis), "") + (value && " " + term(axis, [value]))).trim();
  else if (id === "axis-rows") view = { ...view, rows: value, cols: value === view.cols ? view.rows : view.cols };
  else view = { ...view, cols: value, rows: value === view.rows ? view.cols : view.rows };
  show(true);
  get(id).focus();
});

function show(isChanged) {
  const matches = asked(view.q);
  if (!matches) return;
  const found = all.filter(matches), there = new Set(found);
  let left = isWhole ? Infinity : LIMIT;
  lines.forEach((line, n) => { line.hidden = !there.has(all[n]) || --left < 0; });
  get("more").hidden = left >= 0;
  get("rows").classList.add("cut");
  if (document.activeElement !== input) input.value = view.q;
  fill("shown", String(found.length));
  fill("shown-of", (found.length < all.length ? `of ${all.length} ` : "") + (all.length === 1 ? "cell" : "cells"));
  if (names.length > 1) draw(grid(found, view.rows, view.cols, view.fold !== "0"));
  selects();
  if (isChanged) setHash({ ...view, rows: view.rows === preset[0] ? "" : view.rows, cols: view.cols === preset[1] ? "" : view.cols });
}
function read() {
  const { q = "", rows, cols, fold } = hash(), known = (name, otherwise) => names.includes(name) ? name : otherwise;
  view = { q, rows: known(rows, preset[0]), cols: known(cols, preset[1]), fold: fold === "0" ? fold : "" };
  show();
}
on("q", "input", () => { view.q = input.value.trim(); show(true); });
const whole = () => { isWhole = true; show(); };
on("more", "click", whole);
addEventListener("beforeprint", whole);
on("clear", "click", () => { view.q = input.value = ""; show(true); input.focus(); });
on("filters", "submit", event => event.preventDefault());
addEventListener("keydown", event => {
  if (event.key !== "/" || /INPUT|SELECT/.test(event.target.tagName)) return;
  event.preventDefault();
  input.focus();
});
onHash(() => { input.blur(); read(); });
