// The cells of the widget benchmarks: ours, and the same for ipykernel with ipywidgets and anywidget.

const esm = `export default { render({ model, el }) {
  const p = document.createElement("p"); p.className = "bytes";
  const show = () => { const v = model.get("data"); p.textContent = v.byteLength + ":" + (v.byteLength ? new Float64Array(v.buffer.slice(v.byteOffset, v.byteOffset + 8))[0] : 0); };
  model.on("change:data", show); show();
  const b = document.createElement("button"); b.className = "ask"; b.onclick = () => model.send("more");
  el.append(p, b);
} }`;

/** A million doubles, made before and sent as they are; the kernel prints when it was asked and when it had sent. */
export const bytes = {
  ours: `import * as w from "proband/widgets";
const sets = Array.from({ length: 4 }, (_, k) => new Float64Array(1_000_000).fill(k));
const now = () => performance.timeOrigin + performance.now();
const times = w.html(""); const bytes = w.anywidget({ esm: ${JSON.stringify(esm)}, state: { data: new Float64Array(1) } });
let k = 0; bytes.onCustom(() => { const asked = now(); bytes.set({ data: sets[++k % 4]! }); const sent = now(); times.value = "<i class='times'>" + asked + " " + sent + "</i>"; });
w.column([bytes, times])`,
  peer: `import anywidget, traitlets, time, array, ipywidgets as W
sets = [array.array("d", [k]) * 1_000_000 for k in range(4)]
sets = [s.tobytes() for s in sets]
class Bytes(anywidget.AnyWidget):
    _esm = ${JSON.stringify(esm)}
    data = traitlets.Bytes(b"\\0" * 8).tag(sync=True)
b = Bytes(); times = W.HTML(); k = 0
def more(widget, content, buffers):
    global k
    asked = time.time() * 1000; k += 1
    b.data = sets[k % 4]
    times.value = "<i class='times'>%f %f</i>" % (asked, time.time() * 1000)
b.on_msg(more)
W.VBox([b, times])`,
};

/** A table of half a million rows (8 MB) in the kernel, handed to a figure that is redrawn. */
export const table = `import * as w from "proband/widgets"; const n = 500_000; let k = 0;
const sets = Array.from({ length: 4 }, (_, j) => ({ x: new Float64Array(n).map((_, i) => Math.sin(i) * 400 + 2500 + 2000 * j), y: new Float64Array(n).map((_, i) => (i * 104729) % 997) }));
const now = () => performance.timeOrigin + performance.now();
const f = w.plotView({ data: sets[0]!, marks: [{ mark: "dot", x: "x", y: "y" }] });
const times = w.html(""); const ask = w.anywidget({ esm: ${JSON.stringify(esm)}, state: { data: new Float64Array(1) } });
ask.onCustom(() => { const asked = now(); f.setData(sets[++k % 4]!); const sent = now(); times.value = "<i class='times'>" + asked + " " + sent + "</i>"; });
w.column([ask, f, times])`;

/** A slider that samples and draws. The peer twice: with a figure that is ready-made, and drawn by Matplotlib. */
export const slider = {
  ours: `import { loadStudy } from "proband"; import * as w from "proband/widgets"; const anes = await loadStudy("anes96");
const panel = w.exploreSampling(anes, { n: 60 }); panel`,
  ready: `import ipywidgets as W
svg = open("figure.svg").read()
s = W.IntSlider(min=1, max=400, value=60); fig = W.HTML(svg.replace("@n@", "60"))
s.observe(lambda c: setattr(fig, "value", svg.replace("@n@", str(c["new"]))), "value")
W.VBox([s, fig])`,
  drawn: `import ipywidgets as W, json, io, random, matplotlib
matplotlib.use("svg"); import matplotlib.pyplot as plt
people = json.load(open("people.json")); names = list(people)
def draw(n):
    rows = random.Random(7).sample(range(len(people[names[0]])), n)
    figure, axes = plt.subplots(len(names), 1, figsize=(6.4, 1.1 * len(names)))
    for axis, name in zip(axes, names):
        column = people[name]; categories = sorted(set(map(str, column)))
        share = lambda of: [sum(str(v) == c for v in of) / len(of) for c in categories]
        axis.barh(categories, share(column)); axis.plot(share([column[i] for i in rows]), categories, "o")
    figure.suptitle("Whom the sample covers (n = %d)" % n)
    out = io.StringIO(); plt.rcParams["svg.fonttype"] = "none"; figure.savefig(out, format="svg"); plt.close(figure)
    return out.getvalue()
s = W.IntSlider(min=1, max=400, value=60); fig = W.HTML(draw(60))
s.observe(lambda c: setattr(fig, "value", draw(c["new"])), "value")
W.VBox([s, fig])`,
};

export const brush = `import { loadStudy } from "proband"; import * as w from "proband/widgets"; import { result } from "proband/study"; import { htmlTable } from "proband/figures";
const anes = await loadStudy("anes96");
const plot = w.plotView({ data: anes, marks: [{ mark: "dot", x: "age", y: "income", fill: "vote" }], brush: "x" });
const table = w.html("<p class='linked'>0</p>");
plot.onSelect((ids, rows) => { const chosen = anes.take([...(rows ?? [])]); table.value = "<p class='linked'>" + chosen.n + "</p>" + htmlTable(result({ kind: "x", title: "Brushed", rows: chosen.rows.slice(0, 20), columns: chosen.names.slice(0, 6).map((name) => ({ name })) as any })); });
w.column([plot, table])`;

export const points = `import * as w from "proband/widgets";
w.plotView({ data: { x: Float64Array.from({ length: 20000 }, (_, i) => i % 997), y: Float64Array.from({ length: 20000 }, (_, i) => (i * 7919) % 1013) }, marks: [{ mark: "dot", x: "x", y: "y" }], brush: "x" })`;

export const many = {
  ours: `import * as w from "proband/widgets"; w.grid(Array.from({ length: 200 }, (_, i) => w.slider({ min: 0, max: 100, value: i % 100, description: "w" + i })), 4)`,
  peer: `import ipywidgets as W
W.GridBox([W.IntSlider(min=0, max=100, value=i % 100, description="w%d" % i) for i in range(200)], layout=W.Layout(grid_template_columns="repeat(4, 1fr)"))`,
};
