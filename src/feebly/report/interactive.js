// Read-out, highlighting, switching and zooming of one exclusion figure. Without this script the figure is a
// plain drawing. Coordinates: "data" are log10 of mass and coupling, "view" are units of the drawing.
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";

  const superscript = (n) => String(n).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

  const number = (value, digits = 3) => {
    const rounded = Number(value.toPrecision(digits));
    if (rounded >= 1e-3 && rounded < 1e5) return String(rounded);
    const [factor, power] = rounded.toExponential().split("e");
    const exponent = superscript(Number(power));
    return factor === "1" ? `10${exponent}` : `${factor}×10${exponent}`;
  };

  // closest point of a segment to a point, with the squared distance
  const nearestOnSegment = (x, y, [x0, y0], [x1, y1]) => {
    const dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;
    const t = length ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length)) : 0;
    const px = x0 + t * dx, py = y0 + t * dy;
    return [(x - px) ** 2 + (y - py) ** 2, px, py];
  };

  class Figure {
    constructor(root) {
      this.root = root;
      this.facts = JSON.parse(root.querySelector("script[type='application/json']").textContent);
      this.svg = root.querySelector("svg");
      this.output = root.querySelector("output");
      this.home = { x: this.facts.x.range.map(Math.log10), y: this.facts.y.range.map(Math.log10) };
      this.shown = { x: [...this.home.x], y: [...this.home.y] };
      this.hidden = new Set();
      this.pointers = new Map();
      this.at = null;
      this.layers = new Map(this.facts.layers.map((layer) => [layer.key, layer]));
      this.prepare();
      this.listen();
      root.classList.add("feebly-live");
    }

    // --- the drawing --------------------------------------------------------------------------------

    element(name, attributes, parent) {
      const element = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      if (parent) parent.appendChild(element);
      return element;
    }

    part(key) {
      return this.svg.getElementById(`${this.facts.prefix}${key}`);
    }

    parts(layer) {
      return layer.parts.map((id) => this.part(id)).filter((element) => element !== null);
    }

    prepare() {
      const { left, top, right, bottom } = this.facts.axes;
      const clip = this.element("clipPath", { id: `${this.facts.prefix}window` }, this.svg);
      this.element("rect", { x: left, y: top, width: right - left, height: bottom - top }, clip);
      const axes = this.part("axes");
      this.frame = this.element("g", { "clip-path": `url(#${this.facts.prefix}window)` });
      axes.insertBefore(this.frame, this.part("matplotlib.axis_1"));
      this.curves = this.element("g", {}, this.frame);
      this.markers = this.element("g", {}, this.frame);
      this.labels = this.element("g", {}, this.frame);
      this.words = [];
      const all = this.facts.layers.flatMap((layer) => this.parts(layer).map((element) => [element, layer]));
      // what is drawn later stays above
      all.sort(([a], [b]) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
      for (const [element, layer] of all) {
        if (layer.words.includes(element.id.slice(this.facts.prefix.length))) {
          const box = element.getBBox();
          this.words.push([element, box.x + box.width / 2, box.y + box.height / 2]);
          this.labels.appendChild(element);
        } else if (layer.joined) {
          this.curves.appendChild(element);
          for (const path of element.querySelectorAll("[clip-path]")) path.removeAttribute("clip-path");
          for (const path of element.querySelectorAll("path")) path.style.vectorEffect = "non-scaling-stroke";
        } // markers would be stretched: they are drawn anew when zoomed
      }
      this.ticks = this.element("g", { class: "feebly-ticks" }, axes);
      this.cross = this.element("g", { class: "feebly-cross", visibility: "hidden" }, axes);
      this.vertical = this.element("line", { y1: top, y2: bottom }, this.cross);
      this.horizontal = this.element("line", { x1: left, x2: right }, this.cross);
      this.dot = this.element("circle", { r: 3.5 }, this.cross);
      this.box = this.element("rect", { class: "feebly-box", visibility: "hidden" }, axes);
    }

    toView(axis, value) {
      const [low, high] = this.shown[axis], { left, right, top, bottom } = this.facts.axes;
      const t = (value - low) / (high - low);
      return axis === "x" ? left + t * (right - left) : bottom - t * (bottom - top);
    }

    toData(axis, value) {
      const [low, high] = this.shown[axis], { left, right, top, bottom } = this.facts.axes;
      const t = axis === "x" ? (value - left) / (right - left) : (bottom - value) / (bottom - top);
      return low + t * (high - low);
    }

    pointer(event) {
      const matrix = this.svg.getScreenCTM();
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
      return [point.x, point.y];
    }

    isInside([x, y]) {
      const { left, right, top, bottom } = this.facts.axes;
      return x >= left && x <= right && y >= top && y <= bottom;
    }

    // --- zoom ---------------------------------------------------------------------------------------

    isZoomed() {
      return ["x", "y"].some((axis) => this.shown[axis].some((end, i) => Math.abs(end - this.home[axis][i]) > 1e-9));
    }

    // narrower than a part in a thousand or wider than the figure is refused
    show(axis, low, high) {
      const [first, last] = this.home[axis], full = last - first;
      const width = Math.min(full, Math.max(high - low, full * 1e-3));
      const middle = (low + high) / 2;
      const start = Math.min(Math.max(middle - width / 2, first), last - width);
      this.shown[axis] = [start, start + width];
    }

    zoom(factor, [x, y] = this.middle()) {
      for (const [axis, view] of [["x", x], ["y", y]]) {
        const at = this.toData(axis, view), [low, high] = this.shown[axis];
        this.show(axis, at - (at - low) / factor, at + (high - at) / factor);
      }
      this.redraw();
    }

    pan(dx, dy) {
      for (const [axis, by] of [["x", dx], ["y", dy]]) {
        const [low, high] = this.shown[axis], shift = by * (high - low);
        this.show(axis, low + shift, high + shift);
      }
      this.redraw();
    }

    middle() {
      const { left, right, top, bottom } = this.facts.axes;
      return [(left + right) / 2, (top + bottom) / 2];
    }

    reset() {
      this.shown = { x: [...this.home.x], y: [...this.home.y] };
      this.redraw();
    }

    redraw() {
      const zoomed = this.isZoomed(), { left, right, top, bottom } = this.facts.axes;
      const scale = { x: 1, y: 1 }, move = { x: 0, y: 0 };
      for (const axis of ["x", "y"]) {
        const [low, high] = this.home[axis];
        const start = axis === "x" ? left : bottom, length = axis === "x" ? right - left : top - bottom;
        scale[axis] = (high - low) / (this.shown[axis][1] - this.shown[axis][0]);
        const first = start + ((low - this.shown[axis][0]) / (this.shown[axis][1] - this.shown[axis][0])) * length;
        move[axis] = first - scale[axis] * start;
      }
      this.curves.setAttribute("transform", `matrix(${scale.x} 0 0 ${scale.y} ${move.x} ${move.y})`);
      this.root.classList.toggle("feebly-zoomed", zoomed);
      for (const [element, x, y] of this.words) {
        const [dx, dy] = [scale.x * x + move.x - x, scale.y * y + move.y - y];
        element.setAttribute("transform", `translate(${dx} ${dy})`);
      }
      this.drawMarkers(zoomed);
      this.ticks.replaceChildren();
      if (zoomed) for (const axis of ["x", "y"]) this.drawTicks(axis);
      this.read(this.at);
    }

    drawMarkers(zoomed) {
      this.markers.replaceChildren();
      for (const layer of this.facts.layers) {
        if (layer.joined || !layer.curves.length) continue;
        const isShown = !this.hidden.has(layer.key);
        for (const element of this.parts(layer)) element.style.display = isShown && !zoomed ? "" : "none";
        if (!zoomed || !isShown) continue;
        for (const [mass, coupling] of layer.curves.flat()) {
          const at = { cx: this.toView("x", mass), cy: this.toView("y", coupling), r: 2.5 };
          this.element("circle", { ...at, fill: "white", stroke: "#595959" }, this.markers);
        }
      }
    }

    // powers of ten where three are visible, else multiples of them, as on the drawing
    tickValues([low, high]) {
      const of = (factors) => {
        const values = [];
        for (let power = Math.floor(low) - 1; power <= Math.ceil(high); power++)
          for (const factor of factors) {
            const value = Math.log10(factor) + power;
            if (value >= low - 1e-9 && value <= high + 1e-9) values.push([value, factor * 10 ** power]);
          }
        return values;
      };
      for (const factors of [[1], [1, 3], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
        const values = of(factors);
        if (values.length >= 3) return values;
      }
      const [first, last] = [10 ** low, 10 ** high], power = Math.ceil(Math.log10(last - first));
      for (let n = power; ; n--)
        for (const factor of [5, 2, 1]) {
          const step = Number(`${factor}e${n}`), values = [];
          for (let i = Math.ceil(first / step - 1e-9); i <= Math.floor(last / step + 1e-9); i++)
            values.push([Math.log10(i * step), Number(`${i * factor}e${n}`)]);
          if (values.length >= 3) return values;
        }
    }

    drawTicks(axis) {
      const { left, right, top, bottom } = this.facts.axes;
      for (const [log, value] of this.tickValues(this.shown[axis])) {
        const at = this.toView(axis, log), text = number(value, 5);
        if (axis === "x") {
          this.element("line", { x1: at, x2: at, y1: bottom, y2: bottom - 5 }, this.ticks);
          this.element("text", { x: at, y: bottom + 15, "text-anchor": "middle" }, this.ticks).textContent = text;
        } else {
          this.element("line", { x1: left, x2: left + 5, y1: at, y2: at }, this.ticks);
          this.element("text", { x: left - 5, y: at + 4, "text-anchor": "end" }, this.ticks).textContent = text;
        }
      }
    }

    // --- read-out -----------------------------------------------------------------------------------

    visibleLayers() {
      return this.facts.layers.filter((layer) => layer.curves.length && !this.hidden.has(layer.key));
    }

    // nearest curve in units of the drawing; labels of bands and fills have no curves
    nearest([x, y], reach) {
      let best = null;
      for (const layer of this.visibleLayers())
        for (const curve of layer.curves) {
          let last = null;
          for (const [mass, coupling] of curve) {
            const point = [this.toView("x", mass), this.toView("y", coupling)];
            const [distance, px, py] = nearestOnSegment(x, y, layer.joined && last ? last : point, point);
            if (distance < (best ? best.distance : reach * reach)) best = { layer, distance, at: [px, py] };
            last = point;
          }
        }
      return best;
    }

    // couplings at which closed curves of a layer are crossed at a mass
    crossings(layer, mass) {
      const found = [];
      for (const curve of layer.curves)
        for (let i = 1; i < curve.length; i++) {
          const [a, b] = [curve[i - 1], curve[i]];
          if (a[0] <= mass !== b[0] <= mass)
            found.push(a[1] + ((mass - a[0]) / (b[0] - a[0])) * (b[1] - a[1]));
        }
      return found.sort((one, other) => one - other);
    }

    read(at) {
      this.at = at;
      for (const element of this.svg.querySelectorAll(".feebly-near")) element.classList.remove("feebly-near");
      this.cross.setAttribute("visibility", at ? "visible" : "hidden");
      if (!at) {
        this.output.textContent = this.facts.hint;
        return;
      }
      const near = this.nearest(at, this.facts.reach), [x, y] = near ? near.at : at;
      const mass = this.toData("x", x), coupling = this.toData("y", y);
      this.vertical.setAttribute("x1", x);
      this.vertical.setAttribute("x2", x);
      this.horizontal.setAttribute("y1", y);
      this.horizontal.setAttribute("y2", y);
      this.dot.setAttribute("cx", x);
      this.dot.setAttribute("cy", y);
      this.dot.setAttribute("visibility", near ? "inherit" : "hidden");
      let text = `${this.facts.x.symbol} = ${number(10 ** mass)}${this.facts.x.unit}, `;
      text += `${this.facts.y.symbol} = ${number(10 ** coupling)}${this.facts.y.unit}`;
      if (near) {
        text = `${near.layer.name}: ${text}`;
        for (const element of this.parts(near.layer)) element.classList.add("feebly-near");
        text += this.interval(near.layer, mass);
      }
      this.output.textContent = text;
    }

    interval(layer, mass) {
      if (!layer.closed) return "";
      const at = this.crossings(layer, mass), pairs = [];
      for (let i = 0; i + 1 < at.length; i += 2) pairs.push(`${number(10 ** at[i])} to ${number(10 ** at[i + 1])}`);
      return pairs.length ? ` (excluded at this mass: ${pairs.join(" and ")})` : "";
    }

    // --- events -------------------------------------------------------------------------------------

    toggle(button) {
      const key = button.dataset.layer, isHidden = !this.hidden.has(key);
      if (isHidden) this.hidden.add(key);
      else this.hidden.delete(key);
      button.setAttribute("aria-pressed", String(!isHidden));
      for (const element of this.parts(this.layers.get(key))) element.style.display = isHidden ? "none" : "";
      this.redraw();
    }

    listen() {
      for (const button of this.root.querySelectorAll("button[data-layer]"))
        button.addEventListener("click", () => this.toggle(button));
      const actions = { in: () => this.zoom(1.6), out: () => this.zoom(1 / 1.6), reset: () => this.reset() };
      for (const button of this.root.querySelectorAll("button[data-zoom]"))
        button.addEventListener("click", actions[button.dataset.zoom]);
      this.svg.addEventListener("pointerdown", (event) => this.down(event));
      this.svg.addEventListener("pointermove", (event) => this.moved(event));
      for (const name of ["pointerup", "pointercancel"])
        this.svg.addEventListener(name, (event) => this.up(event, name === "pointerup"));
      this.svg.addEventListener("pointerleave", (event) => {
        if (event.pointerType === "mouse" && !this.pointers.size) this.read(null);
      });
      this.svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
      this.svg.addEventListener("dblclick", () => this.reset());
      this.svg.addEventListener("keydown", (event) => this.key(event));
    }

    down(event) {
      const at = this.pointer(event);
      if (!this.isInside(at)) return;
      this.svg.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, at);
      this.start = this.pointers.size === 1 && event.pointerType === "mouse" ? at : null;
      this.read(at);
    }

    moved(event) {
      const at = this.pointer(event);
      if (this.pointers.has(event.pointerId)) {
        if (this.pointers.size === 2) return this.pinch(event.pointerId, at);
        this.pointers.set(event.pointerId, at);
      }
      if (this.start) this.drawBox(this.start, at);
      this.read(this.isInside(at) ? at : null);
      return undefined;
    }

    pinch(moving, at) {
      const spread = () => {
        const [[x0, y0], [x1, y1]] = [...this.pointers.values()];
        return [Math.hypot(x1 - x0, y1 - y0), [(x0 + x1) / 2, (y0 + y1) / 2]];
      };
      const [before] = spread();
      this.pointers.set(moving, at);
      const [after, middle] = spread();
      if (before > 0 && after > 0) this.zoom(after / before, middle);
    }

    drawBox([x0, y0], [x1, y1]) {
      const { left, right, top, bottom } = this.facts.axes;
      const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
      this.corner = [clamp(x1, left, right), clamp(y1, top, bottom)];
      const [x, y] = this.corner;
      const box = { x: Math.min(x0, x), y: Math.min(y0, y), width: Math.abs(x - x0), height: Math.abs(y - y0) };
      for (const [key, value] of Object.entries(box)) this.box.setAttribute(key, value);
      this.box.setAttribute("visibility", "visible");
    }

    up(event, zooms) {
      this.pointers.delete(event.pointerId);
      this.box.setAttribute("visibility", "hidden");
      const start = this.start, corner = this.corner;
      this.start = this.corner = null;
      if (!zooms || !start || !corner) return;
      if (Math.abs(corner[0] - start[0]) < 8 || Math.abs(corner[1] - start[1]) < 8) return;
      const ends = { x: [start[0], corner[0]], y: [start[1], corner[1]] };
      const ranges = {};
      for (const axis of ["x", "y"])
        ranges[axis] = ends[axis].map((view) => this.toData(axis, view)).sort((a, b) => a - b);
      for (const axis of ["x", "y"]) this.show(axis, ...ranges[axis]);
      this.redraw();
    }

    // a page is scrolled with the wheel: the figure takes it when it was clicked before, or with Ctrl
    wheel(event) {
      const at = this.pointer(event);
      if (!this.isInside(at) || !(event.ctrlKey || document.activeElement === this.svg)) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002)), at);
    }

    key(event) {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in steps) {
        const [dx, dy] = steps[event.key];
        if (event.shiftKey) this.pan(0.1 * dx, -0.1 * dy);
        else {
          const { left, right, top, bottom } = this.facts.axes, [x, y] = this.at ?? this.middle();
          const next = [x + (dx * (right - left)) / 100, y + (dy * (bottom - top)) / 100];
          if (this.isInside(next)) this.read(next);
        }
      } else if (event.key === "+" || event.key === "=") this.zoom(1.6, this.at ?? this.middle());
      else if (event.key === "-") this.zoom(1 / 1.6, this.at ?? this.middle());
      else if (event.key === "0" || event.key === "Escape") this.reset();
      else return;
      event.preventDefault();
    }
  }

  for (const root of document.querySelectorAll(".feebly-figure:not(.feebly-live)")) new Figure(root);
})();
