// One cell: cell.html#KEY, or #cell=ID.
const OUTCOMES = { p: "passed", f: "failed", e: "error", s: "skipped", x: "xfailed", X: "xpassed" };
const section = (title, ...children) => el("section", el("h2", title), children);
const list = items => el("ul.plain", items.map(item => el("li", item)));
const facts = pairs => el("dl.facts", pairs.filter(pair => pair[1]).map(([name, value]) => [el("dt", name), el("dd", Array.isArray(value) ? list(value) : value)]));
const before = id => el("a", { href: asking("history", `"${id}"`) }, "What this cell came to from run to run");

const failure = f => el("article.card.fail", el("h3", el("code", f.test)),
  el("p.meta", `${f.outcome} in ${f.phase}${f.alike > 1 ? `, and ${count(f.alike - 1, "other test")} alike` : ""}`),
  el("p", (f.type && f.type + ": ") + f.message), f.trace && el("pre", { tabindex: 0 }, f.trace));
function trial([title, ...told], failures) {
  const own = failures.find(pair => pair[0] === title);
  return section(title, facts(told.map(one => DETAILS.pool[one] || one)), own && own[1].map(failure));
}
function tests([, set, lengths]) {
  const ids = DETAILS.testsets[set], odd = [];
  let at = 0;
  for (const [, n, letter] of lengths.matchAll(/(\d+)(\w)/g)) {
    if (letter !== "p") for (const id of ids.slice(at, at + +n)) odd.push(el("li", OUTCOMES[letter] + " ", el("code", id)));
    at += +n;
  }
  return ids.length > 0 && section("Tests", el("p", `${ids.length - odd.length} of ${count(ids.length, "test")} passed.`),
    odd.length ? el("details", { open: odd.length < 20 ? "" : null }, el("summary", `${odd.length} did not simply pass`), el("ul", odd)) : null);
}
function nearest(one, key, lock) {
  const number = D.keys.match(/.{10}/g).indexOf(key);
  if (number < 0) return section("Nearest passing cell", el("p", "No cell passed."));
  const other = cellOf(number), axes = D.axes.filter(({ name }) => one.values[name] !== other.values[name]), packages = moved(sideOf(number).lock, lock);
  return section("Nearest passing cell", el("p", link(number)),
    el("p", "There, " + axes.map(({ name, title }) => `${title} is ${other.values[name]} in place of ${one.values[name]}`).join(", ") + "."),
    packages && [el("h3", "From its packages to these"), packages]);
}
function render(n, own) {
  const one = cellOf(n), side = sideOf(n), told = DETAILS.cells[n], head = el("h1.id", side && badge(side.look), el("code", one.id));
  document.title = (side ? side.state + ": " : "") + one.id;
  if (!told) { fill("cell", head, el("p", "This run does not have the cell. "), el("p", before(one.id))); return; }
  const reason = own ? own.reason : DETAILS.pool[told[3]];
  fill("cell", el("p.crumb", el("a", { href: "matrix.html" }, "Matrix")), head,
    isNeighbour(n) && el("p.notice", "A neighbour that was run to earn a blame. It has no part in the verdict of the run."),
    reason && el("p", reason),
    own && [own.declared && el("p.notice.quiet", `Declared: ${own.declared}${own.issue && ` (${own.issue})`}`),
      own.blame && el("p", "Blame: ", el("b", own.blame), `${own.suspects.length ? `, between ${own.suspects.join(", ")}` : ""}: ${own.why}`),
      own.control && el("p", `Control, Django's own runner on the same cell: ${own.control.replace("-", " ")}.`),
      own.cause && el("p", el("a", { href: `cause-${own.cause}.html` }, "This failure in all its cells"))],
    section("See it for yourself", el("pre", { id: "command", tabindex: 0 }, `${D.command} run${D.tail} --rerun --cell '${one.id.replaceAll("'", `'"'"'`)}'`), el("button.copy", { type: "button", "data-copy": "command" }, "Copy")),
    section("Versions", facts(D.axes.map(({ name, title }) => [title, one.values[name] && one.values[name] + (one.exact[name] && one.exact[name] !== one.values[name] ? ` (${one.exact[name]})` : "")])),
      el("p.legend", `Installed, as the probe saw it: ${D.locks[side.lock].map(p => D.packages[p].replace("==", " ")).join(", ") || "nothing was reported"}.`)),
    own && isFailure(side.state) && nearest(one, own.near, side.lock),
    told[0].map(numbers => trial(numbers, own ? own.failures : [])), tests(told),
    own && own.log && section("Log", el("p", el("a", { href: own.log }, "The log of the attempt that decided"))), section("Before", el("p", before(one.id))));
  copies(get("cell"));
}
function read() {
  const asked = location.hash.slice(1), { cell } = hash(), n = D.cells.findIndex((_, number) => cell ? cellOf(number).id === cell : key(number) === asked);
  if (n < 0) { fill("cell", el("h1", "Cell"), el("p", asked ? "No run has such a cell. " : "The address names no cell. ", el("a", { href: "matrix.html" }, "Choose one"))); return; }
  if (!DETAILS.own.includes(n)) { render(n); return; }
  const script = el("script", { src: `cells/${key(n)}.js` });
  script.onload = () => render(n, window.CELL);
  script.onerror = () => render(n);
  document.head.append(script);
}
onHash(read);
