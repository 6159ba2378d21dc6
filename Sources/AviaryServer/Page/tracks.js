/// Faces from frame to frame: the same face keeps its number, and its bars become steady.

const forgetAfter = 700; // milliseconds: a face may be missed for a few frames
const settleTime = 250; // milliseconds: how long the steady bars take to follow

export class Tracks {
  #known = [];

  clear() {
    this.#known = [];
  }

  /// The faces of one frame with `id` added, in order; probabilities are averaged over time if `steady`.
  follow(faces, now, steady) {
    const pairs = [];
    for (const face of faces) {
      for (const track of this.#known) {
        const shared = overlap(face.box, track.box);
        if (shared > 0.2) pairs.push({ face, track, shared });
      }
    }
    pairs.sort((a, b) => b.shared - a.shared);
    const found = new Map();
    const taken = new Set();
    for (const { face, track } of pairs) {
      if (found.has(face) || taken.has(track)) continue;
      found.set(face, track);
      taken.add(track);
    }
    for (const face of faces) {
      if (found.has(face)) continue;
      const track = { id: this.#freeNumber(), scores: new Map() };
      this.#known.push(track);
      found.set(face, track);
    }
    const result = faces.map((face) => {
      const track = found.get(face);
      const weight = steady && track.seen ? 1 - Math.exp((track.seen - now) / settleTime) : 1;
      track.box = face.box;
      track.seen = now;
      const predictions = face.predictions.map((one) => settle(one, track, weight));
      return { ...face, id: track.id, predictions };
    });
    this.#known = this.#known.filter((track) => now - track.seen < forgetAfter);
    return result.sort((a, b) => a.id - b.id);
  }

  #freeNumber() {
    const used = new Set(this.#known.map((track) => track.id));
    let number = 1;
    while (used.has(number)) number += 1;
    return number;
  }
}

function settle(prediction, track, weight) {
  const probabilities = prediction.probabilities.map(({ label, probability }) => {
    const key = `${prediction.model}/${label}`;
    const before = track.scores.get(key) ?? probability;
    const value = before + weight * (probability - before);
    track.scores.set(key, value);
    return { label, probability: value };
  });
  const top = probabilities.reduce((a, b) => (b.probability > a.probability ? b : a), probabilities[0]);
  return { ...prediction, probabilities, label: top?.label ?? prediction.label };
}

/// Intersection over union of two boxes.
export function overlap(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}
