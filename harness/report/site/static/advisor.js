// analysis/advise.py, asked by a person.
const names = D.axes.map(axis => axis.name), titled = name => D.axes[names.indexOf(name)].title;
// the newest answer of each cell, one that decides before one that does not
const known = D.cells.map((_, number) => {
  const sides = D.runs.map((_, run) => sideOf(number, run)).filter(Boolean);
  return { number, values: cellOf(number).values, state: (sides.find(side => !["error", "not-run"].includes(side.state)) || sides[0]).state };
});
function tally(values) {
  const cells = known.filter(fact => values.every(([axis, value]) => fact.values[axis] === value)), count = test => cells.filter(fact => test(fact.state)).length;
  const passing = count(s => s === "pass"), failing = count(isFailure), untestable = count(s => s === "unresolvable" || s === "unsupported");
  return { values, cells, passing, failing, untestable, other: cells.length - passing - failing - untestable };
}
function decide({ cells, passing, failing, untestable, other }, pairs) {
  if (failing) return passing ? "depends" : "no";
  if (passing) return other ? "unknown" : "yes";
  if (cells.length) return untestable && !other ? "untestable" : "unknown";
  if (pairs.some(pair => pair.failing && !pair.passing)) return "hardly";
  return pairs.length && pairs.every(pair => pair.passing && !pair.failing && !pair.other) ? "probably" : "unknown";
}
const advise = (have, want) => {
  const inOrder = values => names.filter(name => name in values).map(name => [name, values[name]]), target = tally(inOrder({ ...have, ...want })), found = [];
  const pairs = target.values.flatMap((a, n) => target.values.slice(n + 1).map(b => tally([a, b])));
  target.values.forEach(([axis, wanted], n) => {
    const values = D.axes[names.indexOf(axis)].values.filter(value => known.some(fact => fact.values[axis] === value)), place = values.includes(wanted) ? values.indexOf(wanted) : values.length;
    values.forEach((value, at) => {
      const other = tally(target.values.with(n, [axis, value]));
      if (at !== place && other.passing && !other.failing && !other.other) found.push([Math.abs(at - place), +(at < place), n, other]);
    });
  });
  found.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  return { advice: decide(target, pairs), target, present: tally(inOrder(have)), pairs, alternatives: found.slice(0, 5).map(one => one[3]) };
};

const said = values => values.map(([axis, value]) => `${titled(axis)} ${value}`).join(", ");
function seen({ cells, passing, failing, untestable, other }) {
  const parts = Object.entries({ passing, failing, untestable, undecided: other }).filter(pair => pair[1]).map(([word, n]) => `${n} ${word}`);
  return cells.length ? el("details", el("summary", `${count(cells.length, "cell")}: ${parts.join(", ")}`), el("ul.plain", cells.map(fact => el("li", badge(mark(fact.state)), " ", link(fact.number))))) : "not tested";
}
const tallied = (name, tallies) => table(name, ["With", "Seen"], tallies.map(one => [said(one.values), seen(one)]), "rows.wide");
function read() {
  const asked = hash(), part = kind => Object.fromEntries(names.filter(name => asked[kind + name]).map(name => [name, asked[kind + name]])), have = part("have."), want = part("want.");
  const pick = (kind, { name, title, values }, none) => {
    const now = asked[kind + name] || "", node = select(kind + name, [["", none], ...new Set([...values, ...(now ? [now] : [])])], now);
    node.setAttribute("aria-label", `I ${kind.slice(0, -1)} ${title}`);
    return node;
  };
  fill("ask", table("Versions", ["Axis", "I have", "I want"], D.axes.map(axis => [axis.title, pick("have.", axis, "any"), pick("want.", axis, "the same")]), "ask"));
  const isAsked = Object.keys(want).length > 0, { advice, target, present, pairs, alternatives } = advise(have, want);
  for (const node of every("[data-advice]")) node.hidden = node.dataset.advice !== (isAsked ? advice : "");
  fill("answer", isAsked && [el("p", el("b", said(target.values) + ".")),
    tallied("Asked for, and now", Object.keys(have).length ? [target, present] : [target]), pairs.length > 1 && tallied("Two by two", pairs),
    advice !== "yes" && alternatives.length > 0 && tallied("Near it, and seen to pass", alternatives),
    el("p.legend", `What the form does not name may be anything, and differs from cell to cell. The newest answer of each cell counts, of ${count(D.runs.length, "run")}.`)]);
}
on("ask", "change", ({ target: { id, value } }) => { setHash({ ...hash(), [id]: value }); read(); get(id).focus(); });
onHash(read);
