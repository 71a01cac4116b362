
"use strict";
(() => {
  const panel = document.getElementById("live");
  if (!panel) return;
  const at = (name) => document.getElementById("live-" + name);
  const CURVES = ["norms", "bound", "terms"];
  const [HIGH, LEFT, BELOW, ABOVE] = [300, 52, 36, 10];
  const made = (name, attributes, text = "") => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    one.textContent = text;
    return one;
  };
  const written = (log) => {
    if (log === -Infinity) return "−∞";
    return (Math.round(100 * log) / 100 + 0).toFixed(2).replace("-", "−");
  };

  // The curves by lag, from their least to their largest finite value; a zero has no place in them.
  const draw = (found) => {
    // As wide as there is room, so that its letters have one size on each screen.
    const wide = Math.max(280, at("plot").clientWidth);
    const logs = CURVES.flatMap((name) => found[name]).filter(Number.isFinite);
    const low = Math.min(-1, Math.floor(Math.min(...logs)));
    const high = Math.max(1, Math.ceil(Math.max(...logs)));
    const x = (lag) => LEFT + (lag * (wide - LEFT - 12)) / 99;
    const y = (log) => ABOVE + ((high - log) * (HIGH - ABOVE - BELOW)) / (high - low);
    const drawing = made("svg", { viewBox: "0 0 " + wide + " " + HIGH, "aria-hidden": "true" });
    const step = Math.max(1, Math.ceil((high - low) / 6));
    for (let log = Math.ceil(low / step) * step; log <= high; log += step) {
      drawing.append(made("path", { class: log ? "grid" : "grid zero", d: "M" + LEFT + " " + y(log) + "H" + (wide - 12) }));
      drawing.append(made("text", { x: LEFT - 8, y: y(log) + 4, "text-anchor": "end" }, String(log).replace("-", "−")));
    }
    // The last label is as wide as four others.
    for (let lag = 0; lag <= 80 && x(lag) < wide - 90; lag += 20) {
      drawing.append(made("text", { x: x(lag), y: HIGH - 14, "text-anchor": "middle" }, String(lag)));
    }
    drawing.append(made("text", { x: wide - 12, y: HIGH - 14, "text-anchor": "end" }, "100 − k"));
    for (const name of CURVES) {
      let pen = "M";
      let path = "";
      found[name].forEach((log, lag) => {
        if (Number.isFinite(log)) path += pen + x(lag).toFixed(1) + " " + y(log).toFixed(1);
        pen = Number.isFinite(log) ? "L" : "M";
      });
      drawing.append(made("path", { class: name, d: path }));
    }
    at("plot").replaceChildren(drawing);
  };

  const settings = () => ({
    scale: Number(at("scale").value),
    kind: at("kind").value,
    inputs: Number(at("inputs").value),
    activation: at("activation").value,
    seed: Math.floor(Number(at("seed").value)) || 0,
  });
  const compute = () => {
    for (const name of ["scale", "inputs"]) {
      document.querySelector("output[for='live-" + name + "']").textContent = at(name).value;
    }
    const found = flow.run(settings());
    panel.classList.toggle("overflowed", "overflow" in found);
    at("overflow").textContent = "overflow" in found ? String(found.overflow) : "";
    if ("overflow" in found) return;
    draw(found);
    at("norm").textContent = written(found.norms.at(-1));
    at("bound").textContent = written(found.bound.at(-1));
    at("term").textContent = written(found.terms.at(-2));
  };
  // A slider that is drawn along asks more often than curves can be computed: once a frame is enough.
  let waiting = false;
  panel.addEventListener("input", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      compute();
    });
  });
  addEventListener("resize", () => panel.dispatchEvent(new Event("input")));
  compute();
})();
