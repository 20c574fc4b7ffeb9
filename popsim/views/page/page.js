
// On a page of its own: what the widget's model is in a notebook, without a kernel.

class PageModel {
  constructor({ chunks, place, ...rest }) {
    this.values = { ...rest, ...place, run: 0, chunks: chunks.length };
    chunks.forEach((chunk, n) => (this.values[`chunk_${n}`] = chunk));
    this.listeners = new Map();
  }

  get(name) {
    return this.values[name];
  }

  set(name, value) {
    if (this.values[name] === value) return;
    this.values[name] = value;
    for (const heard of this.listeners.get(`change:${name}`) ?? []) heard();
  }

  on(names, heard) {
    for (const name of names.split(" ")) this.listeners.set(name, [...(this.listeners.get(name) ?? []), heard]);
  }

  off(names, heard) {
    for (const name of names.split(" "))
      this.listeners.set(name, (this.listeners.get(name) ?? []).filter((known) => known !== heard));
  }

  save_changes() {}
}

render({
  model: new PageModel(JSON.parse(document.getElementById("record").textContent)),
  el: document.getElementById("player"),
});
