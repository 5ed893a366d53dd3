// Runs held against one another: compare.html and history.html.
const spaced = text => text.replaceAll("-", " "), LIMIT = 300;

// analysis/compare.py, as a table
const category = (old, now) => {
  const at = side => side ? D.states.indexOf(side.state) + 1 : 0, isAlike = old && now && old.state === now.state && old.told === now.told;
  const [plain, declared, other] = D.became[at(old)][at(now)][isAlike ? 1 : 0];
  return D.categories[old?.provider && now?.provider && old.provider !== now.provider ? other : now?.verdict === "expected-failure" ? declared : plain];
};
// by position among the runs; cells of the matrix only
const compare = (old, now) => {
  const found = Object.fromEntries(D.categories.map(name => [name, []]));
  D.cells.forEach((_, n) => {
    const a = own(n, old), b = own(n, now);
    if (a || b) found[category(a, b)].push([n, a, b]);
  });
  return found;
};
function change([n, a, b]) {
  const state = side => side ? badge(side.look) : "not there", why = b?.told && (b.told[3] || b.told[1]);
  return el("li", state(a), " → ", state(b), " ", link(n), why && el("p.meta", why), a && b && moved(a.lock, b.lock));
}
function compared() {
  const asked = hash(), numbers = D.runs.map(run => String(run.run)), at = { old: numbers.indexOf(asked.old), new: numbers.indexOf(asked.new) };
  if (numbers.length < 2) { get("pick").hidden = true; fill("compared", el("p", "The store has one run of the matrix; comparing takes two.")); return; }
  if (at.old < 0) at.old = 1;
  if (at.new < 0) at.new = 0;
  for (const id in at) {
    const node = select(id, D.runs.map(run => [String(run.run), `run ${run.run}, ${run.started.slice(0, 10)}`]), numbers[at[id]]);
    get(id).replaceWith(node);
    node.addEventListener("change", () => { setHash({ old: get("old").value, new: get("new").value }); compared(); get(id).focus(); });
  }
  const found = compare(at.old, at.new), there = D.categories.filter(name => found[name].length), base = `#old=${numbers[at.old]}&new=${numbers[at.new]}`, shown = there.filter(name => asked.category ? name === asked.category : name !== "same");
  fill("compared", el("ul.changes", there.map(name => el("li", el("a", { href: `${base}&category=${name}`, "aria-current": name === asked.category ? "true" : null }, el("strong", String(found[name].length)), " " + spaced(name)))),
    asked.category && el("li", el("a", { href: base }, "all that changed"))),
  shown.map(name => el("section", { "data-category": name }, el("h2", `${found[name].length} ${spaced(name)}`), el("ul.plain.changed", found[name].slice(0, LIMIT).map(change)),
    found[name].length > LIMIT && el("p", `and ${found[name].length - LIMIT} more`))),
  shown.length ? null : el("p", asked.category ? "None is." : `Nothing changed: all ${found.same.length} cells answer alike.`));
}

function past() {
  const { axis: by, q = "" } = hash(), input = get("q"), axis = D.axes.find(one => one.name === by), matches = asked(q);
  if (document.activeElement !== input) input.value = q;
  if (!matches) return;
  get("axis").replaceWith(select("axis", [["", "cell"], ...D.axes.map(one => [one.name, one.title])], axis?.name || ""));
  on("axis", "change", event => { setHash({ q, axis: event.target.value }); past(); get("axis").focus(); });
  // runs that say the same are one
  const columns = [];
  D.runs.forEach((run, n) => { if (n && D.runs[n - 1].sides === run.sides) columns[0][0] = run.run; else columns.unshift([run.run, n, run.run]); });
  const cells = D.cells.map((_, n) => row(n)).filter(one => D.runs.some((_, run) => own(one.number, run)) && matches(one));
  const groups = (axis ? axis.values.map(value => [value, cells.filter(one => one.values[axis.name] === value)]) : cells.map(one => [link(one.number), [one]])).filter(group => group[1].length).map(([head, inside]) => {
    const seen = columns.map(column => inside.map(one => own(one.number, column[1])).filter(Boolean)), ends = seen.map(sides => sides.length ? worst(sides) : null);
    const cell = (side, n) => side ? [badge(side.look, true), inside.length > 1 ? ` ${seen[n].filter(one => one.state === "pass").length}/${seen[n].length}` : ""] : el("span.vh", "not there");
    return { odd: axis ? 0 : new Set(ends.map(side => side && side.state + side.verdict)).size, row: () => [head, ...ends.map(cell)] };
  });
  groups.sort((a, b) => b.odd - a.odd);
  fill("history", el("p.legend", axis ? "The worst state of the cells, and how many of them pass." : "Cells that changed come first.", groups.length > LIMIT ? ` ${groups.length - LIMIT} more are not shown: narrow the query.` : ""),
    table("Over runs", [axis ? axis.title : "Cell", ...columns.map(([first, , last]) => first === last ? String(first) : `${first} – ${last}`)], groups.slice(0, LIMIT).map(group => group.row()), "rows.past"));
}

if (get("compared")) onHash(compared);
if (get("history")) {
  on("by", "submit", event => event.preventDefault());
  on("q", "input", event => { setHash({ ...hash(), q: event.target.value.trim() }); past(); });
  onHash(past);
}
