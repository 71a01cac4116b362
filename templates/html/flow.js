
"use strict";
// How large the derivative of the last state by earlier ones is, for a network whose state is an activation
// of W times the state before, and of what inputs add to that.
// Matrices are lists of rows. Norms are spectral, and given by their logarithm to base 10, -Infinity of 0.
const flow = (() => {
  const STEPS = 100;
  const CLASSES = 4;

  // Random numbers in (0, 1): a counter whose bits are mixed (splitmix32, after Steele, Lea and Flood 2014).
  const random = (seed) => {
    let state = Math.imul(seed, 0x9e3779b9) >>> 0;
    const uniform = () => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (((mixed ^ (mixed >>> 15)) >>> 0) + 0.5) / 4294967296;
    };
    // Normal numbers by the formula of Box and Muller (1958).
    const normal = () => {
      const radius = Math.sqrt(-2 * Math.log(uniform()));
      return radius * Math.cos(2 * Math.PI * uniform());
    };
    return { uniform, normal };
  };

  const list = (size, make) => Array.from({ length: size }, (_, n) => make(n));
  const square = (size, make) => list(size, (row) => list(size, (column) => make(row, column)));
  const dot = (a, b) => {
    let sum = 0;
    for (let n = 0; n < a.length; n += 1) sum += a[n] * b[n];
    return sum;
  };
  const turned = (matrix) => matrix[0].map((_, n) => matrix.map((row) => row[n]));
  const apply = (matrix, column) => matrix.map((row) => dot(row, column));
  const multiply = (a, b) => turned(turned(b).map((column) => apply(a, column)));

  // Columns made orthonormal one by one, each twice for the sake of rounding (Gram and Schmidt).
  const orthonormal = (matrix) => {
    const made = [];
    for (let column of turned(matrix)) {
      for (const other of [...made, ...made]) {
        const part = dot(other, column);
        column = column.map((value, n) => value - part * other[n]);
      }
      const length = Math.sqrt(dot(column, column));
      made.push(column.map((value) => value / length));
    }
    return turned(made);
  };

  const KINDS = {
    orthogonal: (n, { normal }) => orthonormal(square(n, normal)),
    gaussian: (n, { normal }) => square(n, () => normal() / Math.sqrt(n)),
    uniform: (n, { uniform }) => square(n, () => (2 * uniform() - 1) / Math.sqrt(n)),
    identity: (n) => square(n, (i, j) => Number(i === j)),
    nilpotent: (n, { normal }) => square(n, (i, j) => (j > i ? normal() : 0)),
    jordan: (n) => square(n, (i, j) => Number(i === j || i + 1 === j)),
    nonnormal: () => [[0.9, 10], [0, 0.9]],
    square_zero: () => [[8, 8], [-8, -8]],
  };
  const SIZES = { nonnormal: 2, square_zero: 2 };

  const sigmoid = (a) => 1 / (1 + Math.exp(-a));
  // Each activation, and its slope.
  const ACTIVATIONS = {
    tanh: [Math.tanh, (a) => 1 - Math.tanh(a) ** 2],
    sigmoid: [sigmoid, (a) => sigmoid(a) * sigmoid(-a)],
    bipolar: [(a) => Math.tanh(a / 2), (a) => (1 - Math.tanh(a / 2) ** 2) / 2],
    relu: [(a) => Math.max(a, 0), (a) => Number(a > 0)],
    identity: [(a) => a, () => 1],
    softplus: [(a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))), sigmoid],
    silu: [(a) => a * sigmoid(a), (a) => sigmoid(a) * (1 + a * sigmoid(-a))],
    elu: [(a) => (a > 0 ? a : Math.expm1(a)), (a) => (a > 0 ? 1 : Math.exp(a))],
    leaky_relu: [(a) => (a > 0 ? a : 0.01 * a), (a) => (a > 0 ? 1 : 0.01)],
  };

  // The largest singular value: pairs of columns are turned until all are orthogonal (Hestenes 1958).
  const norm = (matrix) => {
    const columns = turned(matrix);
    for (let sweep = 0, again = true; again && sweep < 60; sweep += 1) {
      again = false;
      for (let p = 0; p < columns.length; p += 1) {
        for (let q = p + 1; q < columns.length; q += 1) {
          const [a, b] = [dot(columns[p], columns[p]), dot(columns[q], columns[q])];
          const c = dot(columns[p], columns[q]);
          if (Math.abs(c) <= 1e-15 * Math.sqrt(a) * Math.sqrt(b)) continue;
          again = true;
          const z = (b - a) / (2 * c);
          const tangent = (z < 0 ? -1 : 1) / (Math.abs(z) + Math.hypot(1, z));
          const cosine = 1 / Math.hypot(1, tangent);
          const [one, other] = [columns[p], columns[q]];
          columns[p] = one.map((value, n) => cosine * (value - tangent * other[n]));
          columns[q] = one.map((value, n) => cosine * (tangent * value + other[n]));
        }
      }
    }
    return Math.sqrt(Math.max(...columns.map((column) => dot(column, column))));
  };

  // A matrix brought to entries of size 1, and the logarithm of what it was divided by.
  const scaled = (matrix) => {
    const most = Math.max(...matrix.flat().map(Math.abs));
    const log = Math.log10(most);
    return most === 0 ? { matrix, log: 0 } : { matrix: matrix.map((r) => r.map((v) => v / most)), log };
  };

  // Return by lag the logarithms of the norms, of their bound and of the contributions; or, where the
  // states outgrow the numbers of the computer, the step at which they do.
  const run = ({ scale, kind, inputs, activation, seed }) => {
    const size = SIZES[kind] || 16;
    const W = KINDS[kind](size, random(3 * seed)).map((row) => row.map((value) => scale * value));
    const [of, slope] = ACTIVATIONS[activation];
    const drive = random(3 * seed + 1).normal;
    const driven = list(STEPS, () => list(size, () => inputs * drive()));
    const draw = random(3 * seed + 2).normal;
    const V = list(CLASSES, () => list(size, () => draw() / Math.sqrt(size)));
    const states = [list(size, () => 0)];
    const slopes = [];
    const jacobians = [];
    for (let step = 1; step <= STEPS; step += 1) {
      const a = apply(W, states[step - 1]).map((value, n) => value + driven[step - 1][n]);
      states.push(a.map(of));
      slopes.push(a.map(slope));
      jacobians.push(slopes[step - 1].map((value, n) => W[n].map((weight) => value * weight)));
      if (![...states[step], ...jacobians[step - 1].flat()].every(Number.isFinite)) return { overflow: step };
    }
    const logits = apply(V, states[STEPS]);
    const most = Math.max(...logits);
    const powers = logits.map((value) => Math.exp(value - most));
    const total = powers.reduce((sum, value) => sum + value, 0);
    const residual = powers.map((value, n) => value / total - Number(n === 0));
    const norms = [];
    const bound = [];
    const terms = [];
    let product = { matrix: square(size, (i, j) => Number(i === j)), log: 0 };
    let along = 0;
    let adjoint = { matrix: [apply(turned(V), residual)], log: 0 };
    for (let lag = 0; lag < STEPS; lag += 1) {
      const step = STEPS - lag;
      norms.push(Math.log10(norm(product.matrix)) + product.log);
      bound.push(along);
      const delta = scaled([adjoint.matrix[0].map((value, n) => value * slopes[step - 1][n])]);
      delta.log += adjoint.log;
      const sizes = [delta.matrix[0], states[step - 1]].map((column) => scaled([column]));
      terms.push(sizes.reduce((sum, one) => sum + one.log + Math.log10(Math.hypot(...one.matrix[0])), delta.log));
      along += Math.log10(norm(jacobians[step - 1]));
      const next = scaled(multiply(product.matrix, jacobians[step - 1]));
      product = { matrix: next.matrix, log: product.log + next.log };
      adjoint = scaled([apply(turned(W), delta.matrix[0])]);
      adjoint.log += delta.log;
    }
    return { W, V, driven, states, slopes, norms, bound, terms };
  };
  return { run, random, norm, KINDS, ACTIVATIONS };
})();
