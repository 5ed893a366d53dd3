// The language of analysis/query.py. query(text) returns a predicate on rows, or throws an Error that says what is wrong.
const query = (() => {
  const VERSION = /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$/i;

  function version(text) {
    const m = VERSION.exec(text);
    if (!m) return null;
    const word = m[3]?.toLowerCase();
    return {
      epoch: +(m[1] || 0), release: m[2].split(".").map(Number), pre: word && [/^[ab]/.test(word) ? word[0] : "rc", +m[4]],
      post: m[5] !== undefined ? +m[5] : m[6] ? +m[7] : -1, dev: m[8] ? +m[9] : Infinity, local: m[10]
    };
  }
  // of numbers, texts, and lists of them; the shorter list of two that begin alike comes first
  function order(a, b) {
    if (!Array.isArray(a)) return a < b ? -1 : +(a > b);
    for (let i = 0; i < Math.min(a.length, b.length); i++) { const found = order(a[i], b[i]); if (found) return found; }
    return a.length - b.length;
  }
  const base = v => [v.epoch, v.release.slice(0, v.release.findLastIndex(n => n) + 1)];
  const key = v => [...base(v), v.pre ? [0, ...v.pre] : [v.post < 0 && v.dev < Infinity ? -1 : 1], v.post, v.dev];
  const isPre = v => !!v.pre || v.dev < Infinity;
  const begins = (v, { epoch, release }) => v.epoch === epoch && release.every((n, i) => (v.release[i] || 0) === n);

  function specifier(text) {
    const m = /^\s*(==|~=|!=|<=|>=|<|>)\s*([^\s=]+?)(\.\*)?\s*$/.exec(text), v = m && version(m[2]);
    if (!v || v.local || (m[3] && (!/^[=!]/.test(m[1]) || isPre(v) || v.post >= 0)) || (m[1] === "~=" && v.release.length < 2)) return null;
    const against = (w, to = v) => order(key(w), key(to)), isItsPost = w => v.post < 0 && w.post >= 0 && !order(key(w).slice(0, 3), key(v).slice(0, 3));
    const same = w => m[3] ? begins(w, v) : !against(w);
    return {
      "==": same, "!=": w => !same(w), "<=": w => against(w) <= 0, ">=": w => against(w) >= 0,
      "<": w => against(w, isPre(v) ? v : { ...v, dev: 0 }) < 0, ">": w => against(w) > 0 && !isItsPost(w),
      "~=": w => against(w) >= 0 && begins(w, { epoch: v.epoch, release: v.release.slice(0, -1) })
    }[m[1]];
  }
  const specifiers = text => {
    const tests = text.split(",").filter(part => part.trim()).map(specifier);
    return tests.includes(null) ? null : raw => { const v = version(raw); return !!v && tests.every(test => test(v)); };
  };

  const strip = text => text.replace(/^"+|"+$/g, "");
  const pattern = option => {
    const like = new RegExp("^" + strip(option).split("*").map(part => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join("[^]*") + "$");
    return text => like.test(text);
  };
  // specifiers in a row hold together
  function options(text) {
    const found = [];
    let was = false;
    for (const part of text.split(",").filter(Boolean)) {
      const is = "<>!~".includes(part[0]);
      if (is && was) found.push(found.pop() + "," + part); else found.push(part);
      was = is;
    }
    return found;
  }
  // of the value asked for, and the exact one
  function axisTest({ name, version: isVersion }, option) {
    if (option[0] === '"') return asked => asked === strip(option);
    if (!isVersion) return option.includes("*") ? pattern(option) : asked => asked.toLowerCase().includes(option.toLowerCase());
    const isOperator = "<>=!~".includes(option[0]), contains = specifiers(isOperator ? option : `==${option}.*`);
    if (!contains && isOperator) throw Error(`${name}:${option} is no specifier`);
    return (asked, exact) => asked === option || (!!contains && contains(exact || asked));
  }
  function field(name, text) {
    const found = options(text), axis = D.axes.find(one => one.name === name.toLowerCase().replace(/[-_.]+/g, "-"));
    if (!found.length) throw Error(name + ": names no value");
    if (axis) {
      const tests = found.map(option => axisTest(axis, option));
      return row => axis.name in row.values && tests.some(test => test(row.values[axis.name], row.exact[axis.name]));
    }
    if (!D.fields.includes(name)) throw Error(`no axis or field ${name}; one of ${[...D.axes.map(one => one.name), ...D.fields].join(", ")}`);
    const known = { state: D.states, verdict: D.verdicts }[name], tests = found.map(pattern);
    for (const option of found) if (known && !option.includes("*") && !known.includes(strip(option))) throw Error(`no ${name} ${option}; one of ${known.join(", ")}`);
    return row => tests.some(test => test(row.words[name] || ""));
  }
  const query = text => {
    const tokens = [...text.matchAll(/[()]|(?:[^\s()"]|"[^"]*"?)+/g)];
    let next = 0;
    const word = () => tokens[next]?.[0], take = what => word() === what && !!++next;
    const wrong = wanted => Error(`expected ${wanted}, found ${word() ? `${word()} at column ${tokens[next].index + 1}` : "the end"}`);
    const any = () => { const found = [all()]; while (take("or")) found.push(all()); return row => found.some(one => one(row)); };
    const all = () => { const found = [one()]; while (take("and") || ![undefined, "or", ")"].includes(word())) found.push(one()); return row => found.every(one => one(row)); };
    const one = () => {
      if (take("not")) { const inner = one(); return row => !inner(row); }
      if (take("(")) { const inner = any(); if (!take(")")) throw wrong("')'"); return inner; }
      const here = word(), colon = here?.indexOf(":");
      if (!here || ["and", "or", ")"].includes(here)) throw wrong("a word");
      next++;
      if (colon >= 0 && here[0] !== '"') return field(here.slice(0, colon), here.slice(colon + 1));
      const wanted = here.replaceAll('"', "").toLowerCase();
      return row => row.id.toLowerCase().includes(wanted);
    };
    if (!word()) return () => true;
    const made = any();
    if (word()) throw wrong("and, or, or the end");
    return made;
  };
  return query;
})();
// a query in the box, whose mistake is told below it
function asked(text) {
  fill("q-error");
  try { return query(text); } catch (error) { fill("q-error", error.message); }
}
// of the newest run
const row = number => {
  const side = sideOf(number), { state, verdict, cause, provider } = side || {}, words = { state, verdict, cause, provider };
  if (number < D.rows) for (const [name, column] of Object.entries(D.words)) words[name] = column.names[column.numbers[number]];
  return { ...cellOf(number), side, words };
};
